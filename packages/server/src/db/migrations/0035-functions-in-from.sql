-- Functions that return a set are put into the statement that has them in FROM, and planned with it. One that returns a value
-- and looks into a table is planned and started by itself, in each statement anew, which can take longer than all the rest.
drop function role_names_of(uuid);
drop function permissions_of(uuid);
drop function basic_role_of(uuid);
drop function known_device_user(bytea, uuid[]);
drop function guess_retry_after(bytea[]);

-- The role that everybody has without its being assigned. One row.
create function basic_role_of(id uuid) returns setof text
  language sql stable parallel safe
begin atomic
  select case when exists (select from users u where u.id = basic_role_of.id and u.is_guest) then 'guest' else 'user' end;
end;

-- One row.
create function role_names_of(id uuid) returns setof text[]
  language sql stable parallel safe
begin atomic
  select array_agg(r.name order by r.name)
    from roles r
   where (r.built_in and r.name = (select b from basic_role_of(role_names_of.id) as b))
      or r.id in (select a.role_id from role_assignments a
                   where a.user_id = role_names_of.id and a.organization_id is null);
end;

-- One row.
create function permissions_of(id uuid) returns setof text[]
  language sql stable parallel safe
begin atomic
  select coalesce(array_agg(distinct p.permission), '{}')
    from roles r
   cross join lateral unnest(r.permissions) as p (permission)
   where (r.built_in and r.name = (select b from basic_role_of(permissions_of.id) as b))
      or r.id in (select a.role_id from role_assignments a
                   where a.user_id = permissions_of.id and a.organization_id is null);
end;

-- Who of these people has used a device before. One row, or none.
create function known_device_user(secret_hash bytea, among uuid[]) returns setof uuid
  language sql stable parallel safe
begin atomic
  select d.user_id
    from known_devices d
   where d.secret_hash = known_device_user.secret_hash and d.user_id = any(known_device_user.among)
     and d.expires_at > signet_now();
end;

-- Seconds until another guess is let through: one row, or none where one is let through now.
create function guess_retry_after(keys bytea[]) returns setof integer
  language sql stable parallel safe
begin atomic
  select greatest(1, ceil(extract(epoch from max(c.closed_until) - signet_now())))::integer
    from guess_counters c
   where c.key = any(guess_retry_after.keys) and c.closed_until > signet_now()
  having count(*) > 0;
end;

create or replace function count_failed_guess(account bytea, address bytea, source bytea, account_max integer, address_max integer, address_window integer, out retry_after integer, out closed_for integer) returns record
  language plpgsql as $$
declare
  at     timestamptz;
  closes timestamptz;
begin
  perform pg_advisory_xact_lock(hashtextextended('signet guess ' || encode(account, 'hex'), 0));
  if address is not null then
    perform pg_advisory_xact_lock(hashtextextended('signet guess ' || encode(address, 'hex'), 0));
  end if;
  retry_after := (select r from guess_retry_after(array[account, address]) as r);
  if retry_after is not null then return; end if;
  at := signet_now();

  insert into guess_counters as c (key, failures, closed_until, forget_at)
  values (account, 1, at + guess_delay(1, account_max), at + interval '30 days')
  on conflict (key) do update
     set failures = case when c.forget_at <= at then 1 else c.failures + 1 end,
         closed_until = at + guess_delay(case when c.forget_at <= at then 1 else c.failures + 1 end, account_max),
         forget_at = excluded.forget_at
  returning c.closed_until into closes;
  if closes is not null then closed_for := ceil(extract(epoch from closes - at)); end if;

  if address is not null then
    insert into guess_counters as c (key, failures, forget_at)
    values (address, 1, at + make_interval(secs => address_window))
    on conflict (key) do update
       set failures = case when c.forget_at <= at then 1 else c.failures + 1 end,
           closed_until = case when c.forget_at > at and c.failures + 1 >= address_max then c.forget_at end,
           forget_at = case when c.forget_at <= at then excluded.forget_at else c.forget_at end;
    insert into guess_counters as c (key, failures, forget_at)
    values (source, 1, at + interval '30 days')
    on conflict (key) do update
       set failures = case when c.forget_at <= at then 1 else c.failures + 1 end,
           forget_at = excluded.forget_at;
  end if;

  -- Last, because others may be waiting for a row that is forgotten here, and this waits for nobody any more.
  -- An array, because a subquery may be run once for each row, and what was deleted meanwhile does not count for its limit.
  delete from guess_counters c
   where c.key = any (array(select old.key from guess_counters old where old.forget_at <= at
                             order by old.forget_at limit 100 for update skip locked));
end $$;

create or replace function admit_guess(account bytea, address bytea, source bytea) returns integer
  language plpgsql as $$
declare
  retry_after integer := (select r from guess_retry_after(array[account, address]) as r);
  forgiven    integer;
begin
  if retry_after is not null then return retry_after; end if;
  if address is null then
    delete from guess_counters where key = account;
    return null;
  end if;
  if not exists (select from guess_counters where key = source) then return null; end if;
  perform pg_advisory_xact_lock(hashtextextended('signet guess ' || encode(account, 'hex'), 0));
  retry_after := (select r from guess_retry_after(array[account, address]) as r);
  if retry_after is not null then return retry_after; end if;
  delete from guess_counters where key = source returning failures into forgiven;
  if forgiven is null then return null; end if;
  delete from guess_counters where key = account and failures <= forgiven;
  update guess_counters set failures = failures - forgiven where key = account;
  return null;
end $$;

create or replace function count_failure(counted bytea, failures_max integer, window_seconds integer) returns integer
  language plpgsql as $$
begin
  insert into guess_counters as c (key, failures, forget_at)
  values (counted, 1, signet_now() + make_interval(secs => window_seconds))
  on conflict (key) do update
     set failures = case when c.forget_at <= signet_now() then 1 else c.failures + 1 end,
         closed_until = case when c.forget_at > signet_now() and c.failures + 1 >= failures_max then c.forget_at end,
         forget_at = case when c.forget_at <= signet_now() then excluded.forget_at else c.forget_at end
   where c.closed_until is null or c.closed_until <= signet_now();
  if found then return null; end if;
  return coalesce((select r from guess_retry_after(array[counted]) as r), 1);
end $$;

-- Also for sessions that ended: whether somebody has been here before is asked of all of them.
drop index sessions_user;
create index sessions_user on sessions (user_id, created_at);

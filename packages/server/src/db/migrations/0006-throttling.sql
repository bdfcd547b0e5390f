-- Guesses at passwords: how often an account and an address were wrong, and which devices are known.
--
-- A device that signed in before has a count of its own, so that strangers who guess cannot keep its owner out. Whether
-- a guess is let through and what it counts for is decided here, under locks that are taken in one order: what is
-- guessed at, then the address.

create table guess_counters (
  -- Keyed hash of an account, an address or both together, or the hash of a device secret.
  key          bytea primary key,
  failures     integer not null check (failures > 0),
  -- Until then nothing is let through; null where nothing was closed.
  closed_until timestamptz,
  -- From then on the row means nothing.
  forget_at    timestamptz not null
);
create index guess_counters_forget_at on guess_counters (forget_at);

create table known_devices (
  -- SHA-256 of a secret with 256 random bits.
  secret_hash  bytea primary key check (octet_length(secret_hash) = 32),
  user_id      uuid not null references users on delete cascade,
  last_used_at timestamptz not null,
  expires_at   timestamptz not null
);
create index known_devices_user on known_devices (user_id, last_used_at);

-- Whole seconds until all of these are open; null where they are.
create function guess_retry_after(keys bytea[]) returns integer
  language sql stable parallel safe
  return (
    select greatest(1, ceil(extract(epoch from max(c.closed_until) - signet_now())))::integer
      from guess_counters c
     where c.key = any ($1) and c.closed_until > signet_now()
    having count(*) > 0
  );

-- Whose device this is, among some users.
create function known_device_user(secret_hash bytea, among uuid[]) returns uuid
  language sql stable parallel safe
  return (
    select d.user_id from known_devices d
     where d.secret_hash = $1 and d.user_id = any ($2) and d.expires_at > signet_now()
  );

-- How long an account, or a known device, is closed by its n-th failure in a row; null while attempts are free. Each
-- failure doubles the wait, up to a day; the hundredth closes for as long as failures are remembered.
create function guess_delay(failures integer, free integer) returns interval
  language sql immutable parallel safe
  return case
    when failures >= 100 then interval '30 days'
    when failures >= free then least(interval '30 seconds' * 2 ^ least(failures - free, 12), interval '1 day')
  end;

-- Counts a wrong guess, unless it is not let through: then it counts nowhere, and the answer says for how long.
-- `closed_for` is set by the guess that closes. A known device has neither address nor source.
create function count_failed_guess(
  account bytea, address bytea, source bytea, account_max integer, address_max integer, address_window integer,
  out retry_after integer, out closed_for integer
) language plpgsql as $$
declare
  at     timestamptz;
  closes timestamptz;
begin
  perform pg_advisory_xact_lock(hashtextextended('signet guess ' || encode(account, 'hex'), 0));
  if address is not null then
    perform pg_advisory_xact_lock(hashtextextended('signet guess ' || encode(address, 'hex'), 0));
  end if;
  retry_after := guess_retry_after(array[account, address]);
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
  delete from guess_counters c
   where c.key in (select old.key from guess_counters old where old.forget_at <= at
                    order by old.forget_at limit 100 for update skip locked);
end $$;

-- Lets a right guess through, or says for how long not. What this source got wrong is taken off the account; what others
-- got wrong stays, or each sign-in of its owner would give them as many guesses again.
create function admit_guess(account bytea, address bytea, source bytea) returns integer
  language plpgsql as $$
declare
  retry_after integer := guess_retry_after(array[account, address]);
  forgiven    integer;
begin
  if retry_after is not null then return retry_after; end if;
  if address is null then
    delete from guess_counters where key = account;
    return null;
  end if;
  if not exists (select from guess_counters where key = source) then return null; end if;
  perform pg_advisory_xact_lock(hashtextextended('signet guess ' || encode(account, 'hex'), 0));
  retry_after := guess_retry_after(array[account, address]);
  if retry_after is not null then return retry_after; end if;
  delete from guess_counters where key = source returning failures into forgiven;
  if forgiven is null then return null; end if;
  delete from guess_counters where key = account and failures <= forgiven;
  update guess_counters set failures = failures - forgiven where key = account;
  return null;
end $$;

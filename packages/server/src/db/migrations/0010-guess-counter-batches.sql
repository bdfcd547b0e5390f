-- Forgetting old counters: a hundred at a time, whatever plan Postgres chooses.
--
-- Everything but the last statement is as it was.

-- Counts a wrong guess, unless it is not let through: then it counts nowhere, and the answer says for how long.
-- `closed_for` is set by the guess that closes. A known device has neither address nor source.
create or replace function count_failed_guess(
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
  -- An array, because a subquery may be run once for each row, and what was deleted meanwhile does not count for its limit.
  delete from guess_counters c
   where c.key = any (array(select old.key from guess_counters old where old.forget_at <= at
                             order by old.forget_at limit 100 for update skip locked));
end $$;

-- How clients prove themselves by keys, and how often they may fail at proving anything.

-- Assertions that were used, until they have expired: each proves its client once (RFC 7523 §3, `jti`).
create table client_assertions (
  client_id  text not null references clients on delete cascade,
  -- SHA-256 of the identifier that the client gave it.
  jti_hash   bytea not null check (octet_length(jti_hash) = 32),
  expires_at timestamptz not null,
  primary key (client_id, jti_hash)
);
create index client_assertions_expires_at on client_assertions (expires_at);

-- Counts a failure in a window, which begins with the first; the one that fills it closes the key until it is over. Null
-- where it was counted; else it is not let through, counts nowhere, and the answer says for how many seconds.
create function count_failure(counted bytea, failures_max integer, window_seconds integer) returns integer
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
  return coalesce(guess_retry_after(array[counted]), 1);
end $$;

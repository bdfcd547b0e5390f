-- name: insertSession :maybe
-- Starts a session and records it, only where user and client are active, neither they nor the whole installation were cut since the
-- credential was read at `rev`, and the password, where it rests on one, is still the one that was read. No lock: a cut
-- that commits at the same moment is greater than this rev. Times of passwords are compared in milliseconds, as written.
with started as (
  insert into sessions (id, user_id, client_id, installation_id, device_model, device_os, device_app, ip_address,
                        country, user_agent, amr, acr, auth_time, rev, created_at, last_active_at, idle_expires_at, expires_at)
  select :id, u.id, c.id, :installationId?, :deviceModel?, :deviceOs?, :deviceApp?, :ipAddress?,
         :country?, :userAgent?, :amr, :acr, :authTime, :rev, :authTime, :authTime,
         signet_now() + make_interval(secs => :idleLifetimeSeconds), signet_now() + make_interval(secs => :lifetimeSeconds)
    from users u, clients c
   where u.id = :userId and u.status = 'active'
     and c.id = :clientId and c.status = 'active'
     and :rev::bigint >= greatest(u.cut, c.cut, global_cut())
     and (:passwordSetAt?::timestamptz is null
          or exists (select from passwords p
                      where p.user_id = u.id and date_trunc('milliseconds', p.set_at) = :passwordSetAt?))
  returning user_id, client_id, least(idle_expires_at, expires_at) as expires_at
), recorded as (
  insert into events (id, occurred_at, kind, outcome, actor_id, subject_id, client_id, reference, details, origin)
  select :eventId, :authTime, :eventKind, :eventOutcome, user_id, user_id, client_id, :eventReference,
         :eventDetails::text::json, :eventOrigin?
    from started
)
select expires_at as "expires_at!",
       revocation_position() as "position!",
       role_names_of(user_id) as "role_names!",
       (select scopes from clients where id = client_id) as "scopes!"
  from started;

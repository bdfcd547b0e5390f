-- name: findLiveSession :maybe
-- The session behind a grant of this user and client, only where both and everything above them is alive, with what the
-- user may do.
select s.auth_time, c.first_party, (select p from permissions_of(u.id) as p) as "permissions!"
  from grants g
  join sessions s on s.id = g.session_id
  join users u on u.id = g.user_id
  join clients c on c.id = g.client_id
 where g.id = :grantId and g.session_id = :sessionId and g.user_id = :userId and g.client_id = :clientId
   and g.ended_at is null and g.expires_at > signet_now()
   and s.ended_at is null and s.idle_expires_at > signet_now() and s.expires_at > signet_now()
   and u.status = 'active' and c.status = 'active'
   and g.rev >= greatest(u.cut, c.cut, global_cut()) and s.rev >= greatest(u.cut, global_cut());

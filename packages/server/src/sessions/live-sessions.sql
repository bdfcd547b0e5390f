-- name: listLiveSessions :many
-- The sessions of a user that are alive, the latest used first.
select s.id, s.client_id, s.installation_id, s.device_model, s.device_os, s.device_app, host(s.ip_address) as "ip_address?",
       s.country, s.user_agent, s.created_at, s.last_active_at, least(s.idle_expires_at, s.expires_at) as "expires_at!"
  from sessions s
  join users u on u.id = s.user_id
  join clients c on c.id = s.client_id
 where s.user_id = :userId
   and s.ended_at is null and least(s.idle_expires_at, s.expires_at) > signet_now()
   and u.status = 'active' and c.status = 'active'
   and s.rev >= greatest(u.cut, c.cut, global_cut())
 order by s.last_active_at desc, s.id desc
 limit :limit::integer;

-- name: findSessionUser :maybe
-- Whose session it is, whether alive or not.
select user_id from sessions where id = :id;

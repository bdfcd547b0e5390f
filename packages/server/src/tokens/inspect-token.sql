-- name: findTokenState :one
-- What became of everything that an access token speaks of.
select g.id is not null as "grant_found!", g.ended_at as "grant_ended_at?", g.expires_at as "grant_expires_at?",
       s.ended_at as "session_ended_at?", least(s.idle_expires_at, s.expires_at) as "session_expires_at?",
       u.status as "user_status?", c.status as "client_status?",
       g.rev < greatest(u.cut, c.cut, global_cut()) or coalesce(s.rev, g.rev) < greatest(u.cut, global_cut()) as "cut?",
       exists (select from revocation_log l where l.scope = 'jti' and l.value = :jti) as "revoked!",
       signet_now() as "now!"
  from (select) one
  left join grants g on g.id = :grantId::uuid and g.user_id = :userId::uuid and g.client_id = :clientId
  left join sessions s on s.id = g.session_id
  left join users u on u.id = g.user_id
  left join clients c on c.id = g.client_id;

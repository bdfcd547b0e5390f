-- name: assignRole :exec
-- Gives a user a built-in role everywhere. Taking the role of administrators away needs the lock on administrators; giving it does not.
insert into role_assignments (user_id, role_id, created_at)
select :userId, r.id, :createdAt from roles r where r.realm_id = 1 and r.built_in and r.name = :name
on conflict do nothing;

-- name: findPasswordToChange :maybe
-- The password of a user, and what a new one may not be made of.
select p.hash, u.display_name,
       array(select i.value from identifiers i where i.user_id = u.id order by i.created_at, i.id) as "identifiers!"
  from users u
  left join passwords p on p.user_id = u.id
 where u.id = :userId and u.status = 'active';

-- name: replacePassword :exec
-- Sets another password, only where the one that was verified still stands. Needs the lock on the user.
update passwords set hash = :hash, set_at = :now where user_id = :userId and hash = :hashRead;

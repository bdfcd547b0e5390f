-- name: findPasswordToChange :one
-- The password of a user, what a new one may not be made of, and whether a guess is let through. At least one row.
select (select r from guess_retry_after(array[:account::bytea, :address::bytea]) as r) as "retry_after?",
       u.id as "user_id?", p.hash as "hash?", u.display_name as "display_name?",
       array(select i.value from identifiers i where i.user_id = u.id order by i.created_at, i.id) as "identifiers!"
  from (values (:userId::uuid)) asked (id)
  left join users u on u.id = asked.id and u.status = 'active'
  left join passwords p on p.user_id = u.id;

-- name: updateProfile :maybe
-- Changes what is given, and answers which of it is different from before; no row where nothing is.
with before as (
  select id, display_name, locale from users where id = :id and status = 'active' for no key update
)
update users u
   set display_name = coalesce(:displayName?, u.display_name), locale = coalesce(:locale?, u.locale), updated_at = :now
  from before b
 where u.id = b.id
   and (u.display_name <> coalesce(:displayName?, u.display_name) or u.locale <> coalesce(:locale?, u.locale))
returning b.display_name <> u.display_name as "display_name_changed!", b.locale <> u.locale as "locale_changed!";

// Generated from update-me.sql by tools/sql. Do not edit.
import { maybe } from '../db/query.ts'

/** Changes what is given, and answers which of it is different from before; no row where nothing is. */
export const updateProfile = maybe<
  {
    id: string
    displayName: string | null
    locale: string | null
    now: Date
  },
  {
    displayNameChanged: boolean
    localeChanged: boolean
  }
>({
  name: 'users.update-me.updateProfile',
  text: `with before as (
  select id, display_name, locale from users where id = $1 and status = 'active' for no key update
)
update users u
   set display_name = coalesce($2, u.display_name), locale = coalesce($3, u.locale), updated_at = $4
  from before b
 where u.id = b.id
   and (u.display_name <> coalesce($2, u.display_name) or u.locale <> coalesce($3, u.locale))
returning b.display_name <> u.display_name as "display_name_changed!", b.locale <> u.locale as "locale_changed!"`,
  params: ['id', 'displayName', 'locale', 'now'],
  columns: ['displayNameChanged', 'localeChanged'],
})

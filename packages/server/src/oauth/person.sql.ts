// Generated from person.sql by tools/sql. Do not edit.
import { maybe, type Json } from '../db/query.ts'

/** What standard claims say about an active user, of several addresses and numbers the primary one; and the claims that the client of a grant asked for by name. */
export const findPerson = maybe<
  {
    grantId: string
    userId: string
  },
  {
    displayName: string
    locale: string
    updatedAt: Date
    email: string | null
    emailVerified: boolean | null
    phone: string | null
    phoneVerified: boolean | null
    named: Json | null
  }
>({
  name: 'oauth.person.findPerson',
  text: `select u.display_name, u.locale, u.updated_at,
       e.value as "email?", e.verified_at is not null as "email_verified?",
       p.value as "phone?", p.verified_at is not null as "phone_verified?",
       g.userinfo_claims as "named?"
  from users u
  left join grants g on g.id = $1 and g.user_id = u.id
  left join lateral (select i.value, i.verified_at from identifiers i
                      where i.user_id = u.id and i.kind = 'email'
                      order by i.id = primary_email(u.id) desc, i.created_at, i.id limit 1) e on true
  left join lateral (select i.value, i.verified_at from identifiers i
                      where i.user_id = u.id and i.kind = 'phone'
                      order by i.verified_at is null, i.is_primary desc, i.verified_at, i.created_at, i.id limit 1) p on true
 where u.id = $2 and u.status = 'active'`,
  params: ['grantId', 'userId'],
  columns: ['displayName', 'locale', 'updatedAt', 'email', 'emailVerified', 'phone', 'phoneVerified', 'named'],
})

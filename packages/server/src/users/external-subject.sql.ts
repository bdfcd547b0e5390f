// Generated from external-subject.sql by tools/sql. Do not edit.
import { exec, maybe, one } from '../db/query.ts'

/** Makes the user behind an external subject, unless there is one. Of two that come at once one makes it, and the other waits and finds it. */
export const ensureExternalSubject = exec<
  {
    namespace: string
    provider: string
    subject: string
    userId: string
    email: string | null
    now: Date
  }
>({
  name: 'users.external-subject.ensureExternalSubject',
  text: `with made as (
  insert into external_subjects (namespace, provider, subject, user_id, email, created_at)
  values ($1, $2, $3, $4, $5, $6)
  on conflict do nothing
  returning user_id
)
insert into users (id, created_at, updated_at) select user_id, $6, $6 from made`,
  params: ['namespace', 'provider', 'subject', 'userId', 'email', 'now'],
  columns: [],
})

/** The user behind an external subject. */
export const findExternalSubject = one<
  {
    namespace: string
    provider: string
    subject: string
  },
  {
    userId: string
    email: string | null
    status: 'active' | 'suspended' | 'deleted'
  }
>({
  name: 'users.external-subject.findExternalSubject',
  text: `select e.user_id, e.email, u.status
  from external_subjects e
  join users u on u.id = e.user_id
 where e.realm_id = 1 and e.namespace = $1 and e.provider = $2 and e.subject = $3`,
  params: ['namespace', 'provider', 'subject'],
  columns: ['userId', 'email', 'status'],
})

/** Keeps what the service says last. */
export const updateExternalEmail = exec<
  {
    email: string
    namespace: string
    provider: string
    subject: string
  }
>({
  name: 'users.external-subject.updateExternalEmail',
  text: `update external_subjects
   set email = $1
 where realm_id = 1 and namespace = $2 and provider = $3 and subject = $4
   and email is distinct from $1`,
  params: ['email', 'namespace', 'provider', 'subject'],
  columns: [],
})

/** Who a user is in the words of the service that speaks for them; no row for users who prove it to Signet. */
export const findSubjectOfUser = maybe<
  {
    userId: string
  },
  {
    namespace: string
    provider: string
    subject: string
    email: string | null
  }
>({
  name: 'users.external-subject.findSubjectOfUser',
  text: `select namespace, provider, subject, email from external_subjects where user_id = $1`,
  params: ['userId'],
  columns: ['namespace', 'provider', 'subject', 'email'],
})

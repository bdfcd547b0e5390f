/** What the checker asks the database. Each query answers a row for each thing that is wrong: what it is, and a sentence. */

import type { History } from './history.ts'

export interface Query {
  text: string
  values: unknown[]
}

/** What must hold of all rows, whatever was acknowledged. */
export const rowQueries: readonly Query[] = [
  // An event for each account, session, end of a session; and the other way round.
  eachHasOne('users', { kind: 'user.signed_up', of: 'subject_id::text' }),
  eachHasOne('sessions', { kind: 'session.started', of: `details ->> 'sessionId'` }),
  eachHasOne(`(select id from sessions where end_reason = 'signed_out')`, {
    kind: 'session.ended',
    of: `details ->> 'sessionId'`,
  }),
  eachHasOne('(select id from sessions where ended_at is not null)', {
    table: 'revocation_log',
    kind: 'sid',
    column: 'scope',
    of: 'value',
  }),
  {
    // A cut has its event: of leaving everywhere, or of another password.
    text: `select case when l.cuts < e.changes then 'lost' else 'doubled' end,
                  'user ' || u.id || ' has ' || l.cuts || ' cuts and ' || e.changes || ' events of them'
             from users u
            cross join lateral (select count(*) as cuts from revocation_log
                                 where scope = 'sub' and value = u.id::text) l
            cross join lateral (select count(*) as changes from events
                                 where subject_id = u.id and kind in ('user.signed_out', 'password.set')) e
            where l.cuts <> e.changes`,
    values: [],
  },
  {
    text: `select 'lost', 'the revocation log has ' || l.places || ' places and ' || l.entries || ' entries of ' || h.position
             from revocation_head h
            cross join lateral (select count(*) as entries, count(distinct l.position) as places
                                  from revocation_log l) l
            where l.entries <> h.position or l.places <> h.position`,
    values: [],
  },
  {
    text: `select 'lost', kind || ' was recorded on user ' || subject_id || ', where nobody is a thief'
             from events where kind in ('refresh_token.reused', 'refresh_token.state_lost')`,
    values: [],
  },
  {
    text: `select 'lost', 'grant ' || g.id || ' goes on in the ended session ' || s.id
             from grants g join sessions s on s.id = g.session_id
            where g.ended_at is null and s.ended_at is not null`,
    values: [],
  },
]

interface Counterpart {
  table?: string
  kind: string
  column?: string
  /** The expression that names the row. */
  of: string
}

/** Each row has exactly one counterpart, and each counterpart its row. */
function eachHasOne(
  rows: string,
  { table = 'events', kind, column = 'kind', of }: Counterpart,
): Query {
  return {
    text: `with had as (select (${of}) as about, count(*) as times from ${table} where ${column} = $1 group by 1)
           select case when times is null or r.id is null then 'lost' else 'doubled' end,
                  $1 || ' of ' || coalesce(r.id::text, about) || ': ' || coalesce(times, 0)
                     || case when r.id is null then ' without its row' else '' end
             from ${rows} r full join had on about = r.id::text
            where times is distinct from 1 or r.id is null`,
    values: [kind],
  }
}

/** What was acknowledged, in as many rows as were promised. */
export function acknowledgedQueries({ accounts, sessionIds, signedOut }: History): Query[] {
  return [
    {
      text: `select 'lost', 'session ' || told.session || ' was acknowledged'
               from unnest($1::uuid[]) as told (session)
              where not exists (select from sessions s where s.id = told.session)`,
      values: [[...sessionIds]],
    },
    {
      // A repeated sign-up may open another account with the same address, while nobody has proved it.
      text: `select case when held.accounts = 0 then 'lost' else 'doubled' end,
                    told.email || ' has ' || held.accounts || ' accounts after ' || told.sent || ' sign-ups'
               from unnest($1::text[], $2::integer[]) as told (email, sent)
              cross join lateral (select count(*) as accounts
                                    from identifiers i where i.canonical = told.email) held
              where held.accounts not between 1 and told.sent`,
      values: [accounts.map(({ email }) => email), accounts.map((each) => each.signUpsSent)],
    },
    changes(accounts, 'password.set', ({ passwordChanges }) => passwordChanges),
    changes(accounts, 'user.signed_out', ({ signOutsEverywhere }) => signOutsEverywhere),
    {
      text: `select 'lost', 'the sign-out of session ' || told.session || ' was acknowledged at ' || told.place
               from unnest($1::uuid[], $2::bigint[]) as told (session, place)
              where not exists (select from revocation_log l
                                 where l.scope = 'sid' and l.value = told.session::text
                                   and (told.place = 0 or l.position = told.place))`,
      values: [[...signedOut.keys()], [...signedOut.values()]],
    },
  ]
}

/** Exactly as many events of a kind as the owner of the account knows of. */
function changes(
  accounts: History['accounts'],
  kind: string,
  countOf: (account: History['accounts'][number]) => number,
): Query {
  const known = accounts.filter(({ userId }) => userId !== '')
  return {
    text: `select case when recorded.times < told.times then 'lost' else 'doubled' end,
                  $1 || ' of user ' || told.user_id || ': ' || recorded.times || ', and ' || told.times || ' were made'
             from unnest($2::uuid[], $3::integer[]) as told (user_id, times)
            cross join lateral (select count(*) as times from events e
                                 where e.kind = $1 and e.subject_id = told.user_id) recorded
            where recorded.times <> told.times`,
    values: [kind, known.map(({ userId }) => userId), known.map(countOf)],
  }
}

/**
 * Decides which feature may write which table: the one that owns it. Others ask what it exports. Where one statement has to write
 * tables of two features, because they must change at one moment, the table names the other feature, and why.
 */

interface Table {
  owner: string
  /** Other features whose statements write it, each with the reason. */
  also?: Readonly<Record<string, string>>
}

const atOnce =
  'what happens and its event are one statement, for which a transaction would cost too much'
const endsSessions = 'a session and its grants end together, with the entry that tells it'

export const tables: Readonly<Record<string, Table>> = {
  authorization_codes: { owner: 'oauth' },
  avatar_objects: { owner: 'avatars' },
  avatar_uploads: { owner: 'avatars' },
  avatars: { owner: 'avatars' },
  backchannel_logouts: { owner: 'revocation' },
  client_assertions: { owner: 'clients' },
  client_logos: { owner: 'clients' },
  client_secrets: { owner: 'clients' },
  clients: { owner: 'clients' },
  consents: { owner: 'oauth' },
  event_chain: { owner: 'events' },
  event_keys: { owner: 'events' },
  event_readers: { owner: 'jobs' },
  event_windows: { owner: 'events' },
  events: { owner: 'events', also: { sessions: atOnce, revocation: atOnce } },
  external_subjects: { owner: 'users' },
  federated_identities: { owner: 'federation' },
  federated_sessions: { owner: 'federation' },
  federated_sign_ins: { owner: 'federation' },
  grants: { owner: 'grants', also: { revocation: endsSessions } },
  guess_counters: { owner: 'throttling' },
  idempotency_keys: { owner: 'idempotency' },
  identifiers: {
    owner: 'users',
    also: {
      emails: 'addresses are identifiers of one kind, and this feature is all that changes them',
      phones: 'numbers are identifiers of one kind, and this feature is all that changes them',
    },
  },
  identity_providers: { owner: 'federation' },
  installation: { owner: 'roles' },
  invitations: { owner: 'invitations' },
  'jobs.job': {
    owner: 'queue',
    also: { mail: 'what a waiting mail opens is wrapped anew where it waits' },
  },
  known_devices: { owner: 'throttling' },
  mail_requests: { owner: 'throttling' },
  mailed_links: {
    owner: 'recovery',
    also: { emails: 'an address that waits for its proof is its link' },
  },
  passwords: {
    owner: 'authenticators',
    also: { users: 'who signs up is there with a password, or not at all' },
  },
  phone_codes: { owner: 'phones' },
  revocation_head: { owner: 'revocation' },
  revocation_instances: { owner: 'revocation' },
  revocation_log: { owner: 'revocation' },
  revocation_verifiers: { owner: 'revocation' },
  role_assignments: { owner: 'roles' },
  roles: { owner: 'roles' },
  running_instances: { owner: 'stored-keys' },
  session_cookies: { owner: 'sessions' },
  sessions: {
    owner: 'sessions',
    also: {
      grants:
        'a refresh keeps its session alive in the statement that decides on it, and reuse ends it',
      revocation: endsSessions,
    },
  },
  signing_keys: { owner: 'tokens' },
  upstream_logouts: { owner: 'federation' },
  upstream_tokens: { owner: 'federation' },
  users: { owner: 'users', also: { guests: 'a guest is a user of their own kind' } },
  waiting_identities: { owner: 'federation' },
}

const write =
  /\b(?:insert\s+into|delete\s+from|(?<!\b(?:for|key|do)\s)update)\s+([a-z_]+(?:\.[a-z_]+)?)/g

/** The tables that statements write. */
export function tablesWritten(sql: string): string[] {
  const statements = sql.replaceAll(/--.*$/gm, '').replaceAll(/\s+/g, ' ')
  return [...new Set([...statements.matchAll(write)].flatMap(([, table]) => table ?? []))]
}

/** The sentence that refuses that statements of a feature write a table, or undefined where they may. */
export function refuseWrite(feature: string, table: string): string | undefined {
  const known = tables[table]
  if (known === undefined) return `${table} has no owner: give it one in tools/check/tables.ts`
  if (known.owner === feature || feature in (known.also ?? {})) return undefined
  return `writes ${table}, which is ${known.owner}/'s; call what that feature exports instead`
}

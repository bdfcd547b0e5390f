/** The status for people: a line for each thing, and at the end what is wrong. */

import { printable } from '../config/shown-value.ts'
import type { CommandIo } from './command-io.ts'
import type { DatabaseStatus, SchemaStatus, Status, VerifierLine } from './status.ts'

/** No more are counted. */
export const countBound = 100_000
const verifiersShown = 20

/** The whole text. */
export function formatStatus(status: Status, io: CommandIo): string {
  const { server, database, schema, problems } = status
  const lines = [
    line('Server', server.ready ? 'ready' : server.reachable ? 'not ready' : 'away', server.url),
    ...databaseLines(database),
    ...(schema === undefined ? [] : schemaLines(schema)),
    '',
    ...(problems.length === 0
      ? ['All is well.']
      : [io.heading('What is wrong'), ...problems.map((problem) => `  ${problem}`)]),
  ]
  return lines.join('\n')
}

function line(name: string, state: string, rest = ''): string {
  return `${name.padEnd(14)}${state}${rest === '' ? '' : `  ${rest}`}`
}

const standbys = {
  none: 'none: a failover could lose what was acknowledged last',
  named: 'wanted, but none is seen',
  connected: 'connected',
} as const

function databaseLines(database: DatabaseStatus): string[] {
  const { kind, reachable, version, synchronousStandby, clockSkewMs, migrations } = database
  if (!reachable) return [line('Database', 'away', kind)]
  const lines = [line('Database', 'reachable', `${kind}, PostgreSQL ${version}`)]
  if (migrations !== undefined) {
    const { applied, pending, unknown } = migrations
    const later = unknown.length === 0 ? '' : `, ${unknown.length} of a later version`
    lines.push(line('Migrations', `${applied} applied, ${pending.length} pending${later}`))
  }
  if (kind === 'embedded') lines.push(line('Backups', 'your own concern: the database is embedded'))
  else if (synchronousStandby !== undefined)
    lines.push(line('Standby', standbys[synchronousStandby]))
  if (clockSkewMs !== undefined) lines.push(line('Clock', `${clockSkewMs} ms from the one here`))
  return lines
}

function schemaLines({
  signingKeys,
  masterSecret,
  counts,
  events,
  revocations,
  verifiers,
}: SchemaStatus): string[] {
  const keys = signingKeys.map(({ algorithm, state }) => `${algorithm} ${state}`).join(', ')
  const users = `${count(counts.activeUsers)} active, ${count(counts.suspendedUsers)} suspended, ${count(counts.administrators)} ${counts.administrators === 1 ? 'administrator' : 'administrators'}`
  const waiting = events.unsealed ? ', some not sealed yet' : ''
  return [
    line('Signing keys', keys || 'none'),
    ...(masterSecret === undefined ? [] : [masterSecretLine(masterSecret)]),
    line('Users', users),
    line('Sessions', `${count(counts.liveSessions)} live`),
    line('Events', `${events.seq}${waiting}`, `hash of the last ${events.hash.slice(0, 16)}…`),
    line('Revocations', `at ${revocations.position}`),
    ...verifierLines(verifiers),
  ]
}

/** How many verifiers watch; and each of the first ones, as a fleet may be large. */
function verifierLines(verifiers: readonly VerifierLine[]): string[] {
  const connected = verifiers.filter((each) => each.connected).length
  const others = verifiers.length - verifiersShown
  return [
    line(
      'Verifiers',
      verifiers.length === 0 ? 'none' : `${connected} of ${verifiers.length} watch`,
    ),
    ...verifiers.slice(0, verifiersShown).map(({ name, connected: watches, seenAt, position }) => {
      const state = watches ? 'watches' : 'away'
      const seen = seenAt.toISOString().slice(0, 19).replace('T', ' ')
      return line(
        '',
        state.padEnd(9),
        `${printable(name) || 'unnamed'}, last heard of ${seen} at ${position}`,
      )
    }),
    ...(others > 0 ? [line('', `and ${others} more; --json has all`)] : []),
  ]
}

function masterSecretLine({
  keyId,
  wrappedOtherwise: { former },
}: NonNullable<SchemaStatus['masterSecret']>): string {
  const state = former === 0 ? 'the only one in use' : 'the former one is still needed'
  const rest = former === 0 ? '' : `by ${count(former)} stored keys`
  return line('Master secret', state, rest === '' ? `key ${keyId}` : `${rest}, key ${keyId}`)
}

function count(value: number): string {
  return value >= countBound ? `${countBound} or more` : String(value)
}

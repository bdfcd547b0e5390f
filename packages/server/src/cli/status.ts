/**
 * `signet status`: what an operator wants to know first, in one look: the server, the database, the keys, the event
 * log, the verifiers, the clocks.
 *
 * Everything is looked at, whatever else is away. Exit code 69 says that something needed is.
 */

import type { Config } from '../config/config.ts'
import { findMasterSecret } from '../config/kept-master-secret.ts'
import { openMasterSecret } from '../crypto/master-secret.ts'
import type { Database } from '../db/database.ts'
import { migrationState } from '../db/migrate.ts'
import { findChainEnds } from '../events/events.sql.ts'
import { countLiveSessions } from '../revocation/live-log.sql.ts'
import { silence, verifiersMax } from '../revocation/verifier-registry.ts'
import { listVerifiers } from '../revocation/verifiers.sql.ts'
import { countWrapped, type WrappedOtherwise } from '../stored-keys/rewrap-stored-keys.ts'
import { listSigningKeys } from '../tokens/signing-keys.sql.ts'
import type { CommandIo } from './command-io.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { explainFailure } from './explain-failure.ts'
import {
  hasEmbeddedDatabase,
  type OpenAddress,
  openAddress,
  openCommandDatabase,
} from './open-database.ts'
import { probeServer, type ServerState } from './probe-server.ts'
import { countAccounts, findLogHead, findServerFacts } from './status.sql.ts'
import { countBound, formatStatus } from './status-text.ts'

/** Everything that was found out. */
export interface Status {
  server: ServerState
  database: DatabaseStatus
  schema?: SchemaStatus
  /** What is away or behind, as sentences; empty where all is well. */
  problems: string[]
}

export interface DatabaseStatus {
  kind: 'configured' | 'embedded'
  reachable: boolean
  version?: string
  /** Whether a commit waits for a second machine; `named` where one is wanted but none is seen. */
  synchronousStandby?: 'none' | 'named' | 'connected'
  /** How far the clock of the database is ahead of the one of this machine; negative: behind. */
  clockSkewMs?: number
  migrations?: { applied: number; pending: string[]; unknown: string[] }
}

/** What the schema holds. Missing where migrations are. */
export interface SchemaStatus {
  signingKeys: { id: string; algorithm: string; state: string }[]
  /** What is wrapped under other master secrets than the current one. Missing where there is none yet. */
  masterSecret?: { keyId: string; wrappedOtherwise: WrappedOtherwise }
  /** Each counted up to 100,000. */
  counts: Awaited<ReturnType<typeof countAccounts>> & { liveSessions: number }
  events: { seq: bigint; hash: string; unsealed: boolean }
  revocations: { logId: string; position: bigint }
  /** Verifiers of revocations that receipts speak of. */
  verifiers: VerifierLine[]
}

/** One verifier, at whichever instance it watches. */
export interface VerifierLine {
  name: string
  verifierId: string
  clientId: string | null
  connected: boolean
  position: bigint
  seenAt: Date
  stalenessBudgetSeconds: number
}

/** Beyond this, tokens are refused for being from the future, or live visibly longer. */
const clockSkewMaxMs = 1_000

/** Looks at everything and tells it. */
export async function status(context: { config: Config; io: CommandIo }): Promise<ExitCode> {
  const { config, io } = context
  const problems: string[] = []
  const [server, found] = await Promise.all([
    probeServer(config),
    inspectDatabase(config, io, problems),
  ])
  if (!server.reachable) problems.push(`No server answers at ${server.url}.`)
  else if (!server.ready) problems.push(`The server at ${server.url} is not ready.`)
  const value: Status = { server, ...found, problems }
  io.result(value, formatStatus(value, io))
  return problems.length === 0 ? exitCodes.ok : exitCodes.unavailable
}

type Found = Pick<Status, 'database' | 'schema'>

async function inspectDatabase(config: Config, io: CommandIo, problems: string[]): Promise<Found> {
  const kind = config.database.address === undefined ? 'embedded' : 'configured'
  const database: DatabaseStatus = { kind, reachable: false }
  if (kind === 'embedded' && !(await hasEmbeddedDatabase(config))) {
    problems.push(`There is no database in ${config.dataDir} yet. npm start makes it.`)
    return { database }
  }
  let opened: OpenAddress | undefined
  try {
    opened = await openAddress(config, io)
    const db = openCommandDatabase(config, opened.address)
    try {
      return await inspectServer(db, { config, database, problems })
    } finally {
      await db.end()
    }
  } catch (error) {
    const { message, fix } = await explainFailure(error)
    problems.push(`${message} ${fix}`.trim())
    return { database }
  } finally {
    await opened?.close()
  }
}

async function inspectServer(
  db: Database,
  { config, database, problems }: { config: Config; database: DatabaseStatus; problems: string[] },
): Promise<Found> {
  // The first statement connects. The second one's round trip is short, so its middle is when the clock was read.
  await findServerFacts(db)
  const askedAt = Date.now()
  const facts = await findServerFacts(db)
  const middle = (askedAt + Date.now()) / 2
  database.reachable = true
  database.version = facts.version
  database.clockSkewMs = Math.round(facts.now.getTime() - middle)
  database.synchronousStandby = standby(facts)
  if (facts.inRecovery) problems.push('The database is a standby: it can be read, not written.')
  if (Math.abs(database.clockSkewMs) > clockSkewMaxMs) {
    const seconds = Math.round(Math.abs(database.clockSkewMs) / 1000)
    problems.push(`The clock of the database differs from the one here by ${seconds} seconds.`)
  }
  const { applied, pending, unknown } = await migrationState(db)
  database.migrations = { applied: applied.length, pending, unknown }
  if (pending.length > 0) {
    problems.push(
      `The database lacks migrations: ${pending.join(', ')}. Run npm run signet -- migrate.`,
    )
    return { database }
  }
  const schema = await inspectSchema(db, config)
  if (!schema.signingKeys.some(({ state }) => state === 'active'))
    problems.push('There are no signing keys yet. npm start makes them.')
  const lost = schema.masterSecret?.wrappedOtherwise.unknown ?? 0
  if (lost > 0) {
    problems.push(
      `${lost} stored keys are wrapped under a master secret that is not configured. Give it as SIGNET_MASTER_SECRET_PREVIOUS.`,
    )
  }
  return { database, schema }
}

type ServerFacts = Awaited<ReturnType<typeof findServerFacts>>

function standby(facts: ServerFacts): 'none' | 'named' | 'connected' {
  if (!facts.standbyNamed) return 'none'
  return facts.standbyConnected ? 'connected' : 'named'
}

async function inspectSchema(db: Database, config: Config): Promise<SchemaStatus> {
  const keys = await listSigningKeys(db)
  const { seq, hash, unsealed } = await findChainEnds(db)
  const verifiers = await listVerifiers(db, { silence, limit: verifiersMax })
  const bound = BigInt(countBound)
  const { count: liveSessions } = await countLiveSessions(db, { bound })
  const secret = findMasterSecret(config)
  const masterSecret = secret && openMasterSecret(secret)
  return {
    ...(masterSecret && {
      masterSecret: {
        keyId: masterSecret.keyId,
        wrappedOtherwise: await countWrapped({ db, masterSecret }),
      },
    }),
    signingKeys: keys.map(({ id, algorithm, state }) => ({ id, algorithm, state })),
    counts: { ...(await countAccounts(db, { bound })), liveSessions },
    events: { seq, hash: hash.toString('hex'), unsealed },
    revocations: await findLogHead(db),
    verifiers: verifiers.map((row) => ({
      name: row.name,
      verifierId: row.verifierId,
      clientId: row.clientId,
      connected: row.connected,
      position: row.position,
      seenAt: row.seenAt,
      stalenessBudgetSeconds: row.stalenessBudgetSeconds,
    })),
  }
}

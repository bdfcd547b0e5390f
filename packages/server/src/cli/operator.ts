/** What use-cases need when an operator calls them from the command line, instead of a request. */

import { ErrorReason } from '@signet/contract'
import { pino } from 'pino'
import { createReferences } from '../call/reference.ts'
import type { Config } from '../config/config.ts'
import { ensureMasterSecret } from '../config/kept-master-secret.ts'
import { type MasterSecret, openMasterSecret } from '../crypto/master-secret.ts'
import type { Database } from '../db/database.ts'
import { SignetError } from '../errors.ts'
import type { RequestContext } from '../request-context.ts'
import { notifyRevocations } from '../revocation/live-log.sql.ts'
import type { LiveLog } from '../revocation/live-log.ts'
import type { CommandError } from './command-error.ts'
import { type ExitCode, exitCodes } from './exit-codes.ts'
import { withDatabase } from './open-database.ts'
import type { CommandContext } from './verb.ts'

/** What stands in the event log as the user agent of a command. */
export const commandLineAgent = 'signet command line'

/** The context of one command. Its reference is told to the operator and finds the event. */
export function operatorContext(): RequestContext {
  return {
    now: new Date(),
    reference: createReferences()(),
    ipAddress: '',
    userAgent: commandLineAgent,
    caller: { kind: 'operator' },
    signal: new AbortController().signal,
    log: pino({ enabled: false }),
  }
}

/** The master secret of this installation. */
export function openOperatorSecret(config: Config): MasterSecret {
  return openMasterSecret(ensureMasterSecret(config))
}

type Announcer = Pick<LiveLog, 'announce' | 'settled' | 'told'>

/** What a change by an operator works with. */
export interface ChangeDeps {
  config: Config
  db: Database
  masterSecret: MasterSecret
  revocations: Announcer
}

/** The parts of a change; with `dryRun` it decides everything and keeps nothing. */
export function changeDeps(
  { config }: Pick<CommandContext, 'config'>,
  db: Database,
  { dryRun }: { dryRun: boolean },
): ChangeDeps {
  return {
    config,
    db: dryRun ? rehearsal(db) : db,
    masterSecret: openOperatorSecret(config),
    revocations: announcerOf(db),
  }
}

/** Runs a change as an operator; a rehearsal undoes it. */
export async function withChange(
  context: CommandContext,
  dryRun: boolean,
  run: (deps: ChangeDeps, ctx: RequestContext) => Promise<void>,
): Promise<ExitCode> {
  return withDatabase(context, async ({ db }) => {
    await run(changeDeps(context, db, { dryRun }), operatorContext())
    return exitCodes.ok
  })
}

/** For a change that is refused because something is not there: says so by `none`. What else goes wrong stays as it is. */
export function whereNotFound(none: CommandError): (error: unknown) => never {
  return (error) => {
    if (error instanceof SignetError && error.reason === ErrorReason.NOT_FOUND) throw none
    throw error
  }
}

/** Tells the running instances that something was revoked; the database waits for it when it is closed. */
function announcerOf(db: Database): Announcer {
  // Where it fails, the instances find the entry when they read the next time.
  const announce = () => void notifyRevocations(db).catch(() => undefined)
  return {
    announce,
    // No log is read here, so there is nothing to wait for.
    settled: async () => {},
    told: async () => announce(),
  }
}

/** A database that decides everything and keeps nothing: each transaction is rolled back after its work. */
export function rehearsal(db: Database): Database {
  return {
    ...db,
    async transaction(run) {
      const outcome: { value?: Awaited<ReturnType<typeof run>> } = {}
      const rollback = new Error('rehearsed')
      await db
        .transaction(async (tx) => {
          outcome.value = await run(tx)
          throw rollback
        })
        .catch((error) => {
          if (error !== rollback) throw error
        })
      return outcome.value as Awaited<ReturnType<typeof run>>
    },
  }
}

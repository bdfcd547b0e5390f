/** What use-cases need when an operator calls them from the command line, instead of a request. */

import { pino } from 'pino'
import { createReferences } from '../call/reference.ts'
import type { Config } from '../config/config.ts'
import { ensureMasterSecret } from '../config/kept-master-secret.ts'
import { type MasterSecret, openMasterSecret } from '../crypto/master-secret.ts'
import type { Database } from '../db/database.ts'
import type { RequestContext } from '../request-context.ts'

/** What stands in the event log as the user agent of a command. */
export const commandLineAgent = 'signet command line'

/** The context of one command. Its reference is told to the operator and finds the event. */
export function operatorContext(): RequestContext {
  return {
    now: new Date(),
    reference: createReferences()(),
    ipAddress: '',
    userAgent: commandLineAgent,
    caller: { kind: 'anonymous' },
    signal: new AbortController().signal,
    log: pino({ enabled: false }),
  }
}

/** The master secret of this installation. */
export function openOperatorSecret(config: Config): MasterSecret {
  return openMasterSecret(ensureMasterSecret(config))
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

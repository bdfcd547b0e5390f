/** The work on jobs in one process: the worker, what does its jobs, and the ways out for mails and for calls of clients. */

import type { DatabaseAddress } from '../db/address.ts'
import type { Deps } from '../deps.ts'
import { openKnownProviders } from '../federation/known-providers.ts'
import { openUpstream } from '../federation/upstream.ts'
import type { Inbox } from '../mail/inbox.ts'
import { openMailer } from '../mail/mailer.ts'
import { openGuardedFetch } from '../outbound/guarded-fetch.ts'
import { openPictureRenderer } from '../pictures/picture-renderer.ts'
import { openWorker } from '../queue/worker.ts'
import { openSmsSender } from '../sms/sms-sender.ts'
import { jobHandlers } from './job-handlers.ts'

export interface Jobs {
  /** Begins; nobody need wait. */
  start(): void
  /** Finishes what is at work, for as long as the configuration allows. */
  stop(): Promise<void>
}

/** Jobs that have not begun. `inbox` takes the mails where no sender is configured. */
export function openJobs(
  deps: Pick<
    Deps,
    'avatarObjects' | 'config' | 'db' | 'log' | 'masterSecret' | 'metrics' | 'signingKeys'
  > &
    Partial<Pick<Deps, 'identityProviders' | 'upstream'>>,
  { address, inbox }: { address: DatabaseAddress; inbox: Inbox | undefined },
): Jobs {
  const { config, log, metrics } = deps
  const mailer = openMailer(config, inbox)
  const pictures = openPictureRenderer()
  const sms = openSmsSender(config, inbox)
  const fetch = openGuardedFetch({ privateHosts: config.outboundPrivateHosts })
  // A server has them for its calls already.
  const identityProviders = deps.identityProviders ?? openKnownProviders(deps)
  const upstream = deps.upstream ?? openUpstream({ fetch, log })
  const ways = { mailer, pictures, sms, fetch, identityProviders, upstream }
  const handlers = jobHandlers({ ...deps, ...ways })
  const worker = openWorker({ address, log, handlers, observe: metrics.observeJob })
  return {
    start: worker.start,
    async stop() {
      await worker.stop(config.shutdownGraceSeconds * 1000)
      await mailer.close()
      await pictures.close()
    },
  }
}

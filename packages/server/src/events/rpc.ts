/**
 * EventService on every wire: streams sealed events to whoever may read them.
 *
 * Events are read a page at a time as fast as the caller takes them, so a slow caller costs one page of memory.
 *
 * Errors: UNAVAILABLE when the database is away; the caller goes on from the last `seq` it has.
 */

import type { MessageInitShape } from '@bufbuild/protobuf'
import { timestampFromDate } from '@bufbuild/protobuf/wkt'
import {
  EventOutcome,
  type EventSchema,
  type WatchEventsRequest,
  type WatchEventsResponseSchema,
} from '@signet/contract'
import type { Deps } from '../deps.ts'
import type { RequestContext } from '../request-context.ts'
import { listEvents, type SealedEvent } from './list-events.ts'

const pageSize = 100

/** Events after `since`, then each as it is sealed. With `until_now` it ends once all that is committed was sent. */
export async function* watchEvents(
  deps: Pick<Deps, 'db' | 'masterSecret' | 'eventFeed'>,
  ctx: RequestContext,
  { since, untilNow }: WatchEventsRequest,
): AsyncGenerator<MessageInitShape<typeof WatchEventsResponseSchema>> {
  if (untilNow) await deps.eventFeed.settled()
  let seq = since
  while (!ctx.signal.aborted) {
    const page = await listEvents(deps, { since: seq, limit: pageSize })
    for (const event of page) {
      yield { event: eventMessage(event) }
      seq = event.seq
    }
    if (page.length === pageSize) continue
    if (untilNow) return
    await deps.eventFeed.sealedAfter(seq, ctx.signal)
  }
}

function eventMessage(event: SealedEvent): MessageInitShape<typeof EventSchema> {
  const details =
    event.occurrences === 1 ? event.details : { ...event.details, occurrences: event.occurrences }
  return {
    seq: event.seq,
    id: event.id,
    kind: event.kind,
    occurredAt: timestampFromDate(event.occurredAt),
    outcome: event.outcome === 'success' ? EventOutcome.SUCCESS : EventOutcome.FAILURE,
    actorId: event.actorId ?? '',
    subjectId: event.subjectId ?? '',
    clientId: event.clientId ?? '',
    reference: event.reference,
    ipAddress: event.ipAddress,
    ...(event.country !== undefined && { country: event.country }),
    userAgent: event.userAgent,
    details: JSON.stringify(details),
    hash: event.hash.toString('hex'),
  }
}

/**
 * Server-sent events out of a stream of bytes: the name and the data of each, at the pace of the reader. Comments,
 * identifiers and times to retry are passed over: positions say where to go on.
 *
 * Errors: FeedError for an event that is longer than any of ours, and for bytes that are no UTF-8.
 * Specs: the HTML standard, server-sent events ("interpreting an event stream").
 */

import { TextDecoder } from 'node:util'
import { FeedError } from './feed-step.ts'

export interface StreamEvent {
  /** `message` where the stream gives no name. */
  name: string
  data: string
}

const eventLengthMax = 8 * 1024 * 1024

/** Yields the events as they come. Ends when the stream ends; half an event at its end is none. */
export async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  let pending = ''
  for await (const chunk of body) {
    // A proxy may have written line ends of its own.
    pending = (pending + decode(decoder, chunk)).replaceAll('\r\n', '\n')
    let start = 0
    for (let end = pending.indexOf('\n\n'); end >= 0; end = pending.indexOf('\n\n', start)) {
      const event = parseEvent(pending.slice(start, end))
      start = end + 2
      if (event !== undefined) yield event
    }
    pending = pending.slice(start)
    if (pending.length > eventLengthMax) throw new FeedError('an event without an end')
  }
}

function decode(decoder: TextDecoder, chunk: Uint8Array): string {
  try {
    return decoder.decode(chunk, { stream: true })
  } catch {
    throw new FeedError('bytes that are no UTF-8')
  }
}

function parseEvent(block: string): StreamEvent | undefined {
  let name = 'message'
  const data: string[] = []
  for (const line of block.split('\n')) {
    const [, field, value = ''] = /^(\w+)(?:: ?(.*))?$/s.exec(line) ?? []
    if (field === 'event') name = value
    if (field === 'data') data.push(value)
  }
  return data.length === 0 ? undefined : { name, data: data.join('\n') }
}

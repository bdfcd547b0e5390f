/**
 * Server-sent events: each message as `data`, then `event: end`, or `event: error` with the problem document. A comment
 * keeps a silent stream open; one that brings heartbeats of its own needs none.
 *
 * Specs: the HTML standard, server-sent events.
 */

import { type HttpResponse, whenGone } from '../http.ts'

export interface EventStreamOptions {
  headers: Readonly<Record<string, string>>
  heartbeatMs: number
  /** Puts an error into words, as one line of JSON. */
  describe(error: unknown): string
}

/** Writes lines of JSON as events, at the pace of the reader. Never throws: the stream itself tells how it ended. */
export async function sendEvents(
  res: HttpResponse,
  lines: AsyncGenerator<string, void, undefined>,
  options: EventStreamOptions,
): Promise<void> {
  for (const [name, value] of Object.entries(options.headers)) res.setHeader(name, value)
  res.setHeader('content-type', 'text/event-stream; charset=utf-8')
  // Proxies such as nginx hold events back otherwise.
  res.setHeader('x-accel-buffering', 'no')
  const write = paced(res)
  let silent = true
  const heartbeat = setInterval(() => {
    if (silent) void write(': heartbeat\n\n')
    silent = true
  }, options.heartbeatMs)
  heartbeat.unref()
  try {
    await write(': open\n\n')
    for await (const line of lines) {
      silent = false
      await write(`data: ${line}\n\n`)
    }
    await write('event: end\ndata: {}\n\n')
  } catch (error) {
    await write(`event: error\ndata: ${options.describe(error)}\n\n`)
  } finally {
    clearInterval(heartbeat)
    res.end()
  }
}

/** Writing that waits while the reader is slower than we are, and does nothing once the reader has left. */
function paced(res: HttpResponse): (text: string) => Promise<void> {
  const out: { write(text: string): boolean } = res
  let closed = false
  let proceed = () => {}
  res.on('drain', () => proceed())
  whenGone(res, () => {
    closed = true
    proceed()
  })
  return (text) =>
    new Promise((resolve) => {
      if (closed || out.write(text)) {
        resolve()
        return
      }
      const before = proceed
      proceed = () => {
        proceed = () => {}
        before()
        resolve()
      }
    })
}

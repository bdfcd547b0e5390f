/**
 * Server-sent events: each message as `data`, then `event: end`, or `event: error` with the problem document.
 *
 * Specs: the HTML standard, server-sent events.
 */

import type { HttpResponse } from '../http.ts'

export interface EventStreamOptions {
  headers: Readonly<Record<string, string>>
  heartbeatMs: number
  /** Puts an error into words, as one line of JSON. */
  describe(error: unknown): string
}

/** Writes the lines of JSON as events, at the pace of the reader. Never throws: the stream itself tells how it ended. */
export async function sendEvents(
  res: HttpResponse,
  lines: AsyncGenerator<string, void, undefined>,
  options: EventStreamOptions,
): Promise<void> {
  const gone = () => {
    void lines.return()
  }
  res.once('close', gone)
  for (const [name, value] of Object.entries(options.headers)) res.setHeader(name, value)
  res.setHeader('content-type', 'text/event-stream; charset=utf-8')
  // Proxies such as nginx hold events back otherwise.
  res.setHeader('x-accel-buffering', 'no')
  await write(res, ': open\n\n')
  const heartbeat = setInterval(() => {
    void write(res, ': heartbeat\n\n')
  }, options.heartbeatMs)
  try {
    for await (const line of lines) await write(res, `data: ${line}\n\n`)
    await write(res, 'event: end\ndata: {}\n\n')
  } catch (error) {
    await write(res, `event: error\ndata: ${options.describe(error)}\n\n`)
  } finally {
    clearInterval(heartbeat)
    res.off('close', gone)
    res.end()
  }
}

/** Writes, and waits while the reader is slower than we are. */
function write(res: HttpResponse, text: string): Promise<void> {
  const written = 'stream' in res ? res.stream.write(text) : res.write(text)
  if (written || res.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    const done = () => {
      res.off('drain', done)
      res.off('close', done)
      resolve()
    }
    res.on('drain', done)
    res.on('close', done)
  })
}

/**
 * The socket under a request of the built-in fetch, which shows it to nobody: so that a stream that never ends does not
 * keep a process alive that has nothing else to do.
 *
 * Node tells on a diagnostics channel which socket a request is written to. Where fetch is another one, nothing is found,
 * and the process lives until the verifier is closed.
 *
 * Specs: the undici documentation, diagnostics channel `undici:client:sendHeaders`.
 */

import { subscribe, unsubscribe } from 'node:diagnostics_channel'

export interface RequestSocket {
  /** The process may end while the request goes on. */
  unref(): void
  /** Stop looking. */
  forget(): void
}

const channel = 'undici:client:sendHeaders'

/** Looks for the socket of the next request whose path holds this text. */
export function socketOfRequest(partOfPath: string): RequestSocket {
  let socket: { unref(): void } | undefined
  const look = (message: unknown): void => {
    const { request, socket: found } = message as {
      request?: { path?: string }
      socket?: { unref(): void }
    }
    if (request?.path?.includes(partOfPath) !== true) return
    socket = found
    unsubscribe(channel, look)
  }
  subscribe(channel, look)
  return {
    unref: () => socket?.unref(),
    forget: () => void unsubscribe(channel, look),
  }
}

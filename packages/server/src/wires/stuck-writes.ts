/**
 * Ends connections of HTTP/1.1 whose peer does not read. An answer that waits to be sent has to make progress; where
 * nothing of it went out from one check to the next, the peer has stopped reading and only holds the connection.
 */

import type { Socket } from 'node:net'

/** Checks every `intervalMs` milliseconds, so a stuck connection ends after at most twice that. */
export function createStuckWrites(intervalMs: number): {
  watch(socket: Socket): void
  close(): void
} {
  /** How many bytes of each connection had gone out at the last check; undefined where none were waiting. */
  const sockets = new Map<Socket, number | undefined>()
  const timer = setInterval(() => {
    for (const [socket, before] of sockets) {
      const waiting = socket.writableLength
      const gone = waiting > 0 ? socket.bytesWritten - waiting : undefined
      if (gone !== undefined && gone === before) socket.destroy()
      else sockets.set(socket, gone)
    }
  }, intervalMs)
  timer.unref()
  return {
    watch(socket) {
      sockets.set(socket, undefined)
      socket.once('close', () => sockets.delete(socket))
    },
    close: () => clearInterval(timer),
  }
}

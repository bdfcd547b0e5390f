/**
 * Many watchers of the revocation feed over HTTP, each on a connection of its own, that read what they are sent and look at none of it,
 * so that the process is as light as it can be; runs as a child.
 */

import { connect, type Socket } from 'node:net'
import { answerParent } from '../child.ts'
import { messageOf } from './http-message.ts'

export type WatchersQuestion =
  | { open: number; origin: string; client: { id: string; secret: string } }
  | { close: true }

/** Fewer than an instance lets call it at once. */
const arrivingAtOnce = 50

const watchers: Socket[] = []
let expected = false

/** Answers once each watcher has been sent something, or has left. */
answerParent(async (question: WatchersQuestion) => {
  if ('close' in question) return leave()
  const { hostname, port, host } = new URL(question.origin)
  const message = messageOf(host, {
    method: 'GET',
    path: '/api/v1/revocations/watch',
    client: question.client,
  })
  expected = true
  while (watchers.length < question.open) {
    const several = Array.from({ length: arrivingAtOnce }, () =>
      connect({ host: hostname, port: Number(port), noDelay: true }),
    )
    watchers.push(...several)
    await Promise.all(several.map((socket) => begun(socket, message)))
  }
})

function begun(socket: Socket, message: Buffer): Promise<void> {
  return new Promise((resolve, reject) => {
    socket.once('data', (chunk) => {
      if (chunk.toString('latin1', 0, 12) === 'HTTP/1.1 200') resolve()
      else reject(new Error(`a watcher was answered ${chunk.toString('utf8', 0, 600)}`))
      socket.resume()
    })
    socket.on('error', reject)
    socket.on('close', () => {
      // A figure about watchers that are gone would mislead.
      if (expected) process.exit(1)
    })
    socket.write(message)
  })
}

async function leave(): Promise<void> {
  expected = false
  const closed = watchers.map((socket) => new Promise((resolve) => socket.on('close', resolve)))
  for (const socket of watchers.splice(0)) socket.destroy()
  await Promise.all(closed)
}

/**
 * Waits for notifications of one channel, on a connection of its own: a pooler keeps no session that could listen.
 *
 * A connection that breaks is made again, for as long as it takes. What was notified meanwhile is lost, so whoever
 * listens is woken after each connection, and must find out by reading what there is.
 */

import pg from 'pg'
import { type DatabaseAddress, driverAddress } from './address.ts'

export interface Listening {
  /** Whether notifications arrive at the moment. */
  connected(): boolean
  stop(): Promise<void>
}

const connectTimeoutMs = 1_000
const retryMs = 500
const keepAliveDelayMs = 10_000

/** Listens. `wake` is called for each notification, and whenever one may have been missed. Never throws. */
export function listen(address: DatabaseAddress, channel: string, wake: () => void): Listening {
  const stopping = Promise.withResolvers<void>()
  const state = { connected: false, stopped: false }
  const running = keepListening()

  async function keepListening(): Promise<void> {
    while (!state.stopped) {
      await listenOnce().catch(() => undefined)
      state.connected = false
      if (!state.stopped) await Promise.race([pause(retryMs), stopping.promise])
    }
  }

  /** Until the connection breaks, or this is stopped. */
  async function listenOnce(): Promise<void> {
    const client = new pg.Client({
      ...driverAddress(address),
      application_name: 'signet',
      connectionTimeoutMillis: connectTimeoutMs,
      keepAlive: true,
      keepAliveInitialDelayMillis: keepAliveDelayMs,
    })
    const broken = new Promise<void>((resolve) => {
      client.once('end', resolve)
      client.on('error', () => resolve())
    })
    client.on('notification', wake)
    try {
      await client.connect()
      await client.query(`listen ${pg.escapeIdentifier(channel)}`)
      state.connected = true
      wake()
      await Promise.race([broken, stopping.promise])
    } finally {
      await Promise.race([client.end().catch(() => undefined), pause(connectTimeoutMs)])
    }
  }

  return {
    connected: () => state.connected,
    async stop() {
      state.stopped = true
      stopping.resolve()
      await running
    },
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms).unref())
}

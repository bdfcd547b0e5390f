/**
 * Several listening sockets at one address, so that new connections are accepted as fast as they come.
 *
 * In one turn of the event loop Node accepts one connection of each listening socket. When there is much to do turns are long, and
 * behind a single socket new callers would wait in the system's queue, for tens of seconds, while there is room for
 * their calls: they would get no refusal, but a time-out. Linux spreads connections over all sockets that share an address, which those
 * of one user can; elsewhere there is one.
 */

import { once } from 'node:events'
import net, { type AddressInfo, type Socket } from 'node:net'
import type { SocketAddress } from '../config/socket-address.ts'

export interface Acceptors {
  /** Starts accepting. Rejects where the address cannot be had, even by sharing it with another process. */
  listen(): Promise<AddressInfo>
  /** Stops accepting. Resolves once every connection has ended. */
  close(): Promise<void>
}

const acceptorsMax = process.platform === 'linux' ? 16 : 1
/** Connections that the system keeps for each of them until they are accepted, as far as it allows (net.core.somaxconn). */
const backlog = 4096

export function createAcceptors(
  address: SocketAddress,
  onConnection: (socket: Socket) => void,
): Acceptors {
  const servers = Array.from({ length: acceptorsMax }, () =>
    net.createServer({ noDelay: true }, onConnection),
  )
  return {
    async listen() {
      // Sharing is for this process alone: another one at this address has to show.
      if (address.port !== 0) await listenAndClose(address)
      let { host, port } = address
      let taken: AddressInfo | undefined
      for (const server of servers) {
        await listen(server, { host, port, backlog, reusePort: acceptorsMax > 1 })
        taken = server.address() as AddressInfo
        host = taken.address
        port = taken.port
      }
      return taken as AddressInfo
    },
    async close() {
      await Promise.all(servers.map(close))
    },
  }
}

async function listenAndClose(address: SocketAddress): Promise<void> {
  const server = net.createServer()
  await listen(server, address)
  await close(server)
}

async function listen(server: net.Server, options: net.ListenOptions): Promise<void> {
  server.listen(options)
  await once(server, 'listening')
}

function close(server: net.Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()))
}

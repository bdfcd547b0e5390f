/** Whether a server answers at the configured address, and whether it calls itself ready. */

import { request as requestHttp } from 'node:http'
import { request as requestHttps } from 'node:https'
import type { Config } from '../config/config.ts'
import { formatSocketAddress, type SocketAddress } from '../config/socket-address.ts'

/** What the address answered. */
export interface ServerState {
  /** The address that was asked. */
  url: string
  reachable: boolean
  ready: boolean
}

const timeoutMs = 3_000

/** Asks `/readyz`. An address whose port the system chose cannot be asked, and counts as not reachable. */
export async function probeServer(config: Config): Promise<ServerState> {
  const scheme = config.tls === undefined ? 'http' : 'https'
  const url = `${scheme}://${formatSocketAddress(reachableAddress(config.httpAddress))}/readyz`
  const status = config.httpAddress.port === 0 ? undefined : await statusOf(url)
  return { url, reachable: status !== undefined, ready: status === 200 }
}

/** A server that listens on every interface is asked on the loopback one. */
function reachableAddress({ host, port }: SocketAddress): SocketAddress {
  if (host === '0.0.0.0') return { host: '127.0.0.1', port }
  return host === '::' ? { host: '::1', port } : { host, port }
}

function statusOf(url: string): Promise<number | undefined> {
  return new Promise((resolve) => {
    const request = url.startsWith('https:') ? requestHttps : requestHttp
    // The certificate names the issuer, not this address. Nothing secret is sent, and the answer only informs.
    const options = { timeout: timeoutMs, agent: false, rejectUnauthorized: false }
    const sent = request(url, options, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    sent.on('timeout', () => sent.destroy())
    sent.on('error', () => resolve(undefined))
    sent.end()
  })
}

/**
 * Who sits at this machine, for what a development installation shows to nobody else.
 *
 * A request that carries a forwarding header came through a proxy, wherever from; and one that names another host comes
 * from a page whose name was made to lead here.
 */

import { isIP } from 'node:net'
import type { FastifyRequest } from 'fastify'
import { isLoopback } from '../config/socket-address.ts'

const forwardingHeaders = [
  'forwarded',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'via',
]

/** Whether this request comes from this machine, and knows it by a name of its own. */
export function fromThisMachine({ raw, headers }: FastifyRequest): boolean {
  const address = (raw.socket.remoteAddress ?? '').replace(/^::ffff:(?=\d+\.)/, '')
  const authority = headers.host ?? headers[':authority']
  const named = typeof authority === 'string' ? URL.parse(`http://${authority}`)?.hostname : ''
  if (isIP(address) === 0 || !isLoopback(address) || !isLoopback(named ?? '')) return false
  return !forwardingHeaders.some((name) => headers[name] !== undefined)
}

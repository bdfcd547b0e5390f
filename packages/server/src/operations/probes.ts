/**
 * What operators and their machines ask: `/livez`, `/readyz` and `/metrics`.
 *
 * `/livez` answers as long as the process does: restart it when it does not. `/readyz` names each check and answers 503
 * while one fails: send no traffic then. `/metrics` is for operators alone. With an address of its own it is served
 * there, to whoever reaches it; without one, in development, it is served at the main address to callers from
 * this machine, and does not exist for anybody else.
 *
 * Errors: NOT_FOUND.
 * Specs: OWASP ASVS 5.0 V13.4.
 */

import { ErrorReason } from '@signet/contract'
import Fastify, { type FastifyInstance } from 'fastify'
import { SignetError } from '../errors.ts'
import { fromThisMachine } from './from-this-machine.ts'
import type { Metrics } from './metrics.ts'
import type { Readiness } from './readiness.ts'

interface Probes {
  readiness: Readiness
  metrics: Metrics
}

/** Adds the three routes. `metricsTo` says who may read the metrics; `nobody` leaves them to another address. */
export function mountProbes(
  fastify: FastifyInstance,
  { readiness, metrics }: Probes,
  metricsTo: 'anybody' | 'this machine' | 'nobody',
): void {
  fastify.get('/livez', (_, reply) => {
    reply.header('cache-control', 'no-store')
    return { alive: true }
  })
  fastify.get('/readyz', async (_, reply) => {
    const report = await readiness.check()
    reply.header('cache-control', 'no-store')
    reply.code(report.ready ? 200 : 503)
    return report
  })
  if (metricsTo === 'nobody') return
  fastify.get('/metrics', async (request, reply) => {
    if (metricsTo === 'this machine' && !fromThisMachine(request))
      throw new SignetError(ErrorReason.NOT_FOUND)
    reply.header('cache-control', 'no-store')
    reply.type(metrics.contentType)
    return metrics.text()
  })
}

/** Serves the probes at an address of their own, in plain HTTP. Port 0 takes any that is free. */
export async function listenProbes(
  probes: Probes,
  address: { host: string; port: number },
): Promise<{ port: number; close(): Promise<void> }> {
  const fastify = Fastify({ logger: false })
  mountProbes(fastify, probes, 'anybody')
  // A copy: Fastify writes into what it is given, and a configuration is frozen.
  await fastify.listen({ ...address })
  const { port } = fastify.server.address() as { port: number }
  return { port, close: () => fastify.close() }
}

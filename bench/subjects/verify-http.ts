/**
 * A small HTTP service behind the verifier against the very same one that asks Redis for each request: per processor second
 * of the service and of its Redis, and of the service alone.
 *
 * Without a Redis the subject fails, which is told at the end and in the exit code.
 */

import { randomUUID } from 'node:crypto'
import { startTestRedis } from '../../packages/server/src/testing/redis.ts'
import { openScriptedIssuer } from '../../packages/verifier/src/testing/scripted-issuer.ts'
import { startChild } from '../child.ts'
import type { Finding, Subject } from '../finding.ts'
import { httpContender } from '../load/http-contender.ts'
import type { HttpRequest } from '../load/http-message.ts'
import { startCpuClock } from '../machine.ts'
import type { ServiceQuestion } from '../server/protected-service.ts'
import { interleave, median, rate, ratePerCpu, ratios, type Slice } from '../slices.ts'

const connections = 32
const tokenLifetimeSeconds = 86_400

export const verifyHttp: Subject = {
  name: 'verify-http',
  about: 'requests/s of a service behind the verifier against a Redis GET for each request',
  async run(options) {
    const redis = await startTestRedis()
    const scripted = await openScriptedIssuer()
    const [load, feed, get] = [
      startChild('./load/http-load.ts'),
      startChild('./server/protected-service.ts'),
      startChild('./server/protected-service.ts'),
    ]
    const heartbeat = setInterval(() => scripted.connections.at(-1)?.send(), 1000)
    try {
      const { url, audience, client } = scripted
      const issuer = { issuer: url, audience, client }
      const byFeed: ServiceQuestion = { issuer }
      const byGet: ServiceQuestion = { issuer, redisUrl: redis.url }
      const exp = Math.floor(Date.now() / 1000) + tokenLifetimeSeconds
      const requests: HttpRequest[] = Array.from({ length: connections }, () => ({
        method: 'GET',
        path: '/invoices',
        accessToken: scripted.mint({ exp, sid: randomUUID() }),
      }))
      const services = [
        { name: 'feed', origin: await feed.ask<string>(byFeed), pids: [feed.pid] },
        { name: 'Redis GET', origin: await get.ask<string>(byGet), pids: [get.pid] },
      ]
      const contenders = services.map(({ name, ...target }) => {
        const service = httpContender(load, { name, ...target, requests, connections, awake: true })
        return {
          name,
          async run(seconds: number): Promise<ServiceSlice> {
            const redisCpu = startCpuClock([redis.pid()])
            const slice = await service.run(seconds)
            return { ...slice, redisCpuSeconds: redisCpu() }
          },
        }
      })
      return findingsOf(await interleave(contenders, options))
    } finally {
      clearInterval(heartbeat)
      for (const child of [load, feed, get]) await child.stop()
      await scripted.stop()
      await redis.stop()
    }
  },
}

interface ServiceSlice extends Slice {
  redisCpuSeconds: number
}

function findingsOf(series: Map<string, ServiceSlice[]>): Finding[] {
  const feed = series.get('feed') ?? []
  const get = series.get('Redis GET') ?? []
  const withRedis = ({ begun, cpuSeconds = Number.NaN, redisCpuSeconds }: ServiceSlice) =>
    begun / (cpuSeconds + redisCpuSeconds)
  const middle = (slices: ServiceSlice[], measure: (slice: ServiceSlice) => number) =>
    median(slices.map(measure)).toFixed(0)
  const compared = (measure: (slice: ServiceSlice) => number) => {
    const rounds = ratios(feed, get, measure)
    return { unit: 'x' as const, measured: median(rounds), rounds }
  }
  return [
    {
      what: 'requests per processor second behind the verifier against a Redis GET for each, the work of Redis counted',
      goal: { atLeast: 1.5 },
      ...compared(withRedis),
      detail: `${middle(feed, withRedis)} against ${middle(get, withRedis)}; by the clock ${middle(feed, rate)}/s against ${middle(get, rate)}/s, ${median(ratios(feed, get)).toFixed(2)}x; ${connections} connections`,
    },
    {
      what: 'the same, the work of Redis not counted',
      ...compared(ratePerCpu),
      detail: `${middle(feed, ratePerCpu)} against ${middle(get, ratePerCpu)}`,
    },
  ]
}

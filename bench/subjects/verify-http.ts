/**
 * A small HTTP service behind the verifier against the very same one that asks Redis for each request: per processor second
 * of the service, the work of Redis not counted.
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
      const contenders = [
        { name: 'feed', origin: await feed.ask<string>(byFeed), pids: [feed.pid] },
        { name: 'Redis GET', origin: await get.ask<string>(byGet), pids: [get.pid] },
      ].map((target) => httpContender(load, { ...target, requests, connections }))
      return [findingOf(await interleave(contenders, options))]
    } finally {
      clearInterval(heartbeat)
      for (const child of [load, feed, get]) await child.stop()
      await scripted.stop()
      await redis.stop()
    }
  },
}

function findingOf(series: Map<string, Slice[]>): Finding {
  const feed = series.get('feed') ?? []
  const get = series.get('Redis GET') ?? []
  const perRound = ratios(feed, get, ratePerCpu)
  const middle = (slices: Slice[], measure: (slice: Slice) => number) =>
    median(slices.map(measure)).toFixed(0)
  return {
    what: 'requests per processor second behind the verifier against a Redis GET for each',
    unit: 'x',
    goal: { atLeast: 1.5 },
    measured: median(perRound),
    rounds: perRound,
    detail: `${middle(feed, ratePerCpu)} against ${middle(get, ratePerCpu)}, the work of Redis not counted; by the clock ${middle(feed, rate)}/s against ${middle(get, rate)}/s, ${median(ratios(feed, get)).toFixed(2)}x; ${connections} connections`,
  }
}

/**
 * What the pipeline costs a REST call that reads no database: against a bare Fastify route with schemas and the same bodies.
 *
 * The wires and the pipeline answer GetPasswordPolicy and SignIn with handlers that answer at once. The same GET of a whole
 * server is told beside them, with all that such a process does besides.
 *
 * How fast a process becomes is decided while V8 optimizes it, and differs by a third from one start of a bare Fastify to the next; and
 * what runs beside it takes part of its caches. So everyone is measured alone, in a new process for each round, after a longer warm-up.
 */

import assert from 'node:assert/strict'
import { type Child, startChild } from '../child.ts'
import type { Finding, Subject } from '../finding.ts'
import { httpContender } from '../load/http-contender.ts'
import type { HttpRequest } from '../load/http-message.ts'
import { createDataDir, startSignet } from '../server/signet-process.ts'
import { signInRequest } from '../server/stub-answers.ts'
import { type Contender, interleave, median, ratePerCpu, ratios, type Slice } from '../slices.ts'

const connections = 32
const warmUpSlices = 4

export const rest: Subject = {
  name: 'rest',
  about: 'REST calls/s through the whole pipeline against bare Fastify',
  async run({ rounds, secondsPerSlice, progress }) {
    const load = startChild('./load/http-load.ts')
    const bodies = new Map<string, unknown>()
    /** A comparison of different bodies would go unnoticed. */
    const checkBody = async (server: Server, request: HttpRequest) => {
      const body = await bodyOf(server, request)
      const first = bodies.get(request.method) ?? body
      bodies.set(request.method, first)
      assert.deepEqual(body, first)
    }
    const alone = ({ name, start, request }: Measured): Contender => ({
      name,
      async run(seconds) {
        const server = await start()
        try {
          await checkBody(server, request)
          const target = { origin: server.origin, pids: [server.pid], requests: [request] }
          const contender = httpContender(load, { name, ...target, connections, awake: true })
          await contender.run(seconds * warmUpSlices)
          return await contender.run(seconds)
        } finally {
          await server.stop()
        }
      },
    })
    try {
      const options = { rounds, secondsPerSlice, progress, warmUpSeconds: 0 }
      const series = await interleave(measured.map(alone), options)
      return [
        { ...findingOf('GET', series, 'pipeline GET'), goal: { atLeast: 0.7 } },
        { ...findingOf('POST', series, 'pipeline POST'), goal: { atLeast: 0.7 } },
        findingOf('GET', series, 'whole server GET'),
      ]
    } finally {
      await load.stop()
    }
  },
}

interface Measured {
  name: string
  start(): Promise<Server>
  request: HttpRequest
}

interface Server {
  origin: string
  pid: number
  stop(): Promise<unknown>
}

const fastify = () => serverOf(startChild('./limits/bare-fastify.ts'))
const pipeline = () => serverOf(startChild('./server/stub-pipeline.ts'))
const policy: HttpRequest = { method: 'GET', path: '/api/v1/auth/password-policy' }
const post = (path: string): HttpRequest => ({ method: 'POST', path, json: signInRequest })

const measured: readonly Measured[] = [
  { name: 'whole server GET', start: wholeServer, request: policy },
  { name: 'pipeline GET', start: pipeline, request: policy },
  { name: 'Fastify GET', start: fastify, request: { method: 'GET', path: '/get' } },
  { name: 'Fastify POST', start: fastify, request: post('/post') },
  { name: 'pipeline POST', start: pipeline, request: post('/api/v1/auth/sign-in') },
]

async function serverOf(child: Child): Promise<Server> {
  return { origin: await child.ask<string>({}), pid: child.pid, stop: child.stop }
}

async function wholeServer(): Promise<Server> {
  const dataDir = await createDataDir()
  const { origin, pid, stop } = await startSignet(dataDir.path)
  return { origin, pid, stop: () => stop().then(dataDir.remove) }
}

async function bodyOf({ origin }: Server, { method, path, json }: HttpRequest): Promise<unknown> {
  const response = await fetch(new URL(path, origin), {
    method,
    ...(json && {
      body: JSON.stringify(json),
      headers: { 'content-type': 'application/json' },
    }),
  })
  return response.json()
}

/** Per processor second of the server, which does not depend on who else wants the cores. */
function findingOf(method: string, series: Map<string, Slice[]>, name: string): Finding {
  const ours = series.get(name) ?? []
  const bare = series.get(`Fastify ${method}`) ?? []
  const perRound = ratios(ours, bare, ratePerCpu)
  const perSecond = median(ratios(ours, bare))
  return {
    what: `REST per processor second, ${name}, against bare Fastify`,
    unit: 'x',
    measured: median(perRound),
    rounds: perRound,
    detail: `${perCpu(ours)} against ${perCpu(bare)}; by the clock ${perSecond.toFixed(2)}x; ${connections} connections`,
  }
}

function perCpu(slices: readonly Slice[]): string {
  return median(slices.map(ratePerCpu)).toFixed(0)
}

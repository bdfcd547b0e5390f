/**
 * What the pipeline costs a REST call: against a bare Fastify route with schemas and the same bodies.
 *
 * GET is GetPasswordPolicy of the real server, which reads no database. No POST of the contract can say that, so POST is SignIn
 * with a handler that answers at once, behind the same wires.
 *
 * How fast a process becomes is decided while V8 optimizes it, and differs by a third from one start of a bare Fastify to the next. So
 * every round has new processes, which warm up for longer than they are measured.
 */

import assert from 'node:assert/strict'
import { type Child, startChild } from '../child.ts'
import type { Finding, Subject } from '../finding.ts'
import { httpContender } from '../load/http-contender.ts'
import type { HttpRequest } from '../load/http-message.ts'
import { createDataDir, startSignet } from '../server/signet-process.ts'
import { signInRequest } from '../server/stub-answers.ts'
import { interleave, median, ratePerCpu, ratios, type Slice, type SliceOptions } from '../slices.ts'

const connections = 32
const warmUpSlices = 2.5

export const rest: Subject = {
  name: 'rest',
  about: 'REST calls/s through the whole pipeline against bare Fastify',
  async run(options) {
    const series = new Map<string, Slice[]>()
    for (let round = 0; round < options.rounds; round += 1) {
      for (const [name, slices] of await roundOfNewProcesses(options))
        series.set(name, [...(series.get(name) ?? []), ...slices])
    }
    return ['GET', 'POST'].map((method) => findingOf(method, series))
  },
}

async function roundOfNewProcesses(options: SliceOptions): Promise<Map<string, Slice[]>> {
  const dataDir = await createDataDir()
  const signet = await startSignet(dataDir.path)
  const [load, bare, pipeline] = [
    startChild('./load/http-load.ts'),
    startChild('./limits/bare-fastify.ts'),
    startChild('./server/stub-pipeline.ts'),
  ]
  try {
    const servers = {
      'Signet GET': { ...signet, request: get('/api/v1/auth/password-policy') },
      'Fastify GET': { ...(await serverOf(bare)), request: get('/get') },
      'Signet POST': { ...(await serverOf(pipeline)), request: post('/api/v1/auth/sign-in') },
      'Fastify POST': { ...(await serverOf(bare)), request: post('/post') },
    }
    assert.deepEqual(await bodyOf(servers['Signet GET']), await bodyOf(servers['Fastify GET']))
    assert.deepEqual(await bodyOf(servers['Signet POST']), await bodyOf(servers['Fastify POST']))
    const contenders = Object.entries(servers).map(([name, { origin, pid, request }]) =>
      httpContender(load, {
        ...{ name, origin, connections },
        ...{ pids: [pid], requests: [request], awake: true },
      }),
    )
    const warmUpSeconds = warmUpSlices * options.secondsPerSlice
    return await interleave(contenders, { ...options, rounds: 1, warmUpSeconds })
  } finally {
    for (const child of [load, bare, pipeline]) await child.stop()
    await signet.stop()
    await dataDir.remove()
  }
}

interface Server {
  origin: string
  pid: number
}

async function serverOf(child: Child): Promise<Server> {
  return { origin: await child.ask<string>({}), pid: child.pid }
}

function get(path: string): HttpRequest {
  return { method: 'GET', path }
}

function post(path: string): HttpRequest {
  return { method: 'POST', path, json: signInRequest }
}

/** What it answers, so that a comparison of different bodies cannot go unnoticed. */
async function bodyOf({ origin, request }: Server & { request: HttpRequest }): Promise<unknown> {
  const response = await fetch(new URL(request.path, origin), {
    method: request.method,
    ...(request.json && {
      body: JSON.stringify(request.json),
      headers: { 'content-type': 'application/json' },
    }),
  })
  return response.json()
}

/** Held against the goal per processor second of the server, which does not depend on who else wants the cores. */
function findingOf(method: string, series: Map<string, Slice[]>): Finding {
  const ours = series.get(`Signet ${method}`) ?? []
  const bare = series.get(`Fastify ${method}`) ?? []
  const perRound = ratios(ours, bare, ratePerCpu)
  const perSecond = median(ratios(ours, bare))
  return {
    what: `REST ${method} per processor second against bare Fastify`,
    unit: 'x',
    goal: { atLeast: 0.7 },
    measured: median(perRound),
    rounds: perRound,
    detail: `${perCpu(ours)} against ${perCpu(bare)}; by the clock ${perSecond.toFixed(2)}x; ${connections} connections`,
  }
}

function perCpu(slices: readonly Slice[]): string {
  return median(slices.map(ratePerCpu)).toFixed(0)
}

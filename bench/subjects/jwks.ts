/** The public keys, which every verifier reads: against oidc-provider in memory. */

import { type Child, startChild } from '../child.ts'
import type { Finding, Subject } from '../finding.ts'
import type { Peer, PeerQuestion } from '../limits/oidc-provider.ts'
import { httpContender } from '../load/http-contender.ts'
import { startOwnPostgres } from '../server/own-postgres.ts'
import { startSignet } from '../server/signet-process.ts'
import { interleave, median, ratePerCpu, ratios, type Slice } from '../slices.ts'

const connections = 32

export const jwks: Subject = {
  name: 'jwks',
  about: 'reads of the public keys against oidc-provider in memory',
  async run(options) {
    const own = await startOwnPostgres()
    const signet = await startSignet(own.dataDir, {
      settings: { ...own.settings, SIGNET_DATA_DIR: own.dataDir },
    })
    const peer = startChild('./limits/oidc-provider.ts')
    const load = startChild('./load/http-load.ts')
    try {
      const question: PeerQuestion = { tokens: 1, signed: true }
      const { origin } = await peer.ask<Peer>(question)
      const servers = [
        { name: 'Signet', pid: signet.pid, origin: signet.origin, path: '/.well-known/jwks.json' },
        { name: 'oidc-provider', pid: peer.pid, origin, path: '/jwks' },
      ]
      for (const server of servers) await assertKeys(server)
      const contenders = servers.map((server) => contenderOf(load, server))
      return [findingOf(await interleave(contenders, options))]
    } finally {
      for (const child of [load, peer]) await child.stop()
      await signet.stop()
      await own.stop()
    }
  },
}

interface Server {
  name: string
  pid: number
  origin: string
  path: string
}

function contenderOf(load: Child, { name, pid, origin, path }: Server) {
  const requests = [{ method: 'GET', path } as const]
  return httpContender(load, { name, origin, pids: [pid], requests, connections, awake: true })
}

async function assertKeys({ origin, path }: Server): Promise<void> {
  const answer = (await (await fetch(origin + path)).json()) as { keys?: unknown[] }
  if (!answer.keys?.length) throw new Error(`${origin}${path} answered no keys`)
}

function findingOf(series: Map<string, Slice[]>): Finding {
  const ours = series.get('Signet') ?? []
  const theirs = series.get('oidc-provider') ?? []
  const perRound = ratios(ours, theirs, ratePerCpu)
  const perCpu = (slices: Slice[]) => median(slices.map(ratePerCpu)).toFixed(0)
  return {
    what: 'reads of the keys per processor second against oidc-provider in memory',
    unit: 'x',
    measured: median(perRound),
    rounds: perRound,
    detail: `${perCpu(ours)} against ${perCpu(theirs)}; ${connections} connections`,
  }
}

/**
 * Access tokens that clients get for themselves, each request authenticated by the client's secret, against oidc-provider in
 * memory: per processor second of the server. Both sign JWTs with ES256.
 */

import { startChild } from '../child.ts'
import type { Finding, Subject } from '../finding.ts'
import type { Peer, PeerQuestion } from '../limits/oidc-provider.ts'
import { againstPeer, besidePeer, ourName, peerName, perCpu } from '../memory-peer.ts'
import { startOwnPostgres } from '../server/own-postgres.ts'
import { createClient } from '../server/people.ts'
import { startSignet } from '../server/signet-process.ts'
import { interleave, median, ratePerCpu, ratios, type Slice } from '../slices.ts'

const form = { grant_type: 'client_credentials' }

export const clientCredentials: Subject = {
  name: 'client-credentials',
  about: 'access tokens of clients for themselves against oidc-provider in memory',
  async run(options) {
    const own = await startOwnPostgres()
    const settings = { ...own.settings, SIGNET_DATA_DIR: own.dataDir }
    const signet = await startSignet(own.dataDir, { settings })
    const peer = startChild('./limits/oidc-provider.ts')
    const load = startChild('./load/http-load.ts')
    const signing = startChild('./limits/raw-es256.ts')
    try {
      const client = await createClient(settings, 'bench', { audience: 'https://ledger.example' })
      const question: PeerQuestion = { tokens: 1, signed: true }
      const theirs = await peer.ask<Peer>(question)
      const servers = [
        { name: ourName, pid: signet.pid, path: '/oauth2/token', origin: signet.origin, client },
        { name: peerName, pid: peer.pid, path: '/token', ...theirs },
      ]
      for (const server of servers) await assertSigned(server)
      const contenders = servers.map((server) => {
        const { path, client: credentials } = server
        return besidePeer(load, server, [{ method: 'POST', path, client: credentials, form }])
      })
      const alone = {
        name: 'ES256',
        run: (seconds: number) => signing.ask<Slice>({ seconds }),
      }
      return findingsOf(await interleave([...contenders, alone], options))
    } finally {
      for (const child of [load, peer, signing]) await child.stop()
      await signet.stop()
      await own.stop()
    }
  },
}

/** An opaque token would be less work. */
async function assertSigned({
  origin,
  path,
  client: { id, secret },
}: Pick<Peer, 'origin' | 'client'> & { path: string }): Promise<void> {
  const credentials = Buffer.from(`${id}:${secret}`).toString('base64')
  const response = await fetch(origin + path, {
    method: 'POST',
    headers: { authorization: `Basic ${credentials}` },
    body: new URLSearchParams(form),
  })
  const answer = (await response.json()) as { access_token?: string }
  const [header = ''] = answer.access_token?.split('.') ?? []
  const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString() || '{}')
  if (alg !== 'ES256') throw new Error(`${origin} answered ${JSON.stringify(answer)}`)
}

function findingsOf(series: Map<string, Slice[]>): Finding[] {
  const ours = series.get(ourName) ?? []
  const signatures = series.get('ES256') ?? []
  const toSignatures = ratios(ours, signatures, ratePerCpu)
  return [
    againstPeer(series, {
      done: 'client-credentials tokens',
      goal: { atLeast: 2.2 },
      under: ['client_secret_basic', 'ES256'],
    }),
    {
      what: 'the same against the signatures alone',
      unit: 'x',
      measured: median(toSignatures),
      rounds: toSignatures,
      detail: `${perCpu(ours)} against ${perCpu(signatures)} of ES256 per processor second`,
    },
  ]
}

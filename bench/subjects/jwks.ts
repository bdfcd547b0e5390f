/** The public keys, which every verifier reads: against oidc-provider in memory. */

import { startChild } from '../child.ts'
import type { Subject } from '../finding.ts'
import type { Peer, PeerQuestion } from '../limits/oidc-provider.ts'
import { againstPeer, besidePeer, ourName, peerName } from '../memory-peer.ts'
import { startOwnPostgres } from '../server/own-postgres.ts'
import { startSignet } from '../server/signet-process.ts'
import { interleave } from '../slices.ts'

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
        { name: ourName, pid: signet.pid, origin: signet.origin, path: '/.well-known/jwks.json' },
        { name: peerName, pid: peer.pid, origin, path: '/jwks' },
      ]
      for (const server of servers) await assertKeys(server)
      const contenders = servers.map((server) =>
        besidePeer(load, server, [{ method: 'GET', path: server.path }]),
      )
      const series = await interleave(contenders, options)
      return [againstPeer(series, { done: 'reads of the keys' })]
    } finally {
      for (const child of [load, peer]) await child.stop()
      await signet.stop()
      await own.stop()
    }
  },
}

async function assertKeys({ origin, path }: { origin: string; path: string }): Promise<void> {
  const answer = (await (await fetch(origin + path)).json()) as { keys?: unknown[] }
  if (!answer.keys?.length) throw new Error(`${origin}${path} answered no keys`)
}

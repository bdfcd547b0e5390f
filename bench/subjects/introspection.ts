/**
 * Introspections of access tokens, by a service that authenticates each time with its secret, against oidc-provider with its
 * own memory: per processor second of the server.
 *
 * Ours are signed tokens of people, held against the revocation log; those of oidc-provider are opaque and found in its
 * memory, which is the faster of its two kinds.
 */

import { startChild } from '../child.ts'
import type { Subject } from '../finding.ts'
import type { Peer, PeerQuestion } from '../limits/oidc-provider.ts'
import type { HttpRequest } from '../load/http-message.ts'
import { againstPeer, besidePeer, connections, ourName, peerName } from '../memory-peer.ts'
import { startOwnPostgres } from '../server/own-postgres.ts'
import { createClient, signIns, signUp } from '../server/people.ts'
import { startSignet } from '../server/signet-process.ts'
import { interleave } from '../slices.ts'

const person = { email: 'holder@example.com', password: 'zebra quartz lamp hippo' }
/** The longest that there is; a run that takes longer says so at its end. */
const tokenLifetimeSeconds = '900'

export const introspection: Subject = {
  name: 'introspection',
  about: 'introspections of access tokens against oidc-provider in memory',
  async run(options) {
    const own = await startOwnPostgres()
    const settings = {
      ...own.settings,
      SIGNET_DATA_DIR: own.dataDir,
      SIGNET_ACCESS_TOKEN_LIFETIME_SECONDS: tokenLifetimeSeconds,
    }
    const signet = await startSignet(own.dataDir, { settings })
    const peer = startChild('./limits/oidc-provider.ts')
    const load = startChild('./load/http-load.ts')
    try {
      const client = await createClient(settings, 'bench', { permission: 'tokens.introspect' })
      await signUp(signet.origin, person)
      const accessTokens = await signIns(signet.origin, person, connections)
      const question: PeerQuestion = { tokens: connections }
      const servers = [
        {
          name: ourName,
          pid: signet.pid,
          path: '/oauth2/introspect',
          ...{ origin: signet.origin, client, accessTokens },
        },
        {
          name: peerName,
          pid: peer.pid,
          path: '/token/introspection',
          ...(await peer.ask<Peer>(question)),
        },
      ]
      for (const server of servers) await assertActive(server)
      const contenders = servers.map((server) => besidePeer(load, server, requestsOf(server)))
      const series = await interleave(contenders, options)
      for (const server of servers) await assertActive(server)
      const under = ['client_secret_basic']
      return [againstPeer(series, { done: 'introspections', goal: { atLeast: 3 }, under })]
    } finally {
      for (const child of [load, peer]) await child.stop()
      await signet.stop()
      await own.stop()
    }
  },
}

interface Server extends Peer {
  path: string
}

function requestsOf({ path, client, accessTokens }: Server): HttpRequest[] {
  return accessTokens.map((token) => ({ method: 'POST', path, client, form: { token } }))
}

/** An answer that no token is active would be a fast one. */
async function assertActive({ origin, path, client, accessTokens }: Server): Promise<void> {
  const credentials = Buffer.from(`${client.id}:${client.secret}`).toString('base64')
  for (const token of accessTokens) {
    const response = await fetch(origin + path, {
      method: 'POST',
      headers: { authorization: `Basic ${credentials}` },
      body: new URLSearchParams({ token }),
    })
    const answer = await response.text()
    if (!/"active":true/.test(answer)) throw new Error(`${origin} answered ${answer}`)
  }
}

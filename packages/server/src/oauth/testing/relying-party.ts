/** A client that hears of the end of sessions: a real server, which answers as it is told, and keeps what it was told. */

import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface RelyingParty {
  /** Where it hears of the end of a session. */
  uri: string
  /** The logout tokens that came, in order. */
  tokens: string[]
  /** What else came: requests that are no logout. */
  oddities: string[]
  /** How it answers from now on; 'silent' is not at all. */
  answers: number | 'silent'
  close(): Promise<void>
}

const path = '/backchannel-logout'

/** Starts one that answers 200. */
export async function startRelyingParty(): Promise<RelyingParty> {
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const { method, url, headers } = request
      const token = new URLSearchParams(body).get('logout_token')
      const isForm = headers['content-type'] === 'application/x-www-form-urlencoded'
      if (method === 'POST' && url === path && isForm && token !== null) party.tokens.push(token)
      else party.oddities.push(`${method} ${url} ${headers['content-type']}`)
      if (party.answers === 'silent') return
      response.writeHead(party.answers, { location: `${party.uri}-elsewhere` }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const party: RelyingParty = {
    uri: `http://localhost:${port}${path}`,
    tokens: [],
    oddities: [],
    answers: 200,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
  return party
}

/**
 * A small API behind Signet, on node:http alone: `GET /entries` for whoever has a token. Each answer says in its headers
 * what the check took, and how many calls to Signet the verifier made meanwhile.
 */

import { createServer } from 'node:http'
import { createVerifier, verifyRequest } from '@signet/verifier'

const { SIGNET_ISSUER, SIGNET_URL, SIGNET_AUDIENCE, SIGNET_CLIENT_ID, SIGNET_CLIENT_SECRET } =
  process.env

let calls = 0
const verifier = createVerifier({
  issuer: SIGNET_ISSUER,
  url: SIGNET_URL,
  audience: SIGNET_AUDIENCE,
  client: { id: SIGNET_CLIENT_ID, secret: SIGNET_CLIENT_SECRET },
  name: 'ledger-api',
  fetch(...request) {
    calls += 1
    return fetch(...request)
  },
  onEvent: (event) => process.stderr.write(`${JSON.stringify(event)}\n`),
})
await verifier.ready()

const server = createServer(async (request, response) => {
  const [startedAt, callsBefore] = [performance.now(), calls]
  const headers = Object.entries(request.headersDistinct).flatMap(([name, values]) =>
    values.map((value) => [name, value]),
  )
  const asked = new Request(address + request.url, { headers })
  // While the feed is cut, Signet is asked about each token; else it is asked nothing.
  const token = await verifyRequest(verifier, asked, { freshness: 'introspect' })
  response.setHeader('verified-in-ms', (performance.now() - startedAt).toFixed(2))
  response.setHeader('calls-to-signet', calls - callsBefore)
  if (token instanceof Response) {
    response.writeHead(token.status, Object.fromEntries(token.headers)).end(await token.text())
  } else {
    response.setHeader('content-type', 'application/json')
    response.end(JSON.stringify({ entries: [], for: token.sub }))
  }
})
let address = ''
server.listen(0, '127.0.0.1', () => {
  address = `http://127.0.0.1:${server.address().port}`
  process.stdout.write(`${JSON.stringify({ api: address })}\n`)
})
// Whoever started it is gone.
process.once('disconnect', () => process.exit())

/** A Fastify API behind Signet: two lines protect a route. */

import { createVerifier } from '@signet/verifier'
import { protect, tokenOf } from '@signet/verifier/fastify'
import fastify from 'fastify'

const { SIGNET_ISSUER, SIGNET_AUDIENCE, SIGNET_CLIENT_ID, SIGNET_CLIENT_SECRET, PORT } = process.env

const verifier = createVerifier({
  issuer: SIGNET_ISSUER,
  audience: SIGNET_AUDIENCE,
  client: { id: SIGNET_CLIENT_ID, secret: SIGNET_CLIENT_SECRET },
  name: 'fastify-example',
  permissions: { clerk: ['invoices.approve'] },
  onEvent: (event) => console.error(JSON.stringify(event)),
})

const app = fastify()

const mayRead = protect(verifier, { scope: 'invoices.read' })
app.get('/invoices', { onRequest: mayRead }, async (request) => {
  return { invoices: [], for: tokenOf(request).sub }
})

// Nobody may approve while it is not known who was signed out: the issuer is asked then.
const mayApprove = protect(verifier, { permission: 'invoices.approve', freshness: 'introspect' })
app.post('/invoices/approve', { onRequest: mayApprove }, async (request) => {
  return { approved: true, by: tokenOf(request).sub }
})

console.log(await app.listen({ host: '127.0.0.1', port: Number(PORT ?? 8081) }))

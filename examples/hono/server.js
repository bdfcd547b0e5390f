/** A Hono API behind Signet: two lines protect a route. */

import { serve } from '@hono/node-server'
import { createVerifier } from '@signet/verifier'
import { protect, tokenOf } from '@signet/verifier/hono'
import { Hono } from 'hono'

const { SIGNET_ISSUER, SIGNET_AUDIENCE, SIGNET_CLIENT_ID, SIGNET_CLIENT_SECRET, PORT } = process.env

const verifier = createVerifier({
  issuer: SIGNET_ISSUER,
  audience: SIGNET_AUDIENCE,
  client: { id: SIGNET_CLIENT_ID, secret: SIGNET_CLIENT_SECRET },
  name: 'hono-example',
  permissions: { clerk: ['invoices.approve'] },
  onEvent: (event) => console.error(JSON.stringify(event)),
})

const app = new Hono()

app.get('/invoices', protect(verifier, { scope: 'invoices.read' }), (context) => {
  return context.json({ invoices: [], for: tokenOf(context).sub })
})

// Nobody may approve while it is not known who was signed out: the issuer is asked then.
const mayApprove = { permission: 'invoices.approve', freshness: 'introspect' }
app.post('/invoices/approve', protect(verifier, mayApprove), (context) => {
  return context.json({ approved: true, by: tokenOf(context).sub })
})

serve({ fetch: app.fetch, hostname: '127.0.0.1', port: Number(PORT ?? 8081) }, ({ port }) => {
  console.log(`http://127.0.0.1:${port}`)
})

/** An Express API behind Signet: two lines protect a route. */

import { createVerifier } from '@signet/verifier'
import { protect, tokenOf } from '@signet/verifier/express'
import express from 'express'

const { SIGNET_ISSUER, SIGNET_AUDIENCE, SIGNET_CLIENT_ID, SIGNET_CLIENT_SECRET, PORT } = process.env

const verifier = createVerifier({
  issuer: SIGNET_ISSUER,
  audience: SIGNET_AUDIENCE,
  client: { id: SIGNET_CLIENT_ID, secret: SIGNET_CLIENT_SECRET },
  name: 'express-example',
  permissions: { clerk: ['invoices.approve'] },
  onEvent: (event) => console.error(JSON.stringify(event)),
})

const app = express()

app.get('/invoices', protect(verifier, { scope: 'invoices.read' }), (request, response) => {
  response.json({ invoices: [], for: tokenOf(request).sub })
})

// Nobody may approve while it is not known who was signed out: the issuer is asked then.
const mayApprove = { permission: 'invoices.approve', freshness: 'introspect' }
app.post('/invoices/approve', protect(verifier, mayApprove), (request, response) => {
  response.json({ approved: true, by: tokenOf(request).sub })
})

const server = app.listen(Number(PORT ?? 8081), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}`)
})

/** A gRPC service behind Signet, on grpc-js: one interceptor protects all of its methods. */

import { Server, ServerCredentials } from '@grpc/grpc-js'
import { createVerifier } from '@signet/verifier'
import { protect, tokenOf } from '@signet/verifier/grpc'
import { invoices } from './invoices.js'

const { SIGNET_ISSUER, SIGNET_AUDIENCE, SIGNET_CLIENT_ID, SIGNET_CLIENT_SECRET, PORT } = process.env

const verifier = createVerifier({
  issuer: SIGNET_ISSUER,
  audience: SIGNET_AUDIENCE,
  client: { id: SIGNET_CLIENT_ID, secret: SIGNET_CLIENT_SECRET },
  name: 'grpc-example',
  onEvent: (event) => console.error(JSON.stringify(event)),
})

const server = new Server({ interceptors: [protect(verifier, { scope: 'invoices.read' })] })
server.addService(invoices, {
  list: (call, done) => done(null, { invoices: [], for: tokenOf(call).sub }),
})
server.bindAsync(`127.0.0.1:${PORT ?? 8081}`, ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error
  console.log(`127.0.0.1:${port}`)
})

/** One verifier for all routes. Next loads a module once in a process. */

import { createVerifier } from '@signet/verifier'

const { SIGNET_ISSUER, SIGNET_AUDIENCE, SIGNET_CLIENT_ID, SIGNET_CLIENT_SECRET } = process.env

export const verifier = createVerifier({
  issuer: SIGNET_ISSUER,
  audience: SIGNET_AUDIENCE,
  client: { id: SIGNET_CLIENT_ID, secret: SIGNET_CLIENT_SECRET },
  name: 'next-example',
  permissions: { clerk: ['invoices.approve'] },
  onEvent: (event) => console.error(JSON.stringify(event)),
})

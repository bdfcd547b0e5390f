/** GET /invoices, as a route handler of Next.js. */

import { protect } from '@signet/verifier/next'
import { verifier } from '../../verifier.js'

// The feed is a connection that stays: this route belongs to the Node runtime, not to the edge.
export const runtime = 'nodejs'

export const GET = protect(verifier, { scope: 'invoices.read' }, (_request, token) => {
  return Response.json({ invoices: [], for: token.sub })
})

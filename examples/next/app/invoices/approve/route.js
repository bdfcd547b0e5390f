/** POST /invoices/approve, as a route handler of Next.js. */

import { protect } from '@signet/verifier/next'
import { verifier } from '../../../verifier.js'

export const runtime = 'nodejs'

// Nobody may approve while it is not known who was signed out: the issuer is asked then.
const mayApprove = { permission: 'invoices.approve', freshness: 'introspect' }

export const POST = protect(verifier, mayApprove, (_request, token) => {
  return Response.json({ approved: true, by: token.sub })
})

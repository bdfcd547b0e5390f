/** Answers a refusal with its problem document, where nothing has been answered yet. */

import type { App } from '../call/app.ts'
import { refusalHeaders, refusalOf } from '../call/refusal.ts'
import type { SignetError } from '../errors.ts'
import type { ClientAddress } from './client-address.ts'
import type { HttpRequest } from './http.ts'
import { type Problems, problemMediaType } from './problem.ts'
import type { Exchange } from './request-origin.ts'
import { referenceHeader } from './response-headers.ts'

export interface RefuseOptions {
  app: App
  problems: Problems
  clientAddress(req: HttpRequest): ClientAddress
  headers(secure: boolean): Readonly<Record<string, string>>
}

/** `status` is given where HTTP has a more exact one than the reason. Answers what was refused. */
export function refuse(
  options: RefuseOptions,
  error: unknown,
  { req, res, reference, status }: Exchange & { status?: number | undefined },
): SignetError {
  const log = () => options.app.deps.log.child({ reference })
  const refusal = refusalOf(error, log, 'unknown method')
  if (res.headersSent) {
    res.destroy()
    return refusal
  }
  const problem = options.problems(refusal, reference, status)
  const headers = {
    ...options.headers(options.clientAddress(req).secure),
    ...refusalHeaders(refusal, req.headers.authorization),
    ...(req.httpVersionMajor === 1 && !req.complete && { connection: 'close' }),
    [referenceHeader]: reference,
    'content-type': problemMediaType,
  }
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  res.statusCode = problem.status
  res.end(JSON.stringify(problem))
  return refusal
}

/** Answers a refusal with its problem document: the same status, headers and body, whoever writes them. */

import type { App } from '../call/app.ts'
import { refusalHeaders, refusalOf } from '../call/refusal.ts'
import { problemMediaType, type SignetError } from '../errors.ts'
import type { ClientAddress } from './client-address.ts'
import type { HttpRequest } from './http.ts'
import type { Problems } from './problem.ts'
import type { Exchange } from './request-origin.ts'
import { referenceHeader } from './response-headers.ts'

export interface RefuseOptions {
  app: App
  problems: Problems
  clientAddress(req: HttpRequest): ClientAddress
  headers(secure: boolean): Readonly<Record<string, string>>
}

/** What is refused, and under which reference. */
interface Refused {
  refusal: SignetError
  reference: string
  /** Where HTTP has a more exact one than the reason. */
  status?: number | undefined
}

/** The answer to a request that is refused. */
export function refusalAnswer(
  options: Pick<RefuseOptions, 'problems' | 'clientAddress' | 'headers'>,
  req: HttpRequest,
  { refusal, reference, status }: Refused,
): { status: number; headers: Record<string, string>; body: string } {
  const problem = options.problems(refusal, reference, status)
  const headers = {
    ...options.headers(options.clientAddress(req).secure),
    ...refusalHeaders(refusal, req.headers.authorization),
    [referenceHeader]: reference,
    'content-type': problemMediaType,
  }
  return { status: problem.status, headers, body: JSON.stringify(problem) }
}

/** Answers whatever was thrown, where nothing has been answered yet, with this status where one is given. Answers what was refused. */
export function refuse(
  options: RefuseOptions,
  error: unknown,
  { req, res, reference, status }: Exchange & Pick<Refused, 'status'>,
): SignetError {
  const log = () => options.app.deps.log.child({ reference })
  const refusal = refusalOf(error, log, 'unknown method')
  if (res.headersSent) {
    res.destroy()
    return refusal
  }
  const answer = refusalAnswer(options, req, { refusal, reference, status })
  for (const [name, value] of Object.entries(answer.headers)) res.setHeader(name, value)
  if (req.httpVersionMajor === 1 && !req.complete) res.setHeader('connection', 'close')
  res.statusCode = answer.status
  res.end(answer.body)
  return refusal
}

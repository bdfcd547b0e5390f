/**
 * The answer at a path to an HTTP method that it has not.
 *
 * Errors: METHOD_NOT_ALLOWED, with the Allow header set.
 * Specs: RFC 9110 §9.3.7 (OPTIONS), §15.5.6 (405 with Allow).
 */

import { ErrorReason } from '@signet/contract'
import { SignetError } from '../errors.ts'
import type { RefuseOptions } from './refuse.ts'
import type { Exchange } from './request-origin.ts'
import { referenceHeader } from './response-headers.ts'

/** Tells which methods there are: to OPTIONS as an answer, to any other one as a refusal. */
export function tellVerbs(
  options: Pick<RefuseOptions, 'clientAddress' | 'headers'> & { nextReference(): string },
  verbs: readonly string[],
  { req, res }: Pick<Exchange, 'req' | 'res'>,
): void {
  res.setHeader('allow', verbs.join(', '))
  if (req.method !== 'OPTIONS') throw new SignetError(ErrorReason.METHOD_NOT_ALLOWED)
  const headers = options.headers(options.clientAddress(req).secure)
  for (const [name, value] of Object.entries(headers)) res.setHeader(name, value)
  res.setHeader(referenceHeader, options.nextReference())
  res.statusCode = 204
  res.end()
}

/**
 * Reads the body of a request to an OAuth endpoint: application/x-www-form-urlencoded in UTF-8.
 *
 * A parameter that comes twice is refused, an empty one counts as missing, an unknown one is the endpoint's to ignore.
 *
 * Errors: INVALID_ARGUMENT, UNSUPPORTED_MEDIA_TYPE.
 * Specs: RFC 6749 §3.1, §3.2 and appendix B.
 */

import { isUtf8 } from 'node:buffer'
import { ErrorReason } from '@signet/contract'
import type { FastifyInstance } from 'fastify'
import { SignetError } from '../errors.ts'

export type Form = ReadonlyMap<string, string>

const mediaType = 'application/x-www-form-urlencoded'
const formType = /^application\/x-www-form-urlencoded\s*(;\s*charset\s*=\s*"?utf-?8"?\s*)?$/i
/** More than the longest token and everything beside it. */
export const formBytesMax = 64 * 1024

/** Makes forms the only bodies that routes of this instance read. They stay bytes here. */
export function readFormBodies(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers()
  fastify.addContentTypeParser(
    mediaType,
    { parseAs: 'buffer', bodyLimit: formBytesMax },
    (_request, body, done) => done(null, body),
  )
}

/** The parameters of a body; undefined stands for none at all. */
export function parseForm(body: Buffer | undefined, contentType: string | undefined): Form {
  const typed = contentType === undefined ? !body?.length : formType.test(contentType)
  if (!typed) throw new SignetError(ErrorReason.UNSUPPORTED_MEDIA_TYPE)
  const form = new Map<string, string>()
  if (body === undefined) return form
  if (!isUtf8(body)) throw malformed('The body is not valid UTF-8.')
  for (const [name, value] of new URLSearchParams(body.toString('utf8'))) {
    if (form.has(name)) throw malformed('A parameter is given twice.')
    form.set(name, value)
  }
  for (const [name, value] of form) if (value === '') form.delete(name)
  return form
}

/** A parameter without which there is nothing to do. */
export function requireParameter(form: Form, name: string): string {
  const value = form.get(name)
  if (value === undefined) throw malformed(`The parameter ${name} is missing.`)
  return value
}

/** The refusal of a request that is not well formed: `invalid_request`. */
export function malformed(message: string): SignetError {
  const violations = [{ field: '', rule: 'malformed', message }]
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}

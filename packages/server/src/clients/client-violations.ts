/**
 * What is wrong with the record of a client: everything at once.
 *
 * Specs: RFC 6749 §2.1 (types) and §3.3 (scopes), RFC 6454 §4 (origins).
 */

import type { Violation } from '../errors.ts'
import { authorizationViolations } from './authorization-violations.ts'
import { isClientId } from './client-id.ts'
import type { NewClient } from './register-client.ts'
import { serviceViolations } from './service-violations.ts'

const namespaceForm = /^[a-z0-9](?:[a-z0-9.-]{0,61}[a-z0-9])?$/u
// RFC 6749 §3.3: printable ASCII but space, quotation mark and backslash.
const scopeForm = /^[\x21\x23-\x5b\x5d-\x7e]{1,100}$/u
const nameLengthMax = 100

/** One violation for each thing that is wrong. */
export function clientViolations(client: NewClient): Violation[] {
  const found: Violation[] = []
  const expect = (holds: boolean, ...broken: Parameters<typeof violation>) => {
    if (!holds) found.push(violation(...broken))
  }
  const { id, name, subjectNamespace, scopes, allowedOrigins, type } = client
  const idSentence = 'An id has 1 to 63 lower-case letters, digits and hyphens between them.'
  expect(isClientId(id), 'id', 'id', idSentence)
  const isName = name.trim() !== '' && name.length <= nameLengthMax && !/[\p{C}]/u.test(name)
  expect(isName, 'name', 'name', `A name has 1 to ${nameLengthMax} characters that can be seen.`)
  const isNamespace = subjectNamespace === undefined || namespaceForm.test(subjectNamespace)
  const namespaceSentence =
    'A namespace has 1 to 63 lower-case letters, digits, dots and hyphens between them.'
  expect(isNamespace, 'subjectNamespace', 'subject_namespace', namespaceSentence)
  for (const scope of scopes) {
    const sentence = `${JSON.stringify(scope)} is no scope: printable ASCII without spaces, quotation marks or backslashes.`
    expect(scopeForm.test(scope), 'scopes', 'scope', sentence)
  }
  for (const origin of allowedOrigins) {
    const sentence = `${JSON.stringify(origin)} is no exact origin, such as https://app.example.com.`
    expect(isOrigin(origin), 'allowedOrigins', 'origin', sentence)
  }
  const mayTakePasswords = !client.directSignIn || (client.firstParty && type !== 'service')
  const directSentence = 'Only a first-party client that people use may take passwords itself.'
  expect(mayTakePasswords, 'directSignIn', 'direct_sign_in', directSentence)
  const namespaceNeeds = subjectNamespace === undefined || type === 'service'
  const mintSentence = 'Only a service speaks for subjects of its own.'
  expect(namespaceNeeds, 'subjectNamespace', 'namespace_of_service', mintSentence)
  return [...found, ...serviceViolations(client), ...authorizationViolations(client)]
}

function isOrigin(text: string): boolean {
  const url = URL.parse(text)
  return url !== null && /^https?:$/u.test(url.protocol) && url.origin === text
}

export function violation(field: string, rule: string, message: string): Violation {
  return { field, rule: `client.${rule}`, message }
}

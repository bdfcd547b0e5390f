/** What is wrong with the part of a client's record that makes it a caller: permissions, resources, and what it mints. */

import type { Violation } from '../errors.ts'
import { isReservedClaim } from './claim-names.ts'
import { mintPermission, permissionNames } from './permissions.ts'
import type { NewClient } from './register-client.ts'

const audienceLengthMax = 200
const claimForm = /^[a-zA-Z][a-zA-Z0-9_:./-]{0,99}$/u
// RFC 8707 §2 asks for an absolute URI without a fragment; a plain name is common, too, and does no harm.
const audienceForm = /^[\x21\x23-\x5b\x5d-\x7e]+$/u

/** One violation for each thing that is wrong. */
export function serviceViolations(client: NewClient): Violation[] {
  return [
    ...permissionViolations(client),
    ...audienceViolations('resources', client.resources),
    ...audienceViolations('audiences', client.audiences),
    ...claimViolations(client),
    ...lifetimeViolations(client),
  ]
}

function permissionViolations({ type, permissions, subjectNamespace }: NewClient): Violation[] {
  const known = permissionNames()
  const found = permissions.flatMap((permission) => {
    if (known.includes(permission)) return []
    if (permission === '*') {
      const message = 'No client may do everything. Name what it needs.'
      return [{ field: 'permissions', rule: 'client.permission_for_everything', message }]
    }
    const message = `There is no permission ${JSON.stringify(permission)}. There are ${known.join(', ')}.`
    return [{ field: 'permissions', rule: 'client.permission', message }]
  })
  if (type === 'public' && permissions.length > 0) {
    const message = 'A public client has no secret to prove who it is, so it has no permissions.'
    found.push({ field: 'permissions', rule: 'client.permission_of_public', message })
  }
  if (permissions.includes(mintPermission) && subjectNamespace === undefined) {
    const message = `A client that mints tokens needs a namespace of its own for their subjects.`
    found.push({ field: 'subjectNamespace', rule: 'client.mint_without_namespace', message })
  }
  return found
}

function audienceViolations(field: string, audiences: readonly string[]): Violation[] {
  return audiences
    .filter((each) => each.length > audienceLengthMax || !audienceForm.test(each))
    .map((each) => {
      const message = `${JSON.stringify(each)} is no audience: 1 to ${audienceLengthMax} printable characters without spaces, such as https://ledger.example.com.`
      return { field, rule: 'client.audience', message }
    })
}

function claimViolations({ claims }: NewClient): Violation[] {
  return claims.flatMap((claim) => {
    if (isReservedClaim(claim)) {
      const message = `${JSON.stringify(claim)} has a meaning of its own in tokens. Choose another name.`
      return [{ field: 'claims', rule: 'client.claim_reserved', message }]
    }
    if (claimForm.test(claim)) return []
    const message = `${JSON.stringify(claim)} is no name of a claim: up to 100 letters, digits and _ : . / -, a letter first.`
    return [{ field: 'claims', rule: 'client.claim', message }]
  })
}

function lifetimeViolations({ accessTokenLifetimeSeconds: seconds }: NewClient): Violation[] {
  if (seconds === undefined || (Number.isInteger(seconds) && seconds >= 1 && seconds <= 86_400)) {
    return []
  }
  const message = 'A lifetime is a whole number of seconds from 1 to 86400.'
  return [{ field: 'accessTokenLifetimeSeconds', rule: 'client.lifetime', message }]
}

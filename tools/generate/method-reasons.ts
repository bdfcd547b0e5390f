/**
 * Which refusals a method can answer: those that its access level and shape bring, and those that its comment declares
 * in a last paragraph such as "Errors: INVALID_CREDENTIALS, ACCOUNT_SUSPENDED."
 */

import {
  type DescEnum,
  type DescEnumValue,
  type DescMethod,
  getOption,
  hasOption,
} from '@bufbuild/protobuf'
import { access } from '@signet/contract/options'
import type { Contract } from './contract.ts'

const prefix = 'ERROR_REASON_'
const errorsParagraph = /(?:^|\n\n)Errors: ([^\n]*?)\.?$/

/** The reasons that a comment declares, as it writes them. */
export function declaredReasons(comment: string): string[] {
  return errorsParagraph.exec(comment)?.[1]?.split(/,\s*/) ?? []
}

/** A comment without its "Errors:" paragraph. */
export function withoutReasons(comment: string): string {
  return comment.replace(errorsParagraph, '')
}

/** The closed list of reasons. */
export function reasonsEnum(contract: Contract): DescEnum {
  const reasons = contract.registry.getEnum('signet.v1.ErrorReason')
  if (reasons === undefined) throw new Error('the contract has no signet.v1.ErrorReason')
  return reasons
}

/** The names of all reasons without prefix, such as "INVALID_ARGUMENT", in the order of the contract. */
export function reasonNames(contract: Contract): string[] {
  return reasonValues(contract).map((value) => value.name.slice(prefix.length))
}

/** All reasons but the zero value, which is never sent. */
export function reasonValues(contract: Contract): DescEnumValue[] {
  return reasonsEnum(contract).values.filter((value) => value.number !== 0)
}

/** All reasons that a REST call of `method` can answer, in the order of the contract. */
export function possibleReasons(
  contract: Contract,
  method: DescMethod,
  hasBody: boolean,
): string[] {
  const who = hasOption(method, access) ? getOption(method, access).who : undefined
  const possible = new Set([
    'INVALID_ARGUMENT',
    'TIMEOUT',
    'RATE_LIMITED',
    'UNAVAILABLE',
    'INTERNAL',
    'ORIGIN_NOT_ALLOWED',
    ...(hasBody ? ['UNSUPPORTED_MEDIA_TYPE', 'TOO_LARGE'] : []),
    ...(who?.case === 'public' ? [] : ['UNAUTHENTICATED', 'PERMISSION_DENIED']),
    ...(who?.case === 'recent' ? ['RECENT_AUTHENTICATION_REQUIRED'] : []),
    ...declaredReasons(contract.commentOf(method)),
  ])
  return reasonNames(contract).filter((reason) => possible.has(reason))
}

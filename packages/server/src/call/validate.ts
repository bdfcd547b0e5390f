/**
 * The rules of the contract (protovalidate), the same on every wire.
 *
 * Errors: INVALID_ARGUMENT with one violation for each broken rule.
 */

import type { DescMessage, Message } from '@bufbuild/protobuf'
import type { Path } from '@bufbuild/protobuf/reflect'
import { createValidator, type Violation as RuleViolation } from '@bufbuild/protovalidate'
import { ErrorReason } from '@signet/contract'
import { SignetError, type Violation } from '../errors.ts'
import { type CertainlyValid, compileCertainlyValid } from './certainly-valid.ts'

/** Throws INVALID_ARGUMENT where the message breaks a rule of its type. */
export type Validate = (desc: DescMessage, message: Message) => void

/** One validator, which compiles the rules of a type at its first message. */
export function createValidate(): Validate {
  const validator = createValidator()
  const compiled = new Map<DescMessage, CertainlyValid>()
  return (desc, message) => {
    const isCertainlyValid = compiled.get(desc) ?? compileCertainlyValid(desc)
    if (!compiled.has(desc)) compiled.set(desc, isCertainlyValid)
    if (isCertainlyValid(message)) return
    const result = validator.validate(desc, message)
    if (result.kind === 'valid') return
    // A rule that cannot be compiled or evaluated is a fault of the contract, not of the caller.
    if (result.kind === 'error') throw result.error
    throw new SignetError(ErrorReason.INVALID_ARGUMENT, {
      violations: result.violations.map(violation),
    })
  }
}

function violation({ field, ruleId, message }: RuleViolation): Violation {
  return { field: jsonPath(field), rule: ruleId, message: sentence(ruleId, message) }
}

/** A path in JSON names, such as `device.model` or `identifiers[0].value`. */
function jsonPath(path: Path): string {
  let text = ''
  for (const part of path) {
    if (part.kind === 'list_sub') text += `[${part.index}]`
    else if (part.kind === 'map_sub') text += `[${JSON.stringify(String(part.key))}]`
    else {
      const name = part.kind === 'field' ? part.jsonName : part.kind === 'oneof' ? part.name : ''
      text += text === '' ? name : `.${name}`
    }
  }
  return text
}

/** What the library says of a pattern or of an empty field helps programmers only. */
const plainSentences: Record<string, string> = {
  'string.pattern': 'Is not written in the expected form.',
  'must be at least 1 characters': 'Must not be empty.',
}

/** Rule messages are fragments such as "must be at least 3 characters". */
function sentence(ruleId: string, message: string): string {
  const plain = plainSentences[ruleId] ?? plainSentences[message]
  if (plain !== undefined) return plain
  const text = message === '' ? 'breaks a rule' : message
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${text.endsWith('.') ? '' : '.'}`
}

/**
 * Which messages need no look at their rules one by one, because a look at their lengths proves them valid.
 *
 * Most messages carry strings whose rules are a least and a greatest length, and most values are far from both. The
 * validator finds a path, counts characters and compares big integers for each of them: a seventh of what a sign-in costs
 * on its way to the handler. Here a few comparisons say yes, or nothing at all: then the validator decides, and it alone
 * says what is wrong.
 *
 * A string of n UTF-16 units has between n / 2 and n characters, so that nothing has to be counted.
 */

import { type DescField, type DescMessage, getOption, type Message } from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import { FeatureSet_FieldPresence } from '@bufbuild/protobuf/wkt'
import {
  FieldRulesSchema,
  field as fieldRules,
  MessageRulesSchema,
  message as messageRules,
  type StringRules,
  StringRulesSchema,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'

/** True says that the message keeps every rule of its type; false says nothing. */
export type CertainlyValid = (message: Message) => boolean

/** Compiles the check of a type. One with a rule of another kind is never certain. */
export function compileCertainlyValid(desc: DescMessage): CertainlyValid {
  const checks = checksOf(desc, [])
  if (checks === undefined) return () => false
  return (message) => holdsFor(checks, message)
}

interface FieldCheck {
  localName: string
  holds(value: unknown): boolean
}

/** What is checked of a type; undefined where a rule or a field is of a kind that is not known here. */
function checksOf(desc: DescMessage, above: readonly DescMessage[]): FieldCheck[] | undefined {
  if (above.includes(desc) || desc.oneofs.length > 0) return undefined
  if (setFields(MessageRulesSchema, getOption(desc, messageRules)).length > 0) return undefined
  const checks: FieldCheck[] = []
  for (const field of desc.fields) {
    const check = checkOf(field, [...above, desc])
    if (check === undefined) return undefined
    if (check !== 'none') checks.push(check)
  }
  return checks
}

function checkOf(field: DescField, above: readonly DescMessage[]): FieldCheck | 'none' | undefined {
  const { localName } = field
  if (field.presence === FeatureSet_FieldPresence.LEGACY_REQUIRED) return undefined
  const rules = getOption(field, fieldRules)
  const kinds = setFields(FieldRulesSchema, rules)
  if (field.fieldKind === 'scalar' || field.fieldKind === 'enum') {
    if (kinds.length === 0) return 'none'
    if (kinds.join() !== 'string' || rules.type.case !== 'string') return undefined
    const holds = lengthCheck(rules.type.value)
    return holds && { localName, holds }
  }
  if (field.fieldKind !== 'message' || kinds.length > 0) return undefined
  const inner = checksOf(field.message, above)
  if (inner === undefined || inner.length === 0) return inner && 'none'
  return { localName, holds: (value) => value === undefined || holdsFor(inner, value as Message) }
}

const lengthRules = new Set(['min_len', 'max_len', 'example'])

function lengthCheck(rules: StringRules): FieldCheck['holds'] | undefined {
  const names = setFields(StringRulesSchema, rules)
  if (!names.every((name) => lengthRules.has(name))) return undefined
  const leastUnits = Number(rules.minLen) * 2 - 1
  const mostUnits = names.includes('max_len') ? Number(rules.maxLen) : Number.POSITIVE_INFINITY
  return (value) =>
    value === undefined ||
    (typeof value === 'string' && value.length >= leastUnits && value.length <= mostUnits)
}

function holdsFor(checks: readonly FieldCheck[], message: Message): boolean {
  const values = message as unknown as Record<string, unknown>
  for (const { localName, holds } of checks) if (!holds(values[localName])) return false
  return true
}

/** The names of the fields that an option sets, with one more for what it sets and this version does not know. */
function setFields(schema: DescMessage, option: Message): string[] {
  const reflected = reflect(schema, option)
  const names = schema.fields.filter((field) => reflected.isSet(field)).map(({ name }) => name)
  return option.$unknown === undefined || option.$unknown.length === 0 ? names : [...names, '?']
}

/**
 * The JSON Schema of one field: its type as proto3 JSON writes it, its protovalidate rules as keywords.
 *
 * A rule that no keyword expresses becomes a sentence of the description. A rule that is in neither table ends the
 * run: the document must not be laxer than the wire by oversight.
 *
 * Specs: JSON Schema 2020-12 (validation vocabulary), the JSON encoding of protobuf.
 */

import {
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonObject,
  type JsonValue,
  ScalarType,
} from '@bufbuild/protobuf'
import { rulesOf, toObject } from '../field-rules.ts'

/** How a schema names another one, and whether that one is met for the first time. */
export type Reference = (desc: DescMessage | DescEnum) => JsonObject

interface Rendered {
  keywords: JsonObject
  sentences: string[]
}

type RuleWriter = (value: JsonValue, type: ScalarType | undefined) => Partial<Rendered>

/** The schema of a field without its comment, and what must be said in words. */
export function fieldSchema(field: DescField, reference: Reference): Rendered {
  const rendered: Rendered = { keywords: typeSchema(field, reference), sentences: [] }
  applyRules(rendered, field, rulesOf(field))
  return rendered
}

function typeSchema(field: DescField, reference: Reference): JsonObject {
  if (field.fieldKind === 'list') return { type: 'array', items: valueSchema(field, reference) }
  if (field.fieldKind === 'map')
    return { type: 'object', additionalProperties: valueSchema(field, reference) }
  return valueSchema(field, reference)
}

function valueSchema(field: DescField, reference: Reference): JsonObject {
  if (field.message !== undefined)
    return { ...(wellKnown[field.message.typeName] ?? reference(field.message)) }
  if (field.enum !== undefined) return reference(field.enum)
  return { ...scalars[field.scalar] }
}

const integer32 = { type: 'integer', format: 'int32' }
const unsigned32 = { type: 'integer', format: 'int32', minimum: 0 }
const integer64 = { type: 'string', format: 'int64', pattern: '^-?[0-9]+$' }
const unsigned64 = { type: 'string', format: 'uint64', pattern: '^[0-9]+$' }

const scalars: Record<ScalarType, JsonObject> = {
  [ScalarType.STRING]: { type: 'string' },
  [ScalarType.BYTES]: { type: 'string', contentEncoding: 'base64' },
  [ScalarType.BOOL]: { type: 'boolean' },
  [ScalarType.DOUBLE]: { type: 'number', format: 'double' },
  [ScalarType.FLOAT]: { type: 'number', format: 'float' },
  [ScalarType.INT32]: integer32,
  [ScalarType.SINT32]: integer32,
  [ScalarType.SFIXED32]: integer32,
  [ScalarType.UINT32]: unsigned32,
  [ScalarType.FIXED32]: unsigned32,
  [ScalarType.INT64]: integer64,
  [ScalarType.SINT64]: integer64,
  [ScalarType.SFIXED64]: integer64,
  [ScalarType.UINT64]: unsigned64,
  [ScalarType.FIXED64]: unsigned64,
}

const wellKnown: Record<string, JsonObject> = {
  'google.protobuf.Timestamp': { type: 'string', format: 'date-time' },
  'google.protobuf.Duration': { type: 'string', pattern: '^-?[0-9]+(\\.[0-9]{1,9})?s$' },
  'google.protobuf.FieldMask': { type: 'string' },
  'google.protobuf.Struct': { type: 'object' },
  'google.protobuf.Value': {},
  'google.protobuf.Empty': { type: 'object' },
}

function applyRules(rendered: Rendered, field: DescField, rules: JsonObject): void {
  for (const [kind, value] of Object.entries(rules)) {
    if (kind === 'required' || kind === 'ignore') continue
    if (kind === 'cel') {
      rendered.sentences.push(...sentencesOf(field, value))
      continue
    }
    for (const [rule, argument] of Object.entries(toObject(value))) {
      if (rule === 'example') continue
      if (rule === 'items' || rule === 'values') applyItemRules(rendered, field, toObject(argument))
      else applyRule(rendered, field, { kind, rule, argument })
    }
  }
}

function applyItemRules(rendered: Rendered, field: DescField, rules: JsonObject): void {
  const key = field.fieldKind === 'map' ? 'additionalProperties' : 'items'
  const item: Rendered = { keywords: toObject(rendered.keywords[key]), sentences: [] }
  applyRules(item, field, rules)
  rendered.keywords[key] = item.keywords
  rendered.sentences.push(...item.sentences.map((sentence) => `Each: ${sentence}`))
}

interface Rule {
  kind: string
  rule: string
  argument: JsonValue
}

function applyRule(rendered: Rendered, field: DescField, { kind, rule, argument }: Rule): void {
  const table = kind in writers ? writers[kind] : numberWriters
  const write = table?.[rule]
  if (write === undefined) {
    throw new Error(
      `${field.parent.typeName}.${field.name}: OpenAPI has no way to say ${kind}.${rule}; add one to field-schema.ts`,
    )
  }
  const { keywords, sentences } = write(argument, field.scalar)
  Object.assign(rendered.keywords, keywords)
  rendered.sentences.push(...(sentences ?? []))
}

function sentencesOf(field: DescField, cel: JsonValue): string[] {
  return [cel].flat().map((rule) => {
    const { message } = toObject(rule)
    if (typeof message === 'string' && message !== '') return message
    throw new Error(`${field.parent.typeName}.${field.name}: a CEL rule needs a message`)
  })
}

const keyword =
  (name: string): RuleWriter =>
  (value) => ({ keywords: { [name]: numeric(value) } })
const fixed =
  (keywords: JsonObject): RuleWriter =>
  () => ({ keywords })
const sentence =
  (write: (value: string) => string): RuleWriter =>
  (value) => ({ sentences: [write(String(value))] })

/** A bound on a number; JSON writes 64-bit integers as strings, which only words can bound. */
const bound =
  (name: string, words: string): RuleWriter =>
  (value, type) =>
    type !== undefined && scalars[type].type === 'string'
      ? { sentences: [`${words} ${String(value)}.`] }
      : { keywords: { [name]: numeric(value) } }

const stringWriters: Record<string, RuleWriter> = {
  const: (value) => ({ keywords: { const: value } }),
  in: (value) => ({ keywords: { enum: value } }),
  notIn: (value) => ({ keywords: { not: { enum: value } } }),
  len: (value) => ({ keywords: { minLength: numeric(value), maxLength: numeric(value) } }),
  minLen: keyword('minLength'),
  maxLen: keyword('maxLength'),
  maxBytes: sentence((bytes) => `At most ${bytes} bytes of UTF-8.`),
  minBytes: sentence((bytes) => `At least ${bytes} bytes of UTF-8.`),
  pattern: (value) => ({ keywords: { pattern: value } }),
  prefix: sentence((text) => `Begins with "${text}".`),
  suffix: sentence((text) => `Ends with "${text}".`),
  contains: sentence((text) => `Contains "${text}".`),
  notContains: sentence((text) => `Does not contain "${text}".`),
  email: fixed({ format: 'email' }),
  hostname: fixed({ format: 'hostname' }),
  ip: sentence(() => 'An IPv4 or IPv6 address.'),
  ipv4: fixed({ format: 'ipv4' }),
  ipv6: fixed({ format: 'ipv6' }),
  uri: fixed({ format: 'uri' }),
  uriRef: fixed({ format: 'uri-reference' }),
  uuid: fixed({ format: 'uuid' }),
}

const numberWriters: Record<string, RuleWriter> = {
  const: (value) => ({ keywords: { const: value } }),
  in: (value) => ({ keywords: { enum: value } }),
  lt: bound('exclusiveMaximum', 'Less than'),
  lte: bound('maximum', 'At most'),
  gt: bound('exclusiveMinimum', 'More than'),
  gte: bound('minimum', 'At least'),
}

const writers: Record<string, Record<string, RuleWriter>> = {
  string: stringWriters,
  bool: { const: (value) => ({ keywords: { const: value } }) },
  bytes: {
    minLen: sentence((bytes) => `At least ${bytes} bytes.`),
    maxLen: sentence((bytes) => `At most ${bytes} bytes.`),
    len: sentence((bytes) => `Exactly ${bytes} bytes.`),
  },
  enum: { definedOnly: fixed({}) },
  repeated: {
    minItems: keyword('minItems'),
    maxItems: keyword('maxItems'),
    unique: (value) => ({ keywords: { uniqueItems: value } }),
  },
  map: { minPairs: keyword('minProperties'), maxPairs: keyword('maxProperties') },
  timestamp: {},
  duration: {},
  any: {},
  fieldMask: {},
}

/** Counts are 64-bit in protovalidate, hence strings in its JSON. */
function numeric(value: JsonValue): JsonValue {
  return typeof value === 'string' ? Number(value) : value
}

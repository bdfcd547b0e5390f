/**
 * A REST request into the input message of its method: body, then query, then path.
 *
 * Errors: NOT_FOUND for a path with an empty segment; INVALID_ARGUMENT for a query parameter that is unknown, repeated,
 * badly encoded or of the wrong type.
 */

import {
  create,
  type DescField,
  type JsonObject,
  type JsonValue,
  type Message,
  mergeFromJson,
  ScalarType,
} from '@bufbuild/protobuf'
import { reflect } from '@bufbuild/protobuf/reflect'
import { ErrorReason } from '@signet/contract'
import { decodeJson, jsonViolation, undecodable } from '../../call/decode.ts'
import { SignetError } from '../../errors.ts'
import { type Binding, findFields } from './http-rule.ts'

/** The parts of a request that carry input. */
export interface RestParts {
  /** Undefined where there is none. */
  body: Uint8Array | undefined
  /** What follows the question mark; undefined where there is none. */
  query: string | undefined
  pathParameters: Record<string, string>
}

/** Makes the input message of a request to this binding. */
export function decodeRest(binding: Binding, parts: RestParts): Message {
  const desc = binding.method.desc.input
  const message = decodeBody(binding, parts.body)
  const json: JsonObject = {}
  if (parts.query !== undefined) putQuery(binding, json, parts.query)
  for (const { parameter, path } of binding.pathFields) {
    const value = parts.pathParameters[parameter] ?? ''
    if (value === '') throw new SignetError(ErrorReason.NOT_FOUND)
    put(json, { path, value })
  }
  if (Object.keys(json).length === 0) return message
  try {
    return mergeFromJson(desc, message, json, { ignoreUnknownFields: false })
  } catch (error) {
    throw undecodable(jsonViolation(desc, error))
  }
}

function decodeBody(binding: Binding, body: Uint8Array | undefined): Message {
  const desc = binding.method.desc.input
  if (binding.body.kind === 'none' || body === undefined) return create(desc)
  if (binding.body.kind === 'message') return decodeJson(desc, body)
  const { field } = binding.body
  if (field.fieldKind !== 'message') return create(desc)
  const message = create(desc)
  reflect(desc, message).set(field, reflect(field.message, decodeJson(field.message, body)))
  return message
}

function putQuery(binding: Binding, json: JsonObject, query: string): void {
  const desc = binding.method.desc.input
  const values = new Map<string, { path: DescField[]; values: string[] }>()
  for (const [name, value] of parseQuery(query)) {
    const path = binding.body.kind === 'message' ? undefined : findFields(desc, name)
    if (path === undefined || inBodyOrPath(binding, path) || !isQueryField(path.at(-1)))
      throw undecodable({
        field: name.slice(0, 100),
        rule: 'unknown_field',
        message: 'There is no such field.',
      })
    const key = path.map((field) => field.jsonName).join('.')
    const entry = values.get(key)
    if (entry === undefined) values.set(key, { path, values: [value] })
    else if (path.at(-1)?.fieldKind === 'list') entry.values.push(value)
    else throw undecodable({ field: key, rule: 'duplicate_field', message: 'Must be given once.' })
  }
  for (const { path, values: given } of values.values())
    put(json, { path, value: path.at(-1)?.fieldKind === 'list' ? given : (given[0] ?? '') })
}

function inBodyOrPath(binding: Binding, path: DescField[]): boolean {
  if (binding.body.kind === 'field' && binding.body.field === path[0]) return true
  return binding.pathFields.some((bound) => bound.path.every((field, i) => field === path[i]))
}

/** A query parameter is a scalar, an enum, a list of those, or a message that JSON writes as a string. */
function isQueryField(field: DescField | undefined): boolean {
  if (field === undefined) return false
  if (field.fieldKind === 'scalar' || field.fieldKind === 'enum') return true
  if (field.fieldKind === 'list') return field.listKind !== 'message'
  return field.fieldKind === 'message' && stringMessages.has(field.message.typeName)
}

const stringMessages = new Set([
  'google.protobuf.Timestamp',
  'google.protobuf.Duration',
  'google.protobuf.FieldMask',
])

function* parseQuery(query: string): Generator<[name: string, value: string]> {
  for (const pair of query.split('&')) {
    if (pair === '') continue
    const equals = pair.indexOf('=')
    yield equals === -1
      ? [decodePart(pair), '']
      : [decodePart(pair.slice(0, equals)), decodePart(pair.slice(equals + 1))]
  }
}

function decodePart(part: string): string {
  try {
    return decodeURIComponent(part.replaceAll('+', ' '))
  } catch {
    throw undecodable({
      field: '',
      rule: 'malformed',
      message: 'The query is not valid percent-encoded UTF-8.',
    })
  }
}

/** Puts text at a path of a JSON object, as the JSON that the field's type is read from. */
function put(json: JsonObject, given: { path: DescField[]; value: string | string[] }): void {
  const field = given.path.at(-1)
  if (field === undefined) return
  let target = json
  for (const step of given.path.slice(0, -1)) {
    target[step.jsonName] ??= {}
    target = target[step.jsonName] as JsonObject
  }
  target[field.jsonName] = Array.isArray(given.value)
    ? given.value.map((value) => jsonOf(field, value))
    : jsonOf(field, given.value)
}

/** Numbers, enums, bytes and times are read from JSON strings; only a boolean is not. */
function jsonOf(field: DescField, text: string): JsonValue {
  const scalar =
    field.fieldKind === 'scalar' || field.fieldKind === 'list' ? field.scalar : undefined
  if (scalar !== ScalarType.BOOL) return text
  return text === 'true' ? true : text === 'false' ? false : text
}

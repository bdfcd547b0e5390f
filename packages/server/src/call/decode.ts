/**
 * Bytes into a message, the same on every wire: JSON refuses what it does not know, binary protobuf ignores it, so
 * that two versions of the service run side by side.
 *
 * Errors: INVALID_ARGUMENT whose one violation names the field, as far as the bytes let it be known. Values are never
 * repeated: the field may be a password.
 * Specs: RFC 8259, RFC 3629 (UTF-8), the JSON and binary encodings of protobuf.
 */

import { isUtf8 } from 'node:buffer'
import {
  type DescMessage,
  fromBinary,
  fromJson,
  fromJsonString,
  type JsonValue,
  type Message,
} from '@bufbuild/protobuf'
import { isFieldError } from '@bufbuild/protobuf/reflect'
import { ErrorReason } from '@signet/contract'
import { SignetError, type Violation } from '../errors.ts'

const jsonOptions = { ignoreUnknownFields: false }
const shownKeyLength = 100
const wrongType = 'Is not a value of the right type.'

/** A message from proto3 JSON. Unknown and repeated keys, invalid UTF-8 and wrong types are refused. */
export function decodeJson(desc: DescMessage, bytes: Uint8Array): Message {
  if (!isUtf8(bytes))
    throw undecodable({ field: '', rule: 'malformed', message: 'The body is not valid UTF-8.' })
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('utf8')
  try {
    return readWithoutRepeats(desc, text) ?? fromJsonString(desc, text, jsonOptions)
  } catch (error) {
    throw undecodable(jsonViolation(desc, error))
  }
}

/**
 * The message of a text that repeats no key, as far as that is cheap to tell: the library searches for repeated ones character by
 * character. Every key has a colon of its own; so where a text has no more of them than its value has keys, none came twice.
 * Undefined for any other text, right or wrong.
 */
function readWithoutRepeats(desc: DescMessage, text: string): Message | undefined {
  try {
    const value: JsonValue = JSON.parse(text)
    return hasMoreColons(text, keysIn(value)) ? undefined : fromJson(desc, value, jsonOptions)
  } catch {
    return undefined
  }
}

/** Looks no further than the first one too many: a text may consist of colons. */
function hasMoreColons(text: string, most: number): boolean {
  let count = 0
  for (let at = text.indexOf(':'); at !== -1; at = text.indexOf(':', at + 1)) {
    count += 1
    if (count > most) return true
  }
  return false
}

function keysIn(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0
  let count = 0
  if (Array.isArray(value)) {
    for (const each of value) count += keysIn(each)
    return count
  }
  for (const key in value) count += 1 + keysIn(value[key] ?? null)
  return count
}

/** A message from binary protobuf. Unknown fields are ignored. */
export function decodeBinary(desc: DescMessage, bytes: Uint8Array): Message {
  try {
    return fromBinary(desc, bytes)
  } catch {
    throw undecodable({
      field: '',
      rule: 'malformed',
      message: `The body is not a ${desc.name} in binary protobuf.`,
    })
  }
}

/** The refusal of bytes that are not a message. */
export function undecodable(violation: Violation): SignetError {
  return new SignetError(ErrorReason.INVALID_ARGUMENT, { violations: [violation] })
}

/** What is wrong with a JSON value, from the error of the library that read it. */
export function jsonViolation(desc: DescMessage, error: unknown): Violation {
  const cause = error instanceof Error ? error.cause : undefined
  if (isFieldError(cause)) {
    const field = cause.field()
    const name = field.kind === 'field' ? field.jsonName : field.name
    return {
      field: join(pathTo(desc, field.parent), name),
      rule: 'wrong_type',
      message: wrongType,
    }
  }
  const text = error instanceof Error ? error.message : ''
  const key = /key "(.*)" is unknown$/s.exec(text)?.[1]
  if (key !== undefined) {
    const owner = /^cannot decode message ([\w.]+) /.exec(text)?.[1]
    return {
      field: join(pathTo(desc, { typeName: owner ?? '' }), key.slice(0, shownKeyLength)),
      rule: 'unknown_field',
      message: 'There is no such field.',
    }
  }
  const repeated = /duplicate object key "(.*)"$/s.exec(text)?.[1]
  if (repeated !== undefined)
    return {
      field: repeated.slice(0, shownKeyLength),
      rule: 'duplicate_field',
      message: 'Must be given once.',
    }
  const type = /^cannot decode (?:message|enum) ([\w.]+) from JSON: /.exec(text)?.[1] ?? ''
  const path = pathTo(desc, { typeName: type })
  if (path !== '') return { field: path, rule: 'wrong_type', message: wrongType }
  return { field: '', rule: 'malformed', message: 'The body is not a JSON object.' }
}

function join(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`
}

/** The path from a message to the nearest field of this type; empty for the message itself and where there is none. */
function pathTo(from: DescMessage, wanted: { typeName: string }): string {
  const seen = new Set<string>([from.typeName])
  if (from.typeName === wanted.typeName) return ''
  let level: { desc: DescMessage; path: string }[] = [{ desc: from, path: '' }]
  while (level.length > 0) {
    const next: typeof level = []
    for (const { desc, path } of level)
      for (const field of desc.fields) {
        const type = field.message ?? field.enum
        const inner = join(path, field.jsonName)
        if (type?.typeName === wanted.typeName) return inner
        if (field.message === undefined || seen.has(field.message.typeName)) continue
        seen.add(field.message.typeName)
        next.push({ desc: field.message, path: inner })
      }
    level = next
  }
  return ''
}

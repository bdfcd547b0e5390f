/**
 * The HTTP rules of the contract made ready for routing: names as fields.
 *
 * A rule that does not fit its message stops the server at start.
 */

import type { DescField, DescMessage } from '@bufbuild/protobuf'
import { restBindings } from '@signet/contract/options'
import type { Method } from '../../call/method.ts'

/** One HTTP method and path of one method of the contract. */
export interface Binding<M extends Method = Method> {
  method: M
  verb: string
  /** The path as the rule writes it, such as `/users/{user_id}`. */
  path: string
  /** Fields that the path carries. */
  pathFields: PathField[]
  /** The whole message, one of its fields, or nothing comes in the body. */
  body: { kind: 'message' } | { kind: 'field'; field: DescField } | { kind: 'none' }
}

export interface PathField {
  /** Its name in the path. */
  parameter: string
  /** The fields that lead to it, from the input message. */
  path: DescField[]
}

/** All bindings of a method, the main one first. A method without a rule has none. */
export function bindingsOf(method: Method): Binding[] {
  return restBindings(method.desc).map((binding) => {
    const pathFields = binding.pathFields.map((name) => ({
      parameter: name,
      path: fieldsAt(method, name),
    }))
    const { verb, path } = binding
    if (method.kind === 'stream' && verb !== 'GET')
      throw new Error(`${method.name}: event streams are read with GET, not ${verb}`)
    return { method, verb, path, pathFields, body: bodyOf(method, binding.body) }
  })
}

function bodyOf(method: Method, body: string): Binding['body'] {
  if (body === '') return { kind: 'none' }
  if (body === '*') return { kind: 'message' }
  const field = fieldNamed(method.desc.input, body)
  if (field?.fieldKind !== 'message')
    throw new Error(`${method.name}: the body is ${body}, which is no message field`)
  return { kind: 'field', field }
}

function fieldsAt(method: Method, name: string): DescField[] {
  const path = findFields(method.desc.input, name)
  if (path === undefined) throw new Error(`${method.name}: there is no field ${name}`)
  return path
}

/** The fields along a dotted path, in proto or JSON names; undefined where there is no such path. */
export function findFields(from: DescMessage, path: string): DescField[] | undefined {
  const fields: DescField[] = []
  let message: DescMessage | undefined = from
  for (const name of path.split('.')) {
    const field: DescField | undefined = message && fieldNamed(message, name)
    if (field === undefined) return undefined
    fields.push(field)
    message = field.fieldKind === 'message' ? field.message : undefined
  }
  return fields
}

function fieldNamed(message: DescMessage, name: string): DescField | undefined {
  return message.fields.find((field) => field.name === name || field.jsonName === name)
}

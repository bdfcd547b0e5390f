/**
 * Where methods live in REST, from their `google.api.http` option.
 *
 * A rule that does not fit its message stops the server at start.
 */

import { type DescField, type DescMessage, getOption, hasOption } from '@bufbuild/protobuf'
import { type HttpRule, http } from '@signet/contract/options'
import type { Method } from '../../call/method.ts'

/** One HTTP method and path of one method of the contract. */
export interface Binding<M extends Method = Method> {
  method: M
  verb: string
  /** The path in the router's notation, such as `/users/:user_id`. */
  url: string
  /** Fields that the path carries. */
  pathFields: PathField[]
  /** The whole message, one of its fields, or nothing comes in the body. */
  body: { kind: 'message' } | { kind: 'field'; field: DescField } | { kind: 'none' }
}

export interface PathField {
  /** The router's name of the parameter. */
  parameter: string
  /** The fields that lead to it, from the input message. */
  path: DescField[]
}

/** All bindings of a method: the rule itself and its additional ones. A method without a rule has none. */
export function bindingsOf(method: Method): Binding[] {
  if (!hasOption(method.desc, http)) return []
  const rule = getOption(method.desc, http)
  return [rule, ...rule.additionalBindings].map((each) => bindingOf(method, each))
}

function bindingOf(method: Method, rule: HttpRule): Binding {
  const { pattern } = rule
  if (pattern.case === undefined) throw new Error(`${method.name}: an HTTP rule without a path`)
  const [verb, path] =
    pattern.case === 'custom'
      ? [pattern.value.kind, pattern.value.path]
      : [pattern.case.toUpperCase(), pattern.value]
  const pathFields: PathField[] = []
  const url = path
    .replaceAll(':', '::')
    .replace(/\{([^}=]+)(=[^}]*)?\}/g, (_, name: string, glob?: string) => {
      if (glob !== undefined && glob !== '=*')
        throw new Error(`${method.name}: ${path} matches more than one segment`)
      const parameter = name.replaceAll('.', '_')
      pathFields.push({ parameter, path: fieldsAt(method, name) })
      return `:${parameter}`
    })
  return { method, verb, url, pathFields, body: bodyOf(method, rule.body) }
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

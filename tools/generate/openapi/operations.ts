/**
 * The paths of the document: one operation for each REST binding of each method.
 *
 * Specs: OpenAPI 3.1 §4.8.10 (operations), google.api.http.
 */

import {
  type DescField,
  type DescMessage,
  type DescMethod,
  getOption,
  type JsonObject,
} from '@bufbuild/protobuf'
import { access, type RestBinding, restBindings } from '@signet/contract/options'
import { problemMediaType, reasonAnchor } from '../../../packages/server/src/errors.ts'
import type { Contract } from '../contract.ts'
import { findField } from '../contract-lint.ts'
import { isJsonScalar } from '../field-rules.ts'
import { possibleReasons, withoutReasons } from '../method-reasons.ts'
import { fieldExample, messageExample } from './examples.ts'
import type { MessageSchemas } from './message-schemas.ts'
import { reasonRow } from './problem.ts'

interface Context {
  contract: Contract
  schemas: MessageSchemas
}

/** All operations by path and verb, in the order of the contract. */
export function pathsOf(context: Context): JsonObject {
  const paths: Record<string, JsonObject> = {}
  for (const method of context.contract.services.flatMap((service) => service.methods)) {
    for (const [i, binding] of restBindings(method).entries()) {
      const path = binding.path.replace(
        /\{([^}]*)\}/g,
        (_, name) => `{${jsonPath(method.input, name)}}`,
      )
      const operationId = `${method.parent.name}_${method.name}${i === 0 ? '' : `_${i + 1}`}`
      paths[path] = {
        ...paths[path],
        [binding.verb.toLowerCase()]: { operationId, ...operation(context, method, binding) },
      }
    }
  }
  return paths
}

function operation(context: Context, method: DescMethod, binding: RestBinding): JsonObject {
  const description = withoutReasons(context.contract.commentOf(method))
  const parameters = parametersOf(context, method.input, binding)
  return {
    tags: [method.parent.name],
    summary: description.split(/\.(?:\s|$)/, 1)[0] ?? '',
    description,
    'x-signet-rpc': `${method.parent.typeName}/${method.name}`,
    ...securityOf(method),
    ...(parameters.length > 0 && { parameters }),
    ...requestBodyOf(context, method.input, binding),
    responses: { 200: success(context, method), ...refusals(context, method, binding) },
  }
}

/** Who may call, for programs (`security`) and in full (`x-signet-access`). */
function securityOf(method: DescMethod): JsonObject {
  const { who } = getOption(method, access)
  const stated: JsonObject = { level: who.case ?? '' }
  if (who.case === 'permission') stated.permission = who.value
  const ofUsers: JsonObject[] = who.case === 'client' ? [] : [{ bearer: [] }]
  const ofClients: JsonObject[] =
    who.case === 'client' || who.case === 'permission' ? [{ clientSecret: [] }] : []
  const security = who.case === 'public' ? [] : [...ofUsers, ...ofClients]
  return { 'x-signet-access': stated, security }
}

function parametersOf(context: Context, input: DescMessage, binding: RestBinding): JsonObject[] {
  const inPath = binding.pathFields.map((path) => {
    const field = findField(input, path)
    if (field === undefined) throw new Error(`${input.typeName} has no field ${path}`)
    return parameter(context, { field, name: jsonPath(input, path), in: 'path', required: true })
  })
  if (binding.body === '*') return inPath
  return [...inPath, ...queryParameters(context, input, [...binding.pathFields, binding.body])]
}

/** Every remaining field, nested ones as "outer.inner". */
function queryParameters(
  context: Context,
  message: DescMessage,
  taken: readonly string[],
): JsonObject[] {
  const required = context.schemas.requiredFields(message)
  return message.fields
    .filter((field) => !taken.includes(field.name))
    .flatMap((field) => {
      if (field.fieldKind !== 'message' || isJsonScalar(field.message)) {
        const name = field.jsonName
        return [parameter(context, { field, name, in: 'query', required: required.includes(name) })]
      }
      const within = `${field.name}.`
      const inner = taken.flatMap((path) =>
        path.startsWith(within) ? [path.slice(within.length)] : [],
      )
      return queryParameters(context, field.message, inner).map((each) => ({
        ...each,
        name: `${field.jsonName}.${String(each.name)}`,
        required: each.required === true && required.includes(field.jsonName),
      }))
    })
}

interface Parameter {
  field: DescField
  name: string
  in: 'path' | 'query'
  required: boolean
}

function parameter(context: Context, { field, ...where }: Parameter): JsonObject {
  const { description = '', ...schema } = context.schemas.field(field, 'request')
  return { ...where, description, schema, example: fieldExample(field) }
}

function requestBodyOf(
  { schemas }: Context,
  input: DescMessage,
  { body, pathFields }: RestBinding,
): JsonObject {
  if (body === '') return {}
  const message = body === '*' ? input : findField(input, body)?.message
  if (message === undefined) throw new Error(`${input.typeName} has no message ${body}`)
  const omit = body === '*' ? pathFields : []
  const pathNames = omit.map((path) => jsonPath(input, path))
  const schema =
    omit.length > 0
      ? schemas.inline(message, { direction: 'request', omit })
      : schemas.reference(message, 'request')
  return {
    requestBody: {
      required: schemas.requiredFields(message).some((name) => !pathNames.includes(name)),
      content: { 'application/json': { schema, example: messageExample(message, omit) } },
    },
  }
}

function success({ contract, schemas }: Context, method: DescMethod): JsonObject {
  const content = {
    schema: schemas.reference(method.output, 'response'),
    example: messageExample(method.output),
  }
  const headers = { 'Signet-Reference': referenceHeader }
  if (method.methodKind !== 'server_streaming')
    return {
      description: contract.commentOf(method.output),
      headers,
      content: { 'application/json': content },
    }
  return {
    description: `${contract.commentOf(method.output)} A stream of server-sent events: the data of each is one ${method.output.name} in JSON. \`event: end\` ends the stream; \`event: error\` ends it with a problem document.`,
    headers,
    content: { 'text/event-stream': content },
  }
}

/** The refusals by status, each with an example for every reason that can be behind it. */
function refusals({ contract }: Context, method: DescMethod, binding: RestBinding): JsonObject {
  const names = possibleReasons(contract, method, binding.body !== '')
  const statuses = [...new Set(names.map((name) => reasonRow(name).httpStatus))]
  return Object.fromEntries(
    statuses.map((status) => {
      const behind = names.filter((name) => reasonRow(name).httpStatus === status)
      return [status, refusal(status, behind)]
    }),
  )
}

function refusal(status: number, names: readonly string[]): JsonObject {
  return {
    description: names.map((name) => reasonRow(name).sentence).join(' '),
    headers: { 'Signet-Reference': referenceHeader, ...refusalHeaders[status] },
    content: {
      [problemMediaType]: {
        schema: { $ref: '#/components/schemas/Problem' },
        examples: Object.fromEntries(
          names.map((name) => [
            reasonAnchor(name),
            { $ref: `#/components/examples/${reasonAnchor(name)}` },
          ]),
        ),
      },
    },
  }
}

const referenceHeader = { $ref: '#/components/headers/SignetReference' }

const retryAfter = {
  'Retry-After': {
    description: 'Whole seconds after which trying again makes sense.',
    schema: { type: 'integer' },
  },
}

const refusalHeaders: Record<number, JsonObject> = {
  401: {
    'WWW-Authenticate': {
      description: 'What kind of token is wanted, and what was wrong with the one that came.',
      schema: { type: 'string' },
    },
  },
  429: retryAfter,
  503: retryAfter,
}

/** A path of contract names in JSON names: "user.display_name" is "user.displayName". */
function jsonPath(message: DescMessage, path: string): string {
  return path
    .split('.')
    .map((_, i, parts) => findField(message, parts.slice(0, i + 1).join('.'))?.jsonName ?? '')
    .join('.')
}

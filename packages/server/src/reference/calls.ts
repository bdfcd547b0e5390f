/** Ready-made calls of a method: over REST with curl, over gRPC with buf curl. */

import type { ApiOperation } from './api-document.ts'

/** One operation and where it lives. */
export interface ReferenceMethod {
  /** The service and the method, such as "AuthService.SignIn": also its anchor. */
  name: string
  verb: string
  path: string
  operation: ApiOperation
  streams: boolean
}

const tokenHeader = '-H "Authorization: Bearer $ACCESS_TOKEN"'
const clientOption = '-u "$SIGNET_CLIENT_ID:$SIGNET_CLIENT_SECRET"'
const narrowest = 60

/** The REST call as one shell command, a line for each option. */
export function curlCommand(method: ReferenceMethod, issuer: string): string {
  const { verb, operation } = method
  const body = operation.requestBody?.content['application/json'].example
  return command([
    method.streams ? 'curl -sSN' : 'curl -sS',
    ...(verb === 'GET' || body !== undefined ? [] : [`-X ${verb}`]),
    ...credentialsOf(operation),
    ...(body === undefined ? [] : ["-H 'Content-Type: application/json'", `-d ${quoteJson(body)}`]),
    quote(`${issuer}${fillPath(method)}${queryOf(operation)}`),
  ])
}

/** The gRPC call as one shell command; the methods are found by reflection, no file is needed. */
export function grpcCommand({ operation }: ReferenceMethod, issuer: string): string {
  return command([
    'buf curl --protocol grpc',
    ...(issuer.startsWith('http:') ? ['--http2-prior-knowledge'] : []),
    ...credentialsOf(operation),
    `-d ${quoteJson(requestMessage(operation))}`,
    quote(`${issuer}/${operation['x-signet-rpc']}`),
  ])
}

function credentialsOf(operation: ApiOperation): string[] {
  const { level } = operation['x-signet-access']
  if (level === 'public') return []
  return [level === 'client' ? clientOption : tokenHeader]
}

function fillPath({ path, operation }: ReferenceMethod): string {
  return path.replace(/\{([^}]*)\}/g, (_, name) => {
    const parameter = operation.parameters?.find((each) => each.in === 'path' && each.name === name)
    return encodeURIComponent(String(parameter?.example ?? name))
  })
}

function queryOf(operation: ApiOperation): string {
  const pairs = (operation.parameters ?? [])
    .filter((each) => each.in === 'query')
    .flatMap(({ name, example }) =>
      [example].flat().map((value) => `${name}=${encodeURIComponent(String(value))}`),
    )
  return pairs.length === 0 ? '' : `?${pairs.join('&')}`
}

/** The input message: what REST spreads over path, query and body. */
function requestMessage(operation: ApiOperation): Record<string, unknown> {
  const message: Record<string, unknown> = {}
  for (const { name, example } of operation.parameters ?? []) put(message, name.split('.'), example)
  Object.assign(message, operation.requestBody?.content['application/json'].example)
  return message
}

function put(
  target: Record<string, unknown>,
  [first = '', ...rest]: string[],
  value: unknown,
): void {
  if (rest.length === 0) {
    target[first] = value
    return
  }
  const inner = (target[first] ?? {}) as Record<string, unknown>
  target[first] = inner
  put(inner, rest, value)
}

function command(parts: readonly string[]): string {
  return parts.join(' \\\n  ')
}

function quoteJson(value: unknown): string {
  const short = JSON.stringify(value)
  if (short.length <= narrowest) return quote(short)
  return quote(JSON.stringify(value, null, 2).replaceAll('\n', '\n  '))
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`
}

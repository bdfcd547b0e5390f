/**
 * Rules of ours that buf does not know, each an error: who may call a method, where it lives in REST, and what must be
 * said about it.
 *
 * Specs: google.api.http (transcoding of paths, queries and bodies), RFC 9110 §9.2.1 (safe methods).
 */

import {
  type DescField,
  type DescMessage,
  type DescMethod,
  getOption,
  hasOption,
} from '@bufbuild/protobuf'
import { MethodOptions_IdempotencyLevel as Idempotency } from '@bufbuild/protobuf/wkt'
import { access, type RestBinding, restBindings } from '@signet/contract/options'
import type { Contract } from './contract.ts'
import { exampleOf, isJsonScalar, needsExample } from './field-rules.ts'
import { declaredReasons, reasonNames } from './method-reasons.ts'

type Report = (finding: string) => void

const segment = /^(?:[a-z][a-z0-9]*(?:-[a-z0-9]+)*|\{[a-z][a-z0-9_.]*\})$/
const customVerb = /:[a-z]+(?:-[a-z]+)*$/
const permissionName = /^[a-z]+(?:-[a-z]+)*(?:\.[a-z]+(?:-[a-z]+)*)+$/

/** Everything that is wrong with the contract, as "file:line: sentence", in the order of the files. */
export function lintContract(contract: Contract): string[] {
  const findings: string[] = []
  const boundBy = new Map<string, string>()
  for (const method of contract.services.flatMap((service) => service.methods)) {
    const report: Report = (finding) =>
      findings.push(`${contract.placeOf(method)}: ${method.parent.name}.${method.name}: ${finding}`)
    lintAccess(method, report)
    lintReasons(contract, method, report)
    for (const binding of bindingsOf(method, report)) {
      lintPath(method, binding, report)
      lintBody(method, binding, report)
      lintIdempotency(method, binding, report)
      const route = `${binding.verb} ${binding.path.replace(/\{[^}]*\}/g, '{}')}`
      const other = boundBy.get(route)
      if (other !== undefined) report(`${route} is already bound to ${other}`)
      boundBy.set(route, `${method.parent.name}.${method.name}`)
    }
  }
  for (const field of [...wireMessages(contract)].flatMap((message) => message.fields)) {
    if (needsExample(field) && exampleOf(field) === undefined)
      findings.push(
        `${contract.placeOf(field)}: ${field.parent.name}.${field.name}: has no example, add one to (buf.validate.field)`,
      )
  }
  return findings
}

/** Every message that a method takes or answers, nested ones included. */
function wireMessages(contract: Contract): Set<DescMessage> {
  const found = new Set<DescMessage>()
  const visit = (message: DescMessage): void => {
    if (found.has(message) || message.typeName.startsWith('google.')) return
    found.add(message)
    for (const field of message.fields) if (field.message !== undefined) visit(field.message)
  }
  for (const method of contract.services.flatMap((service) => service.methods)) {
    visit(method.input)
    visit(method.output)
  }
  return found
}

function lintAccess(method: DescMethod, report: Report): void {
  const who = hasOption(method, access) ? getOption(method, access).who : undefined
  if (who?.case === undefined) report('states no (signet.v1.access): say who may call it')
  else if (who.case === 'permission') {
    if (!permissionName.test(who.value))
      report(`"${who.value}" is no permission like "users.write"`)
  } else if (!who.value) report(`(signet.v1.access) says ${who.case}: false, which means nothing`)
}

function lintReasons(contract: Contract, method: DescMethod, report: Report): void {
  const known = reasonNames(contract)
  for (const reason of declaredReasons(contract.commentOf(method)))
    if (!known.includes(reason)) report(`"Errors:" names ${reason}, which is no ErrorReason`)
}

function bindingsOf(method: DescMethod, report: Report): RestBinding[] {
  try {
    const bindings = restBindings(method)
    if (bindings.length === 0) report('has no google.api.http binding: say where it lives in REST')
    return bindings
  } catch (error) {
    report(error instanceof Error ? error.message : String(error))
    return []
  }
}

function lintPath(method: DescMethod, { path, pathFields }: RestBinding, report: Report): void {
  const segments = path.replace(customVerb, '').split('/').slice(1)
  if (!path.startsWith('/api/v1/')) report(`${path} does not start with /api/v1/`)
  if (!segments.every((each) => segment.test(each))) report(`${path} is not in kebab-case`)
  for (const name of pathFields) {
    const field = findField(method.input, name)
    if (field === undefined) report(`${path} names ${name}, which ${method.input.name} lacks`)
    else if (field.fieldKind !== 'scalar' && field.fieldKind !== 'enum')
      report(`${path} names ${name}, which is no single value`)
  }
}

function lintBody(
  method: DescMethod,
  { verb, body, pathFields }: RestBinding,
  report: Report,
): void {
  if (body !== '' && (verb === 'GET' || verb === 'DELETE')) report(`a ${verb} carries no body`)
  if (body === '*') return
  if (body !== '' && findField(method.input, body)?.fieldKind !== 'message')
    report(`the body is ${body}, which is no message in ${method.input.name}`)
  for (const field of method.input.fields) {
    if (field.name === body || pathFields.includes(field.name)) continue
    if (!fitsQuery(field)) report(`${field.name} cannot be written as query parameters`)
  }
}

/** Connect serves a unary method by GET if, and only if, it is marked; REST must say the same. */
function lintIdempotency(method: DescMethod, { verb }: RestBinding, report: Report): void {
  const safe = method.idempotency === Idempotency.NO_SIDE_EFFECTS
  if (method.methodKind !== 'unary') {
    if (verb !== 'GET') report(`a stream is read with GET, not ${verb}`)
    if (safe) report('a stream needs no idempotency_level: it is always read with GET')
  } else if (safe && verb !== 'GET') report(`NO_SIDE_EFFECTS is bound to ${verb}; use get`)
  else if (!safe && verb === 'GET') report('a GET needs idempotency_level = NO_SIDE_EFFECTS')
}

/** A query can hold single values, lists of them, and messages of them: `a.b=1&c=2&c=3`. */
function fitsQuery(field: DescField, within: readonly DescMessage[] = []): boolean {
  if (field.fieldKind === 'map') return false
  if (field.message === undefined || isJsonScalar(field.message)) return true
  const { message } = field
  if (field.fieldKind === 'list' || within.includes(message)) return false
  return message.fields.every((inner) => fitsQuery(inner, [...within, message]))
}

/** The field at a path of contract names, such as "user.id". */
export function findField(message: DescMessage, path: string): DescField | undefined {
  const [name, ...rest] = path.split('.')
  const field = message.fields.find((each) => each.name === name)
  if (field === undefined || rest.length === 0) return field
  return field.fieldKind === 'message' ? findField(field.message, rest.join('.')) : undefined
}

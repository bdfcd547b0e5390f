/**
 * Where a method lives in REST: its `google.api.http` rule, taken apart once for everyone who routes, documents or
 * checks it.
 */

import { type DescMethod, getOption, hasOption } from '@bufbuild/protobuf'
import { http } from './gen/google/api/annotations_pb.ts'
import type { HttpRule } from './gen/google/api/http_pb.ts'

export interface RestBinding {
  verb: 'GET' | 'PUT' | 'POST' | 'DELETE' | 'PATCH'
  /** As the contract writes it, with field paths in braces: "/api/v1/users/{user_id}:suspend". */
  path: string
  /** The field paths in `path`, in order and in contract names, such as "user_id". */
  pathFields: readonly string[]
  /** What the body holds: "*" all other fields, a field by its contract name, or "" no body. */
  body: string
}

const verbs = { get: 'GET', put: 'PUT', post: 'POST', delete: 'DELETE', patch: 'PATCH' } as const

/** The bindings of a method, the first one being its main one; none where the contract binds it to no path. */
export function restBindings(method: DescMethod): RestBinding[] {
  if (!hasOption(method, http)) return []
  const rule = getOption(method, http)
  return [rule, ...rule.additionalBindings].map((each) => parseRule(method, each))
}

function parseRule(method: DescMethod, { pattern, body }: HttpRule): RestBinding {
  if (pattern.case === undefined || pattern.case === 'custom') {
    throw new Error(
      `${method.parent.typeName}.${method.name}: only get, put, post, delete and patch can be bound`,
    )
  }
  const pathFields = [...pattern.value.matchAll(/\{([^}]*)\}/g)].map(([, field]) => field ?? '')
  return { verb: verbs[pattern.case], path: pattern.value, pathFields, body }
}

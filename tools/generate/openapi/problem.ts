/**
 * How a refused REST call looks: the problem document, and an example for each reason, made by the very function that
 * makes them at run time.
 *
 * Specs: RFC 9457.
 */

import type { JsonObject } from '@bufbuild/protobuf'
import { ErrorReason } from '@signet/contract'
import {
  type ReasonRow,
  reasonAnchor,
  reasons,
  SignetError,
} from '../../../packages/server/src/errors.ts'
import { createProblems, type Problem } from '../../../packages/server/src/wires/problem.ts'
import type { Contract } from '../contract.ts'
import { reasonNames, reasonsEnum, reasonValues } from '../method-reasons.ts'
import type { MessageSchemas } from './message-schemas.ts'

type Reason = keyof typeof reasons

const reference = '7K3Q-90XD-2M1B'

/** A reason of the table by its name, such as "INVALID_ARGUMENT". Throws for a name that the table lacks. */
function reasonOf(name: string): Reason {
  const reason = ErrorReason[name as keyof typeof ErrorReason]
  if (!(reason in reasons)) throw new Error(`errors.ts has no row for ${name}`)
  return reason as Reason
}

/** The row of a reason by its name. Throws for a name that the table lacks. */
export function reasonRow(name: string): ReasonRow {
  return reasons[reasonOf(name)]
}

/** The schema of every refusal. A member that the server adds and this lacks does not compile. */
export function problemSchema(contract: Contract, schemas: MessageSchemas): JsonObject {
  const violation = contract.registry.getMessage('signet.v1.FieldViolation')
  if (violation === undefined) throw new Error('the contract has no signet.v1.FieldViolation')
  const properties: Record<keyof Problem, JsonObject> = {
    type: {
      type: 'string',
      format: 'uri-reference',
      description: 'Where the reason is explained.',
    },
    title: { type: 'string', description: 'The reason in words.' },
    status: { type: 'integer', format: 'int32', description: 'The HTTP status.' },
    detail: { type: 'string', description: 'A sentence for a person, and what to do next.' },
    instance: { type: 'string', format: 'uri', description: 'This one refusal, as a URN.' },
    reason: reasonSchema(contract),
    reference: {
      type: 'string',
      description: 'Finds the log line and the event of this call.',
    },
    violations: {
      type: 'array',
      items: schemas.reference(violation, 'response'),
      description: 'What to change in the request.',
    },
    retryAfterSeconds: {
      type: 'integer',
      format: 'int32',
      minimum: 0,
      description: 'When to try again, where waiting helps.',
    },
  }
  return {
    type: 'object',
    description: 'Why a call was refused (RFC 9457).',
    properties,
    required: ['type', 'title', 'status', 'detail', 'instance', 'reason', 'reference'],
  }
}

function reasonSchema(contract: Contract): JsonObject {
  const names = reasonNames(contract)
  const meanings = reasonValues(contract).map((value) => contract.commentOf(value))
  return {
    type: 'string',
    enum: names,
    description: contract.commentOf(reasonsEnum(contract)),
    'x-enumDescriptions': Object.fromEntries(names.map((name, i) => [name, meanings[i] ?? ''])),
  }
}

/** One example for each reason that can be answered to a method, by anchor. */
export function problemExamples(
  contract: Contract,
  isUsed: (anchor: string) => boolean,
): JsonObject {
  const problemOf = createProblems('')
  return Object.fromEntries(
    reasonNames(contract)
      .filter((name) => isUsed(reasonAnchor(name)))
      .map((name) => {
        const refusal = new SignetError(reasonOf(name), extras[name])
        return [reasonAnchor(name), { summary: name, value: onWire(problemOf(refusal, reference)) }]
      }),
  )
}

function onWire(problem: Problem): JsonObject {
  return JSON.parse(JSON.stringify(problem)) as JsonObject
}

const extras: Record<string, ConstructorParameters<typeof SignetError>[1]> = {
  INVALID_ARGUMENT: {
    violations: [
      { field: 'email', rule: 'string.min_len', message: 'Must be at least 3 characters.' },
    ],
  },
  PASSWORD_REJECTED: {
    violations: [
      {
        field: 'password',
        rule: 'password.too_short',
        message: 'Use at least 8 characters. A few unrelated words are easy to remember.',
      },
    ],
  },
  RATE_LIMITED: { retryAfterSeconds: 30 },
  UNAVAILABLE: { retryAfterSeconds: 2 },
}

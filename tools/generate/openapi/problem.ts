/**
 * How a refused REST call looks: a problem document, whose extra members are the fields of signet.v1.ErrorDetail, and
 * an example for each reason.
 *
 * Specs: RFC 9457.
 */

import { STATUS_CODES } from 'node:http'
import type { JsonObject } from '@bufbuild/protobuf'
import { ErrorReason } from '@signet/contract'
import { type ReasonRow, reasons } from '../../../packages/server/src/errors.ts'
import type { Contract } from '../contract.ts'
import { toObject } from '../field-rules.ts'
import { reasonNames } from '../method-reasons.ts'
import type { MessageSchemas } from './message-schemas.ts'

/** The row of a reason by its name, such as "INVALID_ARGUMENT". Throws for a reason that the table lacks. */
export function reasonRow(name: string): ReasonRow {
  const rows: Partial<Record<ErrorReason, ReasonRow>> = reasons
  const row = rows[ErrorReason[name as keyof typeof ErrorReason]]
  if (row === undefined) throw new Error(`errors.ts has no row for ${name}`)
  return row
}

/** The anchor of a reason on the page /docs/errors, and the name of its example: "invalid-argument". */
export function reasonAnchor(name: string): string {
  return name.toLowerCase().replaceAll('_', '-')
}

/** The schema of every refusal. */
export function problemSchema(contract: Contract, schemas: MessageSchemas): JsonObject {
  const detail = contract.registry.getMessage('signet.v1.ErrorDetail')
  if (detail === undefined) throw new Error('the contract has no signet.v1.ErrorDetail')
  const members = schemas.inline(detail, { direction: 'response', omit: [] })
  return {
    type: 'object',
    description: 'Why a call was refused (RFC 9457).',
    properties: {
      type: {
        type: 'string',
        format: 'uri-reference',
        description: 'Where the reason is explained: /docs/errors with the anchor of the reason.',
      },
      title: { type: 'string', description: 'The name of the HTTP status.' },
      status: { type: 'integer', format: 'int32', description: 'The HTTP status.' },
      detail: { type: 'string', description: 'A sentence for a person, and what to do next.' },
      ...toObject(members.properties),
    },
    required: ['type', 'title', 'status', 'detail', 'reason', 'reference'],
  }
}

/** One example for each reason that can be answered to a method, by anchor. */
export function problemExamples(
  contract: Contract,
  isUsed: (anchor: string) => boolean,
): JsonObject {
  return Object.fromEntries(
    reasonNames(contract)
      .filter((name) => isUsed(reasonAnchor(name)))
      .map((name) => {
        const { httpStatus, sentence } = reasonRow(name)
        const value = {
          type: `/docs/errors#${reasonAnchor(name)}`,
          title: STATUS_CODES[httpStatus] ?? '',
          status: httpStatus,
          detail: sentence,
          reason: `ERROR_REASON_${name}`,
          reference: '7K3Q-90XD-2M1B',
          ...extras[name],
        }
        return [reasonAnchor(name), { summary: name, value }]
      }),
  )
}

const retryLater = { retryAfter: '5s' }

const extras: Record<string, JsonObject> = {
  INVALID_ARGUMENT: {
    violations: [
      { field: 'email', rule: 'string.min_len', message: 'must be at least 3 characters' },
    ],
  },
  PASSWORD_REJECTED: {
    violations: [
      { field: 'password', rule: 'password.too_short', message: 'Use at least 8 characters.' },
    ],
  },
  RATE_LIMITED: retryLater,
  UNAVAILABLE: retryLater,
}

/**
 * The schemas of all messages and enums that operations refer to.
 *
 * What a caller sends is closed (unknown fields are refused) and requires what the rules refuse to be empty. What a
 * caller receives is open, because the next version may add a field, and requires every field that is always written.
 */

import {
  create,
  type DescEnum,
  type DescField,
  type DescMessage,
  type JsonObject,
} from '@bufbuild/protobuf'
import { FeatureSet_FieldPresence as Presence } from '@bufbuild/protobuf/wkt'
import { createValidator, type Validator } from '@bufbuild/protovalidate'
import type { Contract } from '../contract.ts'
import { fieldSchema, type Reference } from './field-schema.ts'

type Direction = 'request' | 'response'

export interface MessageSchemas {
  /** A reference to the schema of a message, which joins the components with all that it refers to. */
  reference(message: DescMessage, direction: Direction): JsonObject
  /** The schema of a message in place, without the fields that `omit` names. */
  inline(
    message: DescMessage,
    options: { direction: Direction; omit: readonly string[] },
  ): JsonObject
  /** The schema of a field with its description. */
  field(field: DescField, direction: Direction): JsonObject
  /** The JSON names of the fields that a request must carry. */
  requiredFields(message: DescMessage): string[]
  /** Every schema that was referred to, by name, sorted. */
  components(): JsonObject
}

/** An empty collection over a contract. */
export function createMessageSchemas(contract: Contract): MessageSchemas {
  const validator = createValidator()
  const components = new Map<string, JsonObject>()

  function referenceIn(direction: Direction): Reference {
    return (desc) => {
      const name = componentName(desc)
      if (!components.has(name)) {
        components.set(name, {})
        components.set(
          name,
          desc.kind === 'enum' ? enumSchema(contract, desc) : inline(desc, { direction, omit: [] }),
        )
      }
      return { $ref: `#/components/schemas/${name}` }
    }
  }

  function field(desc: DescField, direction: Direction): JsonObject {
    const { keywords, sentences } = fieldSchema(desc, referenceIn(direction))
    return { ...keywords, description: [contract.commentOf(desc), ...sentences].join(' ') }
  }

  function inline(
    message: DescMessage,
    { direction, omit }: { direction: Direction; omit: readonly string[] },
  ): JsonObject {
    const fields = message.fields.filter((each) => !omit.includes(each.name))
    const always =
      direction === 'request'
        ? requiredIn(validator, message)
        : fields.filter(isAlwaysWritten).map((each) => each.jsonName)
    const required = fields.map((each) => each.jsonName).filter((name) => always.includes(name))
    return {
      type: 'object',
      description: contract.commentOf(message),
      properties: Object.fromEntries(fields.map((each) => [each.jsonName, field(each, direction)])),
      ...(required.length > 0 && { required }),
      ...oneofs(message),
      ...(direction === 'request' && { additionalProperties: false }),
    }
  }

  return {
    reference: (message, direction) => referenceIn(direction)(message),
    inline,
    field,
    requiredFields: (message) => requiredIn(validator, message),
    components: () => Object.fromEntries([...components].sort(([a], [b]) => (a < b ? -1 : 1))),
  }
}

/** The name of a component, such as "User" for signet.v1.User. */
function componentName(desc: DescMessage | DescEnum): string {
  return desc.typeName.split('.').slice(2).join('_')
}

/** Whether JSON always carries the field: those that cannot be told from unset are written with their empty value. */
function isAlwaysWritten(field: DescField): boolean {
  return (
    field.presence === Presence.IMPLICIT || field.fieldKind === 'list' || field.fieldKind === 'map'
  )
}

/** The fields whose absence the rules refuse: asked of the validator itself, with an empty message. */
function requiredIn(validator: Validator, message: DescMessage): string[] {
  const result = validator.validate(message, create(message))
  if (result.kind === 'error') throw result.error
  if (result.kind === 'valid') return []
  return result.violations.flatMap(({ field: [first] }) =>
    first?.kind === 'field' ? [first.jsonName] : [],
  )
}

/** At most one member of each oneof; a single member needs no saying. */
function oneofs(message: DescMessage): JsonObject {
  const several = message.oneofs.filter((oneof) => oneof.fields.length > 1)
  if (several.length === 0) return {}
  return {
    allOf: several.map((oneof) => {
      const members = oneof.fields.map((each) => ({ required: [each.jsonName] }))
      return { oneOf: [...members, { not: { anyOf: members } }] }
    }),
  }
}

function enumSchema(contract: Contract, desc: DescEnum): JsonObject {
  const meanings = desc.values.map((value) => [value.name, contract.commentOf(value)])
  return {
    type: 'string',
    enum: desc.values.map((value) => value.name),
    description: contract.commentOf(desc),
    'x-enumDescriptions': Object.fromEntries(meanings),
  }
}

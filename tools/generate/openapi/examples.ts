/** Examples of messages in the JSON of the wire, made from the examples that the contract gives its fields. */

import type { DescField, DescMessage, JsonObject, JsonValue } from '@bufbuild/protobuf'
import { exampleOf } from '../field-rules.ts'

const wellKnown: Record<string, JsonValue> = {
  'google.protobuf.Timestamp': '2026-11-22T09:30:00Z',
  'google.protobuf.Duration': '5s',
  'google.protobuf.FieldMask': 'displayName',
  'google.protobuf.Struct': {},
  'google.protobuf.Empty': {},
}

/** A message with every field set, except all but the first member of a oneof and the fields that `omit` names. */
export function messageExample(message: DescMessage, omit: readonly string[] = []): JsonObject {
  const fields = message.fields.filter(
    (field) =>
      !omit.includes(field.name) && (field.oneof === undefined || field.oneof.fields[0] === field),
  )
  return Object.fromEntries(fields.map((field) => [field.jsonName, fieldExample(field)]))
}

/** What a field can hold. */
export function fieldExample(field: DescField): JsonValue {
  const written = exampleOf(field)
  if (written !== undefined) return written
  if (field.fieldKind === 'map') return {}
  return field.fieldKind === 'list' ? [valueExample(field)] : valueExample(field)
}

function valueExample(field: DescField): JsonValue {
  if (field.message !== undefined)
    return wellKnown[field.message.typeName] ?? messageExample(field.message)
  if (field.enum !== undefined) return (field.enum.values[1] ?? field.enum.values[0])?.name ?? ''
  return true
}

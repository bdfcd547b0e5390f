/** Reads the protovalidate rules of a field as plain JSON, and the examples that they carry. */

import {
  type DescField,
  type DescMessage,
  getOption,
  hasOption,
  type JsonObject,
  type JsonValue,
  ScalarType,
  toJson,
} from '@bufbuild/protobuf'
import {
  FieldRulesSchema,
  field as fieldOption,
} from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'

/** The rules of a field as JSON, such as `{ string: { minLen: "3" } }`; empty where it has none. */
export function rulesOf(field: DescField): JsonObject {
  if (!hasOption(field, fieldOption)) return {}
  return toObject(toJson(FieldRulesSchema, getOption(field, fieldOption)))
}

/** The first example of a field, in the JSON of the wire. */
export function exampleOf(field: DescField): JsonValue | undefined {
  const rules = rulesOf(field)
  if (field.fieldKind !== 'list') return firstExample(rules)
  const item = firstExample(toObject(toObject(rules.repeated).items))
  return item === undefined ? undefined : [item]
}

/** Whether an example must be written: texts and numbers mean nothing without one. */
export function needsExample(field: DescField): boolean {
  return field.fieldKind !== 'map' && field.scalar !== undefined && field.scalar !== ScalarType.BOOL
}

/** Messages that JSON writes as one value, so that a query parameter can hold them. */
export function isJsonScalar(message: DescMessage): boolean {
  return /^google\.protobuf\.(?:Timestamp|Duration|FieldMask|\w+Value)$/.test(message.typeName)
}

/** A JSON object as it is; an empty one for anything else. */
export function toObject(value: JsonValue | undefined): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {}
}

function firstExample(rules: JsonObject): JsonValue | undefined {
  for (const ofType of Object.values(rules)) {
    const { example } = toObject(ofType)
    if (Array.isArray(example)) return example[0]
  }
  return undefined
}

/**
 * Prints the `.proto` source of a descriptor, so that a contract can be compiled against a file of which an npm package
 * ships only the generated code. Names, numbers, types, labels, oneofs, enums and extensions are kept; options and
 * comments are not, because nothing that compiles against the file looks at them.
 */

import type { DescEnum, DescExtension, DescField, DescFile, DescMessage } from '@bufbuild/protobuf'
import { ScalarType } from '@bufbuild/protobuf'

type FieldLike = DescField | DescExtension

const lastFieldNumber = 536_870_911

/** The source of one proto2 file. Throws for other syntaxes, whose labels would mean something else. */
export function printProto(file: DescFile): string {
  if (file.proto.syntax !== '' && file.proto.syntax !== 'proto2') {
    throw new Error(`${file.name}.proto is ${file.proto.syntax}; only proto2 can be printed`)
  }
  return [
    'syntax = "proto2";',
    `package ${file.proto.package};`,
    ...file.dependencies.map((dependency) => `import "${dependency.name}.proto";`),
    ...file.enums.map(printEnum),
    ...file.messages.map(printMessage),
    ...file.extensions.map((x) => `extend .${x.extendee.typeName} { ${printField(x)} }`),
    '',
  ].join('\n')
}

function printMessage(message: DescMessage): string {
  return [
    `message ${message.name} {`,
    ...message.nestedEnums.map(printEnum),
    ...message.nestedMessages.map(printMessage),
    ...message.members.map((member) =>
      member.kind === 'oneof'
        ? `oneof ${member.name} { ${member.fields.map(printField).join(' ')} }`
        : printField(member),
    ),
    ...message.proto.extensionRange.map(({ start, end }) => {
      const last = (end ?? 0) - 1
      return `extensions ${start} to ${last >= lastFieldNumber ? 'max' : last};`
    }),
    '}',
  ].join('\n')
}

function printEnum(desc: DescEnum): string {
  const values = desc.values.map((value) => `${value.name} = ${value.number};`)
  return `enum ${desc.name} { ${values.join(' ')} }`
}

function printField(field: FieldLike): string {
  return `${label(field)}${typeOf(field)} ${field.name} = ${field.number};`
}

function label(field: FieldLike): string {
  if (field.fieldKind === 'map') return ''
  if (field.fieldKind === 'list') return 'repeated '
  return field.kind === 'field' && field.oneof !== undefined ? '' : 'optional '
}

function typeOf(field: FieldLike): string {
  if (field.fieldKind === 'map')
    return `map<${scalarName(field.mapKey)}, ${valueType(field, field.mapKind)}>`
  return valueType(field, field.fieldKind === 'list' ? field.listKind : field.fieldKind)
}

function valueType(field: FieldLike, kind: 'scalar' | 'enum' | 'message'): string {
  if (kind === 'enum' && field.enum !== undefined) return `.${field.enum.typeName}`
  if (kind === 'message' && field.message !== undefined) return `.${field.message.typeName}`
  if (field.scalar !== undefined) return scalarName(field.scalar)
  throw new Error(`${field} has no type`)
}

function scalarName(type: ScalarType): string {
  return ScalarType[type].toLowerCase()
}

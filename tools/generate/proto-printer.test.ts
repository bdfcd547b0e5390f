import assert from 'node:assert/strict'
import { join } from 'node:path'
import { it } from 'node:test'
import { type DescFile, type DescMessage, toJson } from '@bufbuild/protobuf'
import { FieldDescriptorProtoSchema, file_google_protobuf_api } from '@bufbuild/protobuf/wkt'
import { file_buf_validate_validate } from '@bufbuild/protovalidate/gen/buf/validate/validate_pb.js'
import { readContract } from './contract.ts'
import { repositoryRoot } from './generated-file.ts'
import { printProto } from './proto-printer.ts'

/** Every field of a file, without the options and defaults that are left out on purpose. */
function fieldsOf(file: DescFile): string[] {
  const lines = file.extensions.map((extension) => JSON.stringify(toPlain(extension.proto)))
  const visit = (message: DescMessage): void => {
    for (const field of message.proto.field)
      lines.push(`${message.typeName} ${JSON.stringify(toPlain(field))}`)
    message.nestedMessages.forEach(visit)
  }
  file.messages.forEach(visit)
  for (const desc of file.enums)
    lines.push(`${desc.typeName} ${desc.values.map(({ name, number }) => `${name}=${number}`)}`)
  return lines
}

function toPlain(field: DescMessage['proto']['field'][number]): object {
  const { options, defaultValue, jsonName, ...plain } = toJson(FieldDescriptorProtoSchema, field)
  return plain
}

it('prints a source that compiles to the same fields', async () => {
  const contract = await readContract(join(repositoryRoot, 'proto'))
  const compiled = contract.registry.getFile('buf/validate/validate.proto')
  assert.ok(compiled)
  const fields = fieldsOf(compiled)
  assert.ok(fields.length > 150, `only ${fields.length} fields`)
  assert.deepEqual(fields, fieldsOf(file_buf_validate_validate))
})

it('refuses a syntax whose labels mean something else', () => {
  assert.throws(() => printProto(file_google_protobuf_api), /only proto2 can be printed/)
})

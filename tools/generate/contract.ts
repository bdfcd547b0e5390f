/**
 * Reads the contract as descriptors with what only the source knows: comments and places. Generators and checks work
 * on this, never on the text of a `.proto` file.
 */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  createFileRegistry,
  type DescEnum,
  type DescEnumValue,
  type DescField,
  type DescFile,
  type DescMessage,
  type DescMethod,
  type DescOneof,
  type DescService,
  type FileRegistry,
  fromBinary,
} from '@bufbuild/protobuf'
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { SourceDefects } from './generated-file.ts'
import { type ProtoWorkspace, withProtoWorkspace } from './proto-workspace.ts'

/** What can carry a comment. */
type Documented =
  | DescService
  | DescMethod
  | DescMessage
  | DescField
  | DescOneof
  | DescEnum
  | DescEnumValue

export interface Contract {
  registry: FileRegistry
  /** Our services, in the order of files and declarations. */
  services: readonly DescService[]
  /** The comment above a declaration: paragraphs parted by an empty line, each on one line; empty where there is none. */
  commentOf(desc: Documented): string
  /** Where a declaration stands, such as "proto/signet/v1/auth.proto:16". */
  placeOf(desc: Documented): string
}

/** What is wrong with the contract, one finding a line. */
export class ContractError extends SourceDefects {
  override readonly name = 'ContractError'
}

/** Compiles the contract in `protoDirectory`. Throws ContractError where it does not compile. */
export async function readContract(protoDirectory: string): Promise<Contract> {
  return withProtoWorkspace(protoDirectory, buildContract)
}

/** Compiles the contract of a workspace. Throws ContractError where it does not compile. */
export async function buildContract(workspace: ProtoWorkspace): Promise<Contract> {
  const image = join(workspace.directory, 'image.binpb')
  const build = await workspace.buf('build', 'proto', '-o', image)
  if (!build.ok) throw new ContractError(build.output)
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, await readFile(image)))
  const files = [...registry.files].filter((file) => file.name.startsWith('signet/'))
  const sources = new Map(files.flatMap((file) => [...sourcesOf(file)]))
  return {
    registry,
    services: files.flatMap((file) => file.services),
    commentOf: (desc) => sources.get(desc)?.comment ?? '',
    placeOf: (desc) => {
      const source = sources.get(desc)
      return source === undefined ? desc.toString() : `${source.file}:${source.line}`
    },
  }
}

interface Source {
  file: string
  line: number
  comment: string
}

/** Field numbers of descriptor.proto: a path through them names a declaration in the source information. */
const at = {
  message: 4,
  enum: 5,
  service: 6,
  method: 2,
  field: 2,
  nested: 3,
  nestedEnum: 4,
  value: 2,
  oneof: 8,
}

function sourcesOf(file: DescFile): Map<Documented, Source> {
  const locations = new Map(
    file.proto.sourceCodeInfo?.location.map((location) => [location.path.join('.'), location]),
  )
  const sources = new Map<Documented, Source>()
  for (const [desc, path] of pathsOf(file)) {
    const location = locations.get(path.join('.'))
    sources.set(desc, {
      file: `proto/${file.name}.proto`,
      line: (location?.span[0] ?? 0) + 1,
      comment: paragraphs(location?.leadingComments ?? ''),
    })
  }
  return sources
}

function* pathsOf(file: DescFile): Generator<[Documented, number[]]> {
  for (const [i, desc] of file.enums.entries()) yield* enumPaths(desc, [at.enum, i])
  for (const [i, desc] of file.messages.entries()) yield* messagePaths(desc, [at.message, i])
  for (const [i, service] of file.services.entries()) {
    yield [service, [at.service, i]]
    for (const [j, method] of service.methods.entries())
      yield [method, [at.service, i, at.method, j]]
  }
}

function* messagePaths(message: DescMessage, path: number[]): Generator<[Documented, number[]]> {
  yield [message, path]
  for (const field of message.fields)
    yield [field, [...path, at.field, message.proto.field.indexOf(field.proto)]]
  for (const [i, oneof] of message.oneofs.entries()) yield [oneof, [...path, at.oneof, i]]
  for (const [i, desc] of message.nestedEnums.entries())
    yield* enumPaths(desc, [...path, at.nestedEnum, i])
  for (const desc of message.nestedMessages)
    yield* messagePaths(desc, [...path, at.nested, message.proto.nestedType.indexOf(desc.proto)])
}

function* enumPaths(desc: DescEnum, path: number[]): Generator<[Documented, number[]]> {
  yield [desc, path]
  for (const [i, value] of desc.values.entries()) yield [value, [...path, at.value, i]]
}

function paragraphs(comment: string): string {
  return comment
    .split(/\n\s*\n/)
    .map((paragraph) => paragraph.replace(/\s+/g, ' ').trim())
    .filter((paragraph) => paragraph !== '')
    .join('\n\n')
}

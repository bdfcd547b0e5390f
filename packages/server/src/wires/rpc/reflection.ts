/**
 * gRPC server reflection: tools such as `buf curl` and grpcurl list the services and read the contract from the server.
 *
 * Both versions are served; the older one differs in its package name alone.
 * Specs: grpc.reflection.v1, grpc.reflection.v1alpha.
 */

import {
  create,
  createFileRegistry,
  createRegistry,
  type DescFile,
  type DescService,
  fromJson,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJson,
} from '@bufbuild/protobuf'
import { FileDescriptorProtoSchema, FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt'
import { Code, type ConnectRouter } from '@connectrpc/connect'
import {
  ServerReflection,
  type ServerReflectionRequestSchema,
  type ServerReflectionResponseSchema,
} from '@signet/contract/grpc'
import type { Method } from '../../call/method.ts'

type Request = MessageShape<typeof ServerReflectionRequestSchema>
type Response = MessageInitShape<typeof ServerReflectionResponseSchema>
type Answer = NonNullable<Response['messageResponse']>

/** Adds both versions of the reflection service, which describe the services of these methods and themselves. */
export function serveReflection(router: ConnectRouter, methods: readonly Method[]): void {
  const older = olderReflection()
  const services = new Set(methods.map(({ desc }) => desc.parent))
  services.add(ServerReflection).add(older)
  const reflect = reflector([...services])
  router.service(ServerReflection, { serverReflectionInfo: reflect })
  router.service(older as typeof ServerReflection, { serverReflectionInfo: reflect })
}

function reflector(services: readonly DescService[]) {
  const files = withDependencies(services.map((service) => service.file))
  const registry = createRegistry(...files)
  const answer = ({ messageRequest: asked }: Request): Answer => {
    switch (asked.case) {
      case 'listServices':
        return {
          case: 'listServicesResponse',
          value: { service: services.map(({ typeName }) => ({ name: typeName })) },
        }
      case 'fileByFilename':
        return described(files.find((file) => file.proto.name === asked.value))
      case 'fileContainingSymbol':
        return described(fileOf(services, registry, asked.value))
      case 'fileContainingExtension': {
        const { containingType, extensionNumber } = asked.value
        const extendee = registry.getMessage(containingType)
        return described(extendee && registry.getExtensionFor(extendee, extensionNumber)?.file)
      }
      case 'allExtensionNumbersOfType': {
        const numbers = files
          .flatMap((file) => file.extensions)
          .filter((extension) => extension.extendee.typeName === asked.value)
          .map((extension) => extension.number)
        return {
          case: 'allExtensionNumbersResponse',
          value: { baseTypeName: asked.value, extensionNumber: numbers },
        }
      }
      default:
        return described(undefined)
    }
  }
  return async function* info(requests: AsyncIterable<Request>): AsyncGenerator<Response> {
    for await (const request of requests)
      yield {
        validHost: request.host,
        originalRequest: request,
        messageResponse: answer(request),
      }
  }
}

type Registry = ReturnType<typeof createRegistry>

/** The file that declares a message, an enum, an extension, a service or one of its methods. */
function fileOf(
  services: readonly DescService[],
  registry: Registry,
  symbol: string,
): DescFile | undefined {
  const method = services.find((service) =>
    service.methods.some(({ name }) => `${service.typeName}.${name}` === symbol),
  )
  return registry.get(symbol)?.file ?? method?.file
}

/** The file, and all that it needs to be understood. */
function described(file: DescFile | undefined): Answer {
  if (file === undefined)
    return {
      case: 'errorResponse',
      value: { errorCode: Code.NotFound, errorMessage: 'not found' },
    }
  const fileDescriptorProto = withDependencies([file]).map(({ proto }) =>
    toBinary(FileDescriptorProtoSchema, proto),
  )
  return { case: 'fileDescriptorResponse', value: { fileDescriptorProto } }
}

function withDependencies(roots: readonly DescFile[]): DescFile[] {
  const files = new Map<string, DescFile>()
  const add = (file: DescFile) => {
    if (files.has(file.name)) return
    files.set(file.name, file)
    for (const dependency of file.dependencies) add(dependency)
  }
  for (const root of roots) add(root)
  return [...files.values()]
}

/** grpc.reflection.v1alpha, made from v1 by its names. */
function olderReflection(): DescService {
  const text = JSON.stringify(toJson(FileDescriptorProtoSchema, ServerReflection.file.proto))
  const renamed = text
    .replaceAll('grpc.reflection.v1', 'grpc.reflection.v1alpha')
    .replaceAll('reflection/v1/', 'reflection/v1alpha/')
  const file = fromJson(FileDescriptorProtoSchema, JSON.parse(renamed))
  const service = createFileRegistry(create(FileDescriptorSetSchema, { file: [file] })).getService(
    'grpc.reflection.v1alpha.ServerReflection',
  )
  if (service === undefined) throw new Error('the reflection service lost its name')
  return service
}

/** Calls GetPasswordPolicy over gRPC for some seconds, several calls at once on one connection; runs as a child. */

import { create, fromBinary, toBinary } from '@bufbuild/protobuf'
import { createClient } from '@connectrpc/connect'
import { createGrpcTransport } from '@connectrpc/connect-node'
import { credentials, makeGenericClientConstructor } from '@grpc/grpc-js'
import {
  AuthService,
  type GetPasswordPolicyRequest,
  GetPasswordPolicyRequestSchema,
  type GetPasswordPolicyResponse,
  GetPasswordPolicyResponseSchema,
} from '@signet/contract'
import { answerParent } from '../child.ts'
import { type Slice, sliceOf } from '../slices.ts'

export interface GrpcLoad {
  origin: string
  client: 'connect-node' | 'grpc-js'
  inFlight: number
  seconds: number
}

interface PolicyClient {
  call(): Promise<GetPasswordPolicyResponse>
  close(): void
}

const request = create(GetPasswordPolicyRequestSchema)

answerParent(async ({ origin, client: kind, inFlight, seconds }: GrpcLoad): Promise<Slice> => {
  const client = kind === 'grpc-js' ? grpcJsClient(origin) : connectNodeClient(origin)
  const deadline = performance.now() + seconds * 1000
  const latencies: number[] = []
  async function callInTurn(): Promise<void> {
    for (;;) {
      const sentAt = performance.now()
      const { maxLength } = await client.call()
      if (maxLength !== 128) throw new Error(`answered a longest password of ${maxLength}`)
      const endedAt = performance.now()
      if (endedAt > deadline) return
      latencies.push(endedAt - sentAt)
    }
  }
  try {
    await Promise.all(Array.from({ length: inFlight }, callInTurn))
  } finally {
    client.close()
  }
  return sliceOf(latencies, { seconds, uncounted: inFlight })
})

function connectNodeClient(origin: string): PolicyClient {
  const client = createClient(AuthService, createGrpcTransport({ baseUrl: origin }))
  return { call: () => client.getPasswordPolicy(request), close() {} }
}

function grpcJsClient(origin: string): PolicyClient {
  const Client = makeGenericClientConstructor(
    {
      getPasswordPolicy: {
        path: `/${AuthService.typeName}/${AuthService.method.getPasswordPolicy.name}`,
        requestStream: false,
        responseStream: false,
        requestSerialize: (message: GetPasswordPolicyRequest) =>
          Buffer.from(toBinary(GetPasswordPolicyRequestSchema, message)),
        requestDeserialize: (bytes: Buffer) => fromBinary(GetPasswordPolicyRequestSchema, bytes),
        responseSerialize: (message: GetPasswordPolicyResponse) =>
          Buffer.from(toBinary(GetPasswordPolicyResponseSchema, message)),
        responseDeserialize: (bytes: Buffer) => fromBinary(GetPasswordPolicyResponseSchema, bytes),
      },
    },
    AuthService.typeName,
  )
  const client = new Client(new URL(origin).host, credentials.createInsecure())
  return {
    call: () =>
      new Promise((resolve, reject) => {
        client.getPasswordPolicy?.(
          request,
          (error: Error | null, response: GetPasswordPolicyResponse) =>
            error === null ? resolve(response) : reject(error),
        )
      }),
    close: () => client.close(),
  }
}

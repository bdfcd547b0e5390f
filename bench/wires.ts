/**
 * One method of the contract, called over one wire of one instance: what was answered, or why it was refused.
 *
 * Nothing is retried here; `untilAnswered` does what a client does whose answer did not come.
 */

import { Agent, request } from 'node:http'
import {
  create,
  type DescMessage,
  type DescMethodUnary,
  fromBinary,
  fromJsonString,
  type MessageInitShape,
  type MessageShape,
  toBinary,
  toJsonString,
} from '@bufbuild/protobuf'
import { findTrailerError } from '@connectrpc/connect/protocol-grpc'
import { Client, credentials, Metadata, type ServiceError } from '@grpc/grpc-js'
import { ErrorDetailSchema, ErrorReason } from '@signet/contract'
import { restBindings } from '@signet/contract/options'

export interface Call<I extends DescMessage> {
  input: MessageInitShape<I>
  accessToken?: string
  /** After which the caller gives up and hangs up. */
  timeoutMs?: number
}

export interface Wire {
  /** Such as "REST". */
  name: string
  /** Rejects with `Refused`. */
  call<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    call: Call<I>,
  ): Promise<MessageShape<O>>
  close(): void
}

/** A refusal with its reason in the contract, or UNREACHABLE where no answer of the service came. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly reason: string

  constructor(reason: string, options?: ErrorOptions) {
    super(`refused: ${reason}`, options)
    this.reason = reason
  }
}

const timeoutMsDefault = 10_000

/** Both wires of the service at this address, such as http://127.0.0.1:40123. */
export function wiresOf(origin: string): Wire[] {
  return [restWire(origin), grpcWire(origin)]
}

/** JSON over HTTP/1.1, on connections that are kept. */
function restWire(origin: string): Wire {
  const agent = new Agent({ keepAlive: true })
  return {
    name: 'REST',
    async call(method, { input, accessToken, timeoutMs = timeoutMsDefault }) {
      const [binding] = restBindings(method)
      if (binding?.body !== '*') throw new Error(`${method.name} has no body in REST`)
      const { status, body } = await exchange(new URL(binding.path, origin), {
        agent,
        accessToken,
        timeoutMs,
        verb: binding.verb,
        body: toJsonString(method.input, create(method.input, input)),
      })
      if (status === 200) return fromJsonString(method.output, body)
      throw new Refused(reasonIn(body))
    },
    close: () => agent.destroy(),
  }
}

interface HttpCall {
  agent: Agent
  accessToken: string | undefined
  timeoutMs: number
  verb: string
  body: string
}

/** One exchange, whole or not at all: whatever breaks on the way is no answer. */
function exchange(
  url: URL,
  { agent, accessToken, timeoutMs, verb, body }: HttpCall,
): Promise<{ status: number | undefined; body: string }> {
  return new Promise((resolve, reject) => {
    const giveUp = (cause: unknown) => {
      sent.destroy()
      reject(new Refused('UNREACHABLE', { cause }))
    }
    const timer = setTimeout(() => giveUp('no answer in time'), timeoutMs)
    const headers = {
      'content-type': 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(accessToken !== undefined && { authorization: `Bearer ${accessToken}` }),
    }
    const sent = request(url, { agent, method: verb, headers }, (answer) => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', giveUp)
      answer.on('end', () =>
        resolve({ status: answer.statusCode, body: Buffer.concat(chunks).toString() }),
      )
      answer.on('close', () => giveUp('the answer was cut off'))
    })
    sent.on('error', giveUp)
    sent.on('close', () => clearTimeout(timer))
    sent.end(body)
  })
}

function reasonIn(problem: string): string {
  try {
    return String(JSON.parse(problem).reason ?? 'UNREACHABLE')
  } catch {
    return 'UNREACHABLE'
  }
}

/** gRPC over HTTP/2 in cleartext, with the client of @grpc/grpc-js. */
function grpcWire(origin: string): Wire {
  const client = new Client(new URL(origin).host, credentials.createInsecure(), {
    'grpc.initial_reconnect_backoff_ms': 100,
    'grpc.max_reconnect_backoff_ms': 500,
  })
  return {
    name: 'gRPC',
    call(method, { input, accessToken, timeoutMs = timeoutMsDefault }) {
      const metadata = new Metadata()
      if (accessToken !== undefined) metadata.set('authorization', `Bearer ${accessToken}`)
      return new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          `/${method.parent.typeName}/${method.name}`,
          (bytes: Uint8Array) => Buffer.from(bytes),
          (bytes: Buffer) => fromBinary(method.output, bytes),
          toBinary(method.input, create(method.input, input)),
          metadata,
          { deadline: Date.now() + timeoutMs },
          (error: ServiceError | null, answer) => {
            if (answer !== undefined) resolve(answer)
            else reject(new Refused(reasonOfRpc(error), { cause: error }))
          },
        )
      })
    },
    close: () => client.close(),
  }
}

/** The reason stands in the details of the status; an error without them is not the service's. */
function reasonOfRpc(error: ServiceError | null): string {
  const [details] = error?.metadata.get('grpc-status-details-bin') ?? []
  if (details === undefined) return 'UNREACHABLE'
  const trailer = new Headers({
    'grpc-status': String(error?.code),
    'grpc-status-details-bin': Buffer.from(details).toString('base64'),
  })
  const [detail] = findTrailerError(trailer)?.findDetails(ErrorDetailSchema) ?? []
  return (detail && reasonNames.get(detail.reason)) ?? 'UNREACHABLE'
}

const reasonNames = new Map<number, string>(
  Object.entries(ErrorReason).map(([name, value]) => [value, name]),
)

/** The reason of a refusal; anything else that was thrown is a fault of the harness, and goes on. */
export function reasonOf(error: unknown): string {
  if (error instanceof Refused) return error.reason
  throw error
}

/** Whether the same call may be repeated: nobody knows what became of it, or nothing did (as `@signet/client` does). */
export function isPassing(reason: string): boolean {
  return passing.has(reason)
}

const passing = new Set(['UNREACHABLE', 'UNAVAILABLE', 'RATE_LIMITED', 'TIMEOUT', 'INTERNAL'])

export interface Retrying {
  /** Milliseconds before the second attempt; before each later one longer, up to sixteen times as long. */
  pauseMs: number
  /** After which a caller is stuck: rejects with the last reason. */
  patienceMs: number
  /** Told of each attempt that got no answer. */
  onRetry?: (reason: string) => void
}

/** Repeats a call until it is answered or refused for good. */
export async function untilAnswered<T>(call: () => Promise<T>, retrying: Retrying): Promise<T> {
  const startedAt = performance.now()
  for (let attempt = 1; ; attempt++) {
    try {
      return await call()
    } catch (error) {
      const reason = reasonOf(error)
      if (!isPassing(reason) || performance.now() - startedAt > retrying.patienceMs) throw error
      retrying.onRetry?.(reason)
      await new Promise((resolve) => setTimeout(resolve, pauseAfter(attempt, retrying.pauseMs)))
    }
  }
}

/** Longer and longer, so that a crowd that got no answer does not keep the service from answering. */
export function pauseAfter(attempt: number, pauseMs: number): number {
  return pauseMs * 2 ** Math.min(attempt - 1, 4)
}

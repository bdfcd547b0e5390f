/**
 * A method of the contract joined with its handler and its access level: what the pipeline runs.
 *
 * A handler is a plain function `(deps, ctx, input) → output`. It knows no wire.
 */

import type {
  DescMessage,
  DescMethod,
  DescMethodServerStreaming,
  DescMethodUnary,
  DescService,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf'
import { getOption, hasOption } from '@bufbuild/protobuf'
import { type Access, access } from '@signet/contract/options'
import type { Deps } from '../deps.ts'
import type { RequestContext } from '../request-context.ts'

export type UnaryHandler<I extends DescMessage, O extends DescMessage> = (
  deps: Deps,
  ctx: RequestContext,
  input: MessageShape<I>,
) => Promise<MessageInitShape<O>>

export type StreamHandler<I extends DescMessage, O extends DescMessage> = (
  deps: Deps,
  ctx: RequestContext,
  input: MessageShape<I>,
) => AsyncIterable<MessageInitShape<O>>

/** A handler for each method of a service; leaving one out does not compile. */
export type Handlers<S extends DescService> = {
  [K in keyof S['method']]: S['method'][K] extends DescMethodServerStreaming<infer I, infer O>
    ? StreamHandler<I, O>
    : S['method'][K] extends DescMethodUnary<infer I, infer O>
      ? UnaryHandler<I, O>
      : never
}

export type Who = Exclude<Access['who'], { case: undefined }>

/** One method, ready to be called. */
export type Method = UnaryMethod | StreamMethod

export interface UnaryMethod extends Callable {
  kind: 'unary'
  desc: DescMethodUnary
  handle: UnaryHandler<DescMessage, DescMessage>
}

/** A server-streaming method: one message in, many out. */
export interface StreamMethod extends Callable {
  kind: 'stream'
  desc: DescMethodServerStreaming
  handle: StreamHandler<DescMessage, DescMessage>
}

interface Callable {
  /** The full name, such as `signet.v1.AuthService/SignIn`: what metrics, spans and logs call it. */
  name: string
  who: Who
}

/** Joins a service with its handlers. Throws where a method states no access level: such a server must not start. */
export function implement<S extends DescService>(service: S, handlers: Handlers<S>): Method[] {
  return join(service, handlers, (desc) => {
    const who = hasOption(desc, access) ? getOption(desc, access).who : undefined
    if (who === undefined || who.case === undefined) {
      throw new Error(
        `${service.typeName}.${desc.name} states no (signet.v1.access): say who may call it`,
      )
    }
    return who
  })
}

/** Joins a service that others specify, and that anyone may call, with its handlers. */
export function implementPublic<S extends DescService>(
  service: S,
  handlers: Handlers<S>,
): Method[] {
  return join(service, handlers, () => ({ case: 'public', value: true }))
}

function join<S extends DescService>(
  service: S,
  handlers: Handlers<S>,
  whoOf: (desc: DescMethod) => Who,
): Method[] {
  return service.methods.map((desc) => {
    const who = whoOf(desc)
    const handle = handlers[desc.localName as keyof S['method']]
    const name = `${service.typeName}/${desc.name}`
    if (desc.methodKind === 'unary')
      return { kind: 'unary', desc, name, who, handle } as unknown as Method
    if (desc.methodKind === 'server_streaming')
      return { kind: 'stream', desc, name, who, handle } as unknown as Method
    throw new Error(`${name}: only unary and server-streaming methods exist on every wire`)
  })
}

/**
 * The one pipeline. Every call of every wire goes through it, in this order:
 *
 * 1. decode: bytes into a message (the wire says how);
 * 2. validate: the rules of the contract;
 * 3. admit: a place among the running calls;
 * 4. authenticate: a bearer token becomes a user, an id and a secret a client; a public method does not look at them;
 * 5. authorize: the access option of the method;
 * 6. handle: the handler, within the time limit;
 * 7. encode: the answer as a whole message (the wire turns it into bytes).
 *
 * Errors: always a SignetError, whatever the handler threw.
 */

import { create, type Message } from '@bufbuild/protobuf'
import { ErrorReason } from '@signet/contract'
import { parseAuthorization } from '../authorization-header.ts'
import { reasonName, SignetError } from '../errors.ts'
import type { Caller, RequestContext } from '../request-context.ts'
import { admissionKind } from './admission.ts'
import type { App } from './app.ts'
import { admitCredentials, authorize, needsCredentials } from './authorize.ts'
import { CallContext, CallerGone, type CallOrigin } from './call-context.ts'
import type { Method, StreamMethod, UnaryMethod, Who } from './method.ts'
import { refusalOf } from './refusal.ts'
import { endStreamWith } from './stream-ends.ts'
import { TimeLimit } from './time-limit.ts'

/** One call, as a wire hands it over. */
export interface CallRequest extends PlainRequest {
  /** Makes the input message; throws INVALID_ARGUMENT for bytes that are none. */
  decode(): Message
}

/** One call of an endpoint that is not of the contract. */
export interface PlainRequest extends CallOrigin {
  /** Milliseconds until the call must have been answered; for a stream, until it has begun. */
  timeoutMs: number
}

/** A stream also ends when the server does. */
export interface StreamRequest extends CallRequest {
  shutdown: AbortSignal
}

/** Runs a unary method and answers its output. Throws a SignetError. */
export function callUnary(app: App, method: UnaryMethod, request: CallRequest): Promise<Message> {
  return answer(app, method, request, async (ctx) => {
    const input = readInput(app, method, request)
    if (needsCredentials(method.who)) await admitCallerOrLeave(app, method, { ctx, request })
    try {
      return create(method.desc.output, await method.handle(app.deps, ctx, input))
    } finally {
      app.admission.leave('unary')
    }
  })
}

/**
 * Runs an endpoint that is not of the contract as a call: it takes a place among the calls, has a time limit, and is observed
 * under its name. Where it says who may call, the caller is authenticated and authorized; else it decides that itself. Throws
 * a SignetError.
 */
export function callPlain<T>(
  app: App,
  endpoint: { name: string; who?: Who },
  request: PlainRequest,
  handle: (ctx: RequestContext) => Promise<T>,
): Promise<T> {
  const { name, who } = endpoint
  return answer(app, { name }, request, async (ctx) => {
    app.admission.enter('unary')
    try {
      if (who !== undefined && needsCredentials(who))
        await admitCaller(app, { name, who }, { ctx, request })
      return await handle(ctx)
    } finally {
      app.admission.leave('unary')
    }
  })
}

function answer<T>(
  app: App,
  method: { name: string },
  request: PlainRequest,
  work: (ctx: CallContext) => Promise<T>,
): Promise<T> {
  const startedAt = performance.now()
  const ctx = new CallContext(request, app.deps.log)
  const run = () => within(ctx, { startedAt, timeoutMs: request.timeoutMs }, () => work(ctx))
  return traced(app, method, request, run).then(
    (output) => {
      observe(app, method, { request, result: 'ok', startedAt })
      return output
    },
    (error) => {
      const refusal = refusalOf(reasonOf(ctx, error), () => ctx.log, method.name)
      observe(app, method, { request, result: resultOf(ctx, refusal), startedAt })
      throw refusal
    },
  )
}

/**
 * Opens a server-streaming method: all steps up to the handler, so that a refusal comes before the first byte of the
 * answer. Throws a SignetError. Its place is given back when the messages end, and when the caller goes away.
 */
export async function openStream(
  app: App,
  method: StreamMethod,
  request: StreamRequest,
): Promise<AsyncGenerator<Message, void, undefined>> {
  const startedAt = performance.now()
  const ctx = new CallContext(request, app.deps.log)
  const observed = (result: string) => observe(app, method, { request, result, startedAt })
  try {
    const input = await traced(app, method, request, () =>
      within(ctx, { startedAt, timeoutMs: request.timeoutMs }, async () => {
        const passed = readInput(app, method, request)
        if (needsCredentials(method.who)) await admitCallerOrLeave(app, method, { ctx, request })
        if (ctx.abortReason === undefined) return passed
        // The time limit has answered meanwhile: nobody will iterate this stream.
        app.admission.leave(admissionKind(method))
        throw ctx.abortReason
      }),
    )
    const end = once((result: string) => {
      app.admission.leave(admissionKind(method))
      observed(result)
    })
    // A wire that waits to write to a caller who has left asks for no further message, and so ends nothing.
    ctx.signal.addEventListener('abort', () => {
      if (ctx.abortReason instanceof CallerGone) end('gone')
    })
    if (ctx.signal.aborted) end('gone')
    return messagesOf(app, method, { ctx, input, request, end })
  } catch (error) {
    const refusal = refusalOf(reasonOf(ctx, error), () => ctx.log, method.name)
    observed(resultOf(ctx, refusal))
    throw refusal
  }
}

/** The same function, which only its first call reaches. */
function once(run: (result: string) => void): (result: string) => void {
  let done = false
  return (result) => {
    if (done) return
    done = true
    run(result)
  }
}

interface OpenStream {
  ctx: CallContext
  input: Message
  request: StreamRequest
  /** Gives the place back and tells how the stream ended; the first time counts. */
  end(result: string): void
}

/** The messages of an open stream. Throws a SignetError; ends without one when the caller goes away. */
async function* messagesOf(
  app: App,
  method: StreamMethod,
  { ctx, input, request, end }: OpenStream,
): AsyncGenerator<Message, void, undefined> {
  let result = 'gone'
  const reauthorize = async () => {
    const again = new CallContext(request, app.deps.log)
    const caller = await authenticateCaller(app, method, { ctx: again, request })
    authorize(method.who, caller, again.now)
  }
  const release = endStreamWith(ctx, {
    shutdown: request.shutdown,
    watchCaller: (ended) => app.watchCaller?.(app.deps, ctx.caller, ended),
    reauthorize: needsCredentials(method.who) ? reauthorize : undefined,
  })
  try {
    yield* interruptible(ctx, method, method.handle(app.deps, ctx, input))
    if (ctx.abortReason === undefined) result = 'ok'
  } catch (error) {
    const refusal = refusalOf(reasonOf(ctx, error), () => ctx.log, method.name)
    result = resultOf(ctx, refusal)
    if (result !== 'gone') throw refusal
  } finally {
    end(result)
    // The consumer may also leave by `return`, which skips the lines above.
    ctx.abort(new CallerGone())
    release()
  }
}

/** Steps 1 to 3. Takes a place among the running calls; the caller gives it back. */
function readInput(app: App, method: Method, request: CallRequest): Message {
  const input = request.decode()
  app.validate(method.desc.input, input)
  app.admission.enter(admissionKind(method))
  return input
}

/** Steps 4 and 5 for a call that has a place, which it gives back where it is refused. */
async function admitCallerOrLeave(
  app: App,
  method: Method,
  call: { ctx: CallContext; request: CallRequest },
): Promise<void> {
  try {
    await admitCaller(app, method, call)
  } catch (error) {
    app.admission.leave(admissionKind(method))
    throw error
  }
}

/** What says who may call, and how that is recorded. */
type Guarded = Pick<Method, 'name' | 'who'>

/** Steps 4 and 5, where the method asks for credentials. */
async function admitCaller(
  app: App,
  method: Guarded,
  { ctx, request }: { ctx: CallContext; request: CallOrigin },
): Promise<void> {
  ctx.caller = await authenticateCaller(app, method, { ctx, request })
  await authorizeOrRecord(app, method, ctx)
}

/** Who calls, by what they present. */
function authenticateCaller(
  app: App,
  { who }: Guarded,
  { ctx, request }: { ctx: CallContext; request: CallOrigin },
): Promise<Caller> {
  const credentials = admitCredentials(who, parseAuthorization(request.authorization))
  return app.authenticate(app.deps, ctx, credentials)
}

/** A call that lacks a permission is a security event: somebody tries doors. */
async function authorizeOrRecord(app: App, method: Guarded, ctx: CallContext): Promise<void> {
  try {
    authorize(method.who, ctx.caller, ctx.now)
  } catch (error) {
    if (error instanceof SignetError && error.reason === ErrorReason.PERMISSION_DENIED)
      await app.recordDenial?.(app.deps, ctx, method)
    throw error
  }
}

/** Runs work that has to be done in time. Late work goes on unheard, its signal aborted, and keeps its place. */
function within<T>(
  ctx: CallContext,
  { startedAt, timeoutMs }: { startedAt: number; timeoutMs: number },
  work: () => Promise<T>,
): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => {
      const timeout = new SignetError(ErrorReason.TIMEOUT)
      ctx.abort(timeout)
      reject(timeout)
    }
    const limit = new TimeLimit(startedAt, timeoutMs, late)
    work().then(
      (value) => {
        limit.lift()
        resolve(value)
      },
      (error) => {
        limit.lift()
        reject(error)
      },
    )
  })
}

/** The handler's messages, until it ends or the call's signal is aborted, even while it waits for its next message. */
async function* interruptible(
  ctx: CallContext,
  method: StreamMethod,
  messages: ReturnType<StreamMethod['handle']>,
): AsyncGenerator<Message, void, undefined> {
  const { signal } = ctx
  const iterator = messages[Symbol.asyncIterator]()
  let interrupt = (_reason: unknown) => {}
  // Not awaited: a handler that is still waiting for something returns when that has come.
  const leave = () => void iterator.return?.().then(undefined, () => {})
  signal.addEventListener(
    'abort',
    () => {
      interrupt(signal.reason)
      leave()
    },
    { once: true },
  )
  try {
    for (;;) {
      const step = await new Promise<Awaited<ReturnType<typeof iterator.next>>>(
        (resolve, reject) => {
          interrupt = reject
          if (signal.aborted) reject(signal.reason)
          else iterator.next().then(resolve, reject)
        },
      )
      if (step.done === true) return
      const message = create(method.desc.output, step.value)
      try {
        yield message
      } catch {
        // A wire throws in here what kept it from writing: nobody reads any more.
        ctx.abort(new CallerGone())
        return
      }
    }
  } finally {
    leave()
  }
}

/** An aborted call fails for the reason of its abort, whatever its handler made of it. */
function reasonOf(ctx: CallContext, error: unknown): unknown {
  if (error instanceof SignetError) return error
  if (ctx.abortReason instanceof SignetError) return ctx.abortReason
  if (ctx.abortReason instanceof CallerGone)
    return new SignetError(ErrorReason.TIMEOUT, { cause: error })
  return error
}

function resultOf(ctx: CallContext, refusal: SignetError): string {
  return ctx.abortReason instanceof CallerGone ? 'gone' : reasonName(refusal.reason)
}

function traced<T>(
  app: App,
  method: { name: string },
  request: PlainRequest,
  run: () => Promise<T>,
): Promise<T> {
  if (app.trace === undefined) return run()
  const { wire, reference, traceparent } = request
  return app.trace({ method: method.name, wire, reference, traceparent }, run)
}

function observe(
  app: App,
  method: { name: string },
  end: { request: CallOrigin; result: string; startedAt: number },
): void {
  app.observe?.({
    method: method.name,
    wire: end.request.wire,
    result: end.result,
    seconds: (performance.now() - end.startedAt) / 1000,
    reference: end.request.reference,
  })
}

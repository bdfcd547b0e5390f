/**
 * Spans for calls, queries and costly steps, sent by OTLP over HTTP when an endpoint is configured.
 *
 * Without an endpoint nothing of the SDK is loaded and a span costs nothing. A caller's `traceparent` is continued, and
 * its decision whether to sample is kept. Attributes are the names of methods, queries and steps, the wire, the
 * reference and the reason of a failure: never a value, a message or a header.
 *
 * Specs: W3C Trace Context, OpenTelemetry semantic conventions (rpc.*, db.*, error.type).
 */

import { type Attributes, type Context, SpanKind, SpanStatusCode, trace } from '@opentelemetry/api'
import { ErrorReason } from '@signet/contract'
import type { CallLabels } from '../call/app.ts'
import { reasonName, SignetError } from '../errors.ts'
import type { SpanExport } from './span-export.ts'

export interface Tracing {
  /** Runs a call inside a span of its own, below the caller's if it sent one. */
  traceCall<T>(call: CallLabels, run: () => Promise<T>): Promise<T>
  /** Runs a statement inside a span, named after its query. */
  traceQuery<T>(name: string, run: () => Promise<T>): Promise<T>
  /** Runs a costly step, such as a password hash, inside a span. */
  traceStep<T>(name: string, run: () => Promise<T>): Promise<T>
  /** Sends what is waiting, for two seconds at most. */
  shutdown(): Promise<void>
}

/**
 * Spans of this process. `otlpEndpoint` is the collector's base URL: spans go to `/v1/traces` below it. Loads the SDK
 * where there is one, and only then.
 */
export async function createTracing({ otlpEndpoint }: { otlpEndpoint?: string }): Promise<Tracing> {
  if (otlpEndpoint === undefined) return untraced
  const { openSpanExport } = await import('./span-export.ts')
  const spans = openSpanExport(otlpEndpoint)
  return {
    traceCall({ method, wire, reference, traceparent }, run) {
      const [service = '', name = ''] = method.split('/')
      const attributes = {
        'rpc.system.name': wire,
        'rpc.service': service,
        'rpc.method': name,
        'signet.reference': reference,
      }
      const parent = spans.callerContext(traceparent)
      return inSpan(spans, { name: method, kind: SpanKind.SERVER, attributes, parent }, run)
    },
    traceQuery(name, run) {
      const attributes = { 'db.system.name': 'postgresql', 'db.operation.name': name }
      return inSpan(spans, { name, kind: SpanKind.CLIENT, attributes }, run)
    },
    traceStep(name, run) {
      return inSpan(spans, { name, kind: SpanKind.INTERNAL, attributes: {} }, run)
    },
    shutdown: spans.shutdown,
  }
}

const untraced: Tracing = {
  traceCall: (_, run) => run(),
  traceQuery: (_, run) => run(),
  traceStep: (_, run) => run(),
  shutdown: () => Promise.resolve(),
}

interface SpanStart {
  name: string
  kind: SpanKind
  attributes: Attributes
  /** Left out, it is the span that runs. */
  parent?: Context
}

async function inSpan<T>(spans: SpanExport, start: SpanStart, run: () => Promise<T>): Promise<T> {
  const { name, kind, attributes, parent = spans.contexts.active() } = start
  const span = spans.tracer.startSpan(name, { kind, attributes }, parent)
  try {
    return await spans.contexts.with(trace.setSpan(parent, span), run)
  } catch (error) {
    const { type, ours } = failureOf(error)
    span.setAttribute('error.type', type)
    if (ours) span.setStatus({ code: SpanStatusCode.ERROR })
    throw error
  } finally {
    span.end()
  }
}

/** The name of a failure, and whether it is the service that failed, not the caller. Messages may quote values. */
function failureOf(error: unknown): { type: string; ours: boolean } {
  if (error instanceof SignetError) {
    const { reason } = error
    const ours = reason === ErrorReason.INTERNAL || reason === ErrorReason.UNAVAILABLE
    return { type: reasonName(reason), ours }
  }
  return { type: error instanceof Error ? error.name : typeof error, ours: true }
}

/**
 * The OpenTelemetry SDK, wired by hand: one tracer, batches over OTLP/HTTP, contexts that follow promises.
 *
 * Nothing is registered globally, so two servers in one process do not share spans. Imported only where an endpoint is
 * configured: it costs some 150 ms and 24 MB. Headers for the collector come from OTEL_EXPORTER_OTLP_HEADERS, which
 * the exporter reads itself.
 *
 * Specs: W3C Trace Context §3.2 (traceparent).
 */

import { setTimeout as wait } from 'node:timers/promises'
import {
  type Context,
  type ContextManager,
  ROOT_CONTEXT,
  type Tracer,
  trace,
} from '@opentelemetry/api'
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks'
import { parseTraceParent } from '@opentelemetry/core'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace'

export interface SpanExport {
  tracer: Tracer
  contexts: ContextManager
  /** The context of a caller that sent this header; the root where there is none or it is malformed. */
  callerContext(traceparent: string | undefined): Context
  /** Sends what is waiting, for two seconds at most. */
  shutdown(): Promise<void>
}

const shutdownTimeoutMs = 2000
const exportTimeoutMs = 5000

/** Opens the export. A collector that is away costs spans, nothing else. */
export function openSpanExport(endpoint: string): SpanExport {
  const exporter = new OTLPTraceExporter({
    url: `${endpoint.replace(/\/+$/, '')}/v1/traces`,
    timeoutMillis: exportTimeoutMs,
  })
  const provider = new TracerProvider({
    sampler: new ParentBasedSampler({ root: new AlwaysOnSampler() }),
    resource: resourceFromAttributes({ 'service.name': 'signet' }),
    spanProcessors: [new BatchSpanProcessor({ exporter })],
  })
  const contexts = new AsyncLocalStorageContextManager().enable()
  return {
    tracer: provider.getTracer('signet'),
    contexts,
    callerContext(traceparent) {
      const caller = traceparent === undefined ? null : parseTraceParent(traceparent)
      if (caller === null) return ROOT_CONTEXT
      return trace.setSpanContext(ROOT_CONTEXT, { ...caller, isRemote: true })
    },
    async shutdown() {
      const closing = new AbortController()
      const timeout = wait(shutdownTimeoutMs, undefined, { signal: closing.signal }).catch(
        () => undefined,
      )
      await Promise.race([provider.shutdown().catch(() => undefined), timeout])
      closing.abort()
      contexts.disable()
    },
  }
}

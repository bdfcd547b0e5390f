/**
 * How much of anything the wires read and how long they wait for it. Going over one is a clear refusal: 413, 431, 408,
 * 503, or a closed connection where there is no request to answer.
 */

import { limitDefaults } from '../config/limit-defaults.ts'

export interface WireLimits {
  /** Bytes of a request body as it travels, compressed or not. */
  bodyBytes: number
  /** Bytes of a request body once it is inflated. */
  inflatedBodyBytes: number
  /** Bytes of all header lines of a request together. */
  headerBytes: number
  /** Header lines of a request. */
  headersMax: number
  /** Milliseconds from the first byte of a request to its last, and again from there to its answer. */
  requestTimeoutMs: number
  /** Milliseconds that a connection may stay open without a request. */
  idleSocketTimeoutMs: number
  /** Milliseconds from accepting a connection to the end of its first header (with TLS, twice that). */
  helloTimeoutMs: number
  /** Connections at once, on each port. */
  connectionsMax: number
  /** HTTP/2 streams at once, on each connection. */
  streamsPerConnectionMax: number
  /** Milliseconds between the comments that keep a silent event stream open. */
  heartbeatMs: number
}

export const defaultWireLimits: WireLimits = {
  ...limitDefaults,
  headersMax: 100,
  helloTimeoutMs: 10_000,
  streamsPerConnectionMax: 100,
  heartbeatMs: 15_000,
}

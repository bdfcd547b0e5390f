/** The limits that an operator may change, where none does: what `SIGNET_LIMIT_…` says, and what tests are served within. */
export const limitDefaults = {
  bodyBytes: 256 * 1024,
  inflatedBodyBytes: 1024 * 1024,
  headerBytes: 16 * 1024,
  requestTimeoutMs: 15_000,
  idleSocketTimeoutMs: 65_000,
  concurrentCalls: 256,
  connectionsMax: 10_000,
} as const

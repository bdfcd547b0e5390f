/**
 * Tells the issuer how far this process is, when somebody waits for a receipt: at once, one call at a time, and of several
 * positions only the last. A call that fails is told as an event and not repeated; whoever waits sees a verifier that is
 * silent.
 */

import type { VerifierEvent } from './events.ts'
import type { IssuerClient } from './issuer-client.ts'

export interface Place {
  logId: string
  position: number
}

export interface PositionReportsOptions {
  issuerClient: IssuerClient
  verifierId: string
  onEvent(event: VerifierEvent): void
}

const path = '/api/v1/revocations/report-position'

/** Makes the function that reports. It never throws and never waits. */
export function openPositionReports(options: PositionReportsOptions): (place: Place) => void {
  const { issuerClient, verifierId, onEvent } = options
  let next: Place | undefined
  let sending = false

  async function send(): Promise<void> {
    sending = true
    while (next !== undefined) {
      const { logId, position } = next
      next = undefined
      const body = JSON.stringify({ verifierId, logId, position: String(position) })
      try {
        const post = {
          method: 'POST',
          authenticated: true,
          contentType: 'application/json',
        } as const
        await issuerClient.json(path, { ...post, body })
      } catch (error) {
        onEvent({ kind: 'report_failed', detail: (error as Error).message })
      }
    }
    sending = false
  }

  return (place) => {
    next = place
    if (!sending) void send()
  }
}

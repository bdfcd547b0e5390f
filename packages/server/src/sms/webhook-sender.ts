/**
 * Sends text messages through an HTTP service of the operator: one POST of JSON for each.
 *
 *     { "to": "+4915112345678", "text": "…" }
 *
 * The request is signed, so that nobody else can have messages sent: HMAC-SHA256 over id, time and body. The id stays the same
 * when a message is sent again, so that a service which keeps it sends a repeated one once. 400, 413 and 422 refuse this message for
 * good; everything else may pass.
 *
 * Specs: Standard Webhooks §"Verifying webhook authenticity" (symmetric signatures), RFC 9110 §15.
 */

import { createHmac } from 'node:crypto'
import type { PhoneSettings } from '../config/phone-settings.ts'
import { type Sms, SmsDelayed, SmsRefused } from './sms-sender.ts'

const timeoutMs = 10_000
const finalStatuses = new Set([400, 413, 422])

/** Sends one message. */
export async function sendByWebhook(
  { url, secret }: NonNullable<PhoneSettings['webhook']>,
  { id, to, text }: Sms,
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify({ to, text })
  const at = String(Math.floor(Date.now() / 1000))
  const mac = createHmac('sha256', secret.reveal()).update(`${id}.${at}.${body}`).digest('base64')
  const response = await fetch(url, {
    method: 'POST',
    redirect: 'error',
    signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    headers: {
      'content-type': 'application/json',
      'webhook-id': id,
      'webhook-timestamp': at,
      'webhook-signature': `v1,${mac}`,
    },
    body,
  }).catch((error: Error) => {
    const cause = error.cause instanceof Error ? error.cause.message : error.message
    throw new SmsDelayed(`the service for text messages cannot be reached: ${cause}`)
  })
  // Nothing in the answer matters, but a body that nobody reads would keep the connection.
  await response.body?.cancel()
  if (response.ok) return
  const sentence = `the service for text messages answered ${response.status}`
  throw finalStatuses.has(response.status) ? new SmsRefused(sentence) : new SmsDelayed(sentence)
}

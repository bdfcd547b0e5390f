/** A scripted issuer and verifiers of it for each test, closed after it. */

import assert from 'node:assert/strict'
import { afterEach, beforeEach } from 'node:test'
import type { VerifierEvent } from '../events.ts'
import type { VerifierOptions } from '../options.ts'
import type { RefusalReason } from '../refusal.ts'
import type { Requirements } from '../requirements.ts'
import { createVerifier, type Verifier } from '../verifier.ts'
import { eventually, type MovableClock, movableClock } from './conditions.ts'
import { openScriptedIssuer, type ScriptedIssuer } from './scripted-issuer.ts'

export let clock: MovableClock
export let issuer: ScriptedIssuer
export let events: VerifierEvent[]
const open: Verifier[] = []

/** Gives every test of the file an issuer and a clock of its own. */
export function useScriptedIssuer(): void {
  beforeEach(async () => {
    clock = movableClock()
    issuer = await openScriptedIssuer({ clock })
    events = []
  })
  afterEach(async () => {
    for (const verifier of open.splice(0)) verifier.close()
    await issuer.stop()
  })
}

export function openVerifier(options: Partial<VerifierOptions> = {}): Verifier {
  const verifier = createVerifier({
    issuer: issuer.url,
    audience: issuer.audience,
    client: issuer.client,
    clock,
    permissions: { clerk: ['invoices.approve'] },
    onEvent: (event) => events.push(event),
    ...options,
  })
  open.push(verifier)
  return verifier
}

export async function readyVerifier(options: Partial<VerifierOptions> = {}): Promise<Verifier> {
  const verifier = openVerifier(options)
  await verifier.ready()
  return verifier
}

export async function assertRefused(
  verifier: Verifier,
  token: string,
  reason: RefusalReason,
  requirements?: Requirements,
): Promise<void> {
  await assert.rejects(verifier.verify(token, requirements), { name: 'VerificationError', reason })
}

/** Sends entries at the next positions, and waits until the verifier has them. */
export async function revoke(verifier: Verifier, ...entries: object[]): Promise<void> {
  const position = Number(verifier.status().revocations.position) + entries.length
  issuer.latest().send({ entries, position: String(position) })
  await eventually(() => verifier.status().revocations.position === position)
}

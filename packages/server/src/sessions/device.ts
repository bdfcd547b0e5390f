/** What a device says of itself when somebody signs in on it. */

import type { Violation } from '../errors.ts'
import { checkPrintable } from '../users/printable.ts'

/** A device as it describes itself; shown to the person, never trusted. Empty where it said nothing. */
export interface Device {
  installationId: string
  model: string
  os: string
  app: string
}

/** The device of a request. */
export function deviceOf(message: Device | undefined): Device | undefined {
  if (message === undefined) return undefined
  const { installationId, model, os, app } = message
  return { installationId, model, os, app }
}

/** What of it cannot be shown. */
export function deviceViolations(device: Device | undefined): Violation[] {
  return Object.entries(device ?? {}).flatMap(([name, text]) =>
    checkPrintable(`device.${name}`, String(text)),
  )
}

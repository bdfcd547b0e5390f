/** A value that never shows itself: printing, serialising and inspecting it all give `[redacted]`. */

import { inspect } from 'node:util'

const shown = '[redacted]'

/** Holds a secret from the configuration. Only `reveal` gives it out, so every use can be found by that word. */
export class Secret {
  readonly #value: string

  constructor(value: string) {
    this.#value = value
  }

  /** The secret itself, for the one place that uses it. */
  reveal(): string {
    return this.#value
  }

  toString(): string {
    return shown
  }

  toJSON(): string {
    return shown
  }

  [inspect.custom](): string {
    return shown
  }
}

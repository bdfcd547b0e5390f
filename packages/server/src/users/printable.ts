/** Which text a person or a device may be called by: anything that can be shown, and stored as it came. */

import type { Violation } from '../errors.ts'

// Controls (NUL cannot be stored), lone surrogates, and overrides of the writing direction, which let a name show as
// another one or disturb the text around it.
const unprintable = /[\p{Cc}\p{Cs}\u202a-\u202e\u2066-\u2069]/u

/** The violation of a field whose text cannot be shown, if it is one. */
export function checkPrintable(field: string, text: string): Violation[] {
  if (!unprintable.test(text)) return []
  const message = 'This text contains control characters. Remove them.'
  return [{ field, rule: 'text.printable', message }]
}

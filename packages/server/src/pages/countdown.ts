/** How long somebody has to wait: in words of the server, which the script of the pages counts down. */

import { type Html, html } from '../html/html.ts'
import type { Translator } from './page-texts.ts'

const texts = {
  attempt: { before: 'countdown', after: 'countdown_over' },
  mail: { before: 'mail_countdown', after: 'mail_countdown_over' },
} as const

/** A line that says for how long, and, with the script, when it is over. It has the id `countdown`, and interrupts nobody. */
export function countdown(
  words: Translator,
  seconds: number,
  { until }: { until: keyof typeof texts },
): Html {
  const left = Math.max(1, Math.ceil(seconds))
  const { before, after } = texts[until]
  const text = words.text(before)
  return html`<p class="hint" id="countdown" role="timer" data-countdown="${left}" data-text="${text}" data-then="${words.text(after)}">${text.replace('{time}', clock(left))}</p>`
}

/** Seconds as a clock shows them: `0:28`, `4:12`, `1:00:00`. */
function clock(seconds: number): string {
  const parts = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) =>
    String(part).padStart(2, '0'),
  )
  const hours = Math.floor(seconds / 3600)
  const [minutes = '', rest = ''] = parts
  return hours === 0 ? `${Number(minutes)}:${rest}` : `${hours}:${minutes}:${rest}`
}

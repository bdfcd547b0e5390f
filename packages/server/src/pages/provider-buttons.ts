/** The ways in by a provider, as links: opening one changes nothing but where the browser is. */

import { type HtmlValue, html } from '../html/html.ts'
import { providerMark } from './provider-marks.ts'
import { pageAddress, type Visit } from './visit.ts'

/** A button for each provider, below the form, but for the one that waits to be linked; nothing, where there is none. */
export function providerButtons({ words, carried, providers, waiting }: Visit): HtmlValue {
  const others = providers.filter(({ id }) => id !== waiting?.provider)
  if (others.length === 0) return undefined
  return html`<p class="or"><span>${words.text('or')}</span></p>
<div class="stack">
${others.map(({ id, kind, name }) => html`<a class="button second provider" href="${pageAddress(`/auth/${id}`, carried)}">${providerMark(kind)}<span>${words.text('continue_with', { provider: name })}</span></a>\n`)}
</div>`
}

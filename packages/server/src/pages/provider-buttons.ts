/** The ways in by a provider, as links: opening one changes nothing but where the browser is. */

import { type HtmlValue, html } from '../html/html.ts'
import { providerMark } from './provider-marks.ts'
import { pageAddress, type Visit } from './visit.ts'

/** A button for each provider, below the form; nothing, where there is none, or where one is waiting to be linked. */
export function providerButtons({ words, carried, providers, waiting }: Visit): HtmlValue {
  if (providers.length === 0 || waiting !== undefined) return undefined
  return html`<p class="or"><span>${words.text('or')}</span></p>
<div class="stack">
${providers.map(({ id, kind, name }) => html`<a class="button second provider" href="${pageAddress(`/auth/${id}`, carried)}">${providerMark(kind)}<span>${words.text('continue_with', { provider: name })}</span></a>\n`)}
</div>`
}

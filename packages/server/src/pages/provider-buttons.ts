/** The ways in by a provider, as links: opening one changes nothing but where the browser is. */

import type { ListedProvider } from '../federation/known-providers.ts'
import { type Html, type HtmlValue, html } from '../html/html.ts'
import { isLastMethod, lastUsedMark } from './last-method.ts'
import { providerMark } from './provider-marks.ts'
import { pageAddress, type Visit } from './visit.ts'

/** Beyond these a person does not choose any more, but search. */
const shownMax = 3

/**
 * A button for each provider, below the form, but for the one that waits to be linked; nothing, where there is none. The one that was used
 * last in this browser comes first.
 */
export function providerButtons(visit: Visit): HtmlValue {
  const { words, providers, waiting } = visit
  const others = providers.filter(({ id }) => id !== waiting?.provider)
  if (others.length === 0) return undefined
  const isLast = ({ id }: ListedProvider) => Number(isLastMethod(visit, `provider.${id}`))
  const inOrder = others.toSorted((a, b) => isLast(b) - isLast(a))
  const more = inOrder.slice(shownMax)
  return html`<p class="or"><span>${words.text('or')}</span></p>
<div class="stack">
${inOrder.slice(0, shownMax).map((each) => providerButton(visit, each))}
</div>
${more.length > 0 && html`<details class="more"><summary>${words.text('more_ways')}</summary><div class="stack">${more.map((each) => providerButton(visit, each))}</div></details>`}`
}

function providerButton(visit: Visit, { id, kind, name }: ListedProvider): Html {
  const { words, carried } = visit
  const label = words.text('continue_with', { provider: name })
  return html`<a class="button second provider" href="${pageAddress(`/auth/${id}`, carried)}">${providerMark(kind)}<span>${label}</span>${lastUsedMark(visit, `provider.${id}`)}</a>
`
}

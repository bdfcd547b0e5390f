/** Pages about what went wrong: what happened, what to do, a reference, and a part for developers. */

import { type Html, html } from '../html/html.ts'
import { countdown } from './countdown.ts'
import { type Page, pageAddress, type Visit } from './visit.ts'

export interface ErrorPage {
  title: string
  /** What happened, and what to do. */
  sentence: string
  /** Seconds after which trying again makes sense, where that is known. */
  retryAfterSeconds?: number | undefined
  /** The way on, where there is one. */
  button?: { label: string; to: string }
  /** For whoever builds the client or runs the service. */
  details: readonly (readonly [label: string, value: string | Html])[]
}

/** The page. */
export function errorPage({ words, reference }: Visit, error: ErrorPage): Page {
  const { title, sentence, button, details, retryAfterSeconds: wait } = error
  return {
    title,
    content: html`<p>${sentence}</p>
${wait !== undefined && countdown(words, wait, { until: 'attempt' })}
${button && html`<p><a class="button second" href="${button.to}">${button.label}</a></p>`}
<p class="aside">${words.text('reference', { reference })} <button class="plain" type="button" hidden data-copies="${reference}" data-copied="${words.text('copied')}">${words.text('copy')}</button><span class="unseen" role="status"></span></p>
${details.length > 0 && html`<details><summary>${words.text('for_developers')}</summary><dl lang="en">${details.map(([label, value]) => html`<dt>${label}</dt><dd dir="ltr">${value}</dd>\n`)}</dl></details>`}`,
  }
}

/** The page of an address where there is nothing. */
export function notFoundPage(visit: Visit): Page {
  const { words, carried, path } = visit
  return errorPage(visit, {
    title: words.text('not_found_title'),
    sentence: words.text('not_found_lead'),
    button: { label: words.text('not_found_button'), to: pageAddress('/sign-in', carried) },
    details: [['path', path]],
  })
}

/** The page of a browser that keeps no cookies. */
export function noCookiesPage(visit: Visit): Page {
  const { words, carried, host, path } = visit
  return errorPage(visit, {
    title: words.text('cookies_title'),
    sentence: words.text('cookies_lead', { host }),
    button: { label: words.text('try_again'), to: pageAddress(path, carried) },
    details: [
      ['issuer', visit.config.issuer],
      ['host', host],
    ],
  })
}

/** The page of a link from an app that is cut off. */
export function brokenRequestPage(visit: Visit): Page {
  const { words } = visit
  return errorPage(visit, {
    title: words.text('error_title'),
    sentence: words.text('request_broken'),
    details: [['request', 'not sealed by this service, or cut off on its way']],
  })
}

/**
 * The document around every hosted page: band with the rosette of this installation, heading, what was refused or worked, the
 * content, and a strip that names the request. It stands on its own without script, on any width, in either direction.
 *
 * Specs: WCAG 2.2 §2.4.2, §3.1.1, §3.2.6; OWASP ASVS 5.0 V3.4.
 */

import { cookiesAreSecure } from '../cookie-header.ts'
import { type Html, html } from '../html/html.ts'
import { directionOf } from '../translation/languages.ts'
import { appHeading, appLinks } from './app-identity.ts'
import type { BrandMarkup } from './brand-markup.ts'
import { countdown } from './countdown.ts'
import { outsideLink } from './fields.ts'
import { pageScript } from './page-script.ts'
import { pageStyle } from './page-style.ts'
import { languageNames, languageTags } from './page-texts.ts'
import { type Page, type PageAnswer, pageAddress, type Visit } from './visit.ts'

/** The face of an installation: the same on all of its instances, for as long as it lives. */
export interface Face {
  rosette: Html
  /** Four characters that tell two installations apart. */
  shortId: string
  brand: BrandMarkup
}

/** A page, and why it is shown again, if it is. */
export type ShownPage = Pick<Extract<PageAnswer, { page: Page }>, 'page' | 'refused'>

/** The whole page. */
export function pageFrame(face: Face, visit: Visit, { page, refused }: ShownPage): Html {
  const { words, config } = visit
  const { brand, issuer } = config
  return html`<html lang="${words.locale}" dir="${directionOf(words.locale)}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>${refused !== undefined && '⚠ '}${page.title} · ${brand.name}</title>
${pageStyle.element}
${face.brand.stylesheet}
${face.brand.icon}
<script src="${pageScript.path}" defer></script>
</head>
${refused === undefined ? html`<body>` : html`<body data-address="${pageAddress(visit.path, visit.carried)}">`}
${!cookiesAreSecure(config) && html`<aside class="development">${words.text('not_encrypted')}</aside>`}
<div class="document">
<header class="band">
${face.rosette}
${face.brand.heading}
<p class="host" dir="ltr">${new URL(issuer).host}</p>
</header>
<main>
<div class="body">
<h1>${page.title}</h1>
${appHeading(visit, page)}
${refused !== undefined && problemNote(visit, refused)}
${page.notice !== undefined && html`<div class="note notice" role="status"><p>${page.notice}</p></div>`}
<div class="content">
${page.content}
${appLinks(visit, page)}
</div>
</div>
${strip(face, visit)}
</main>
</div>
<footer>
<span class="tap">${words.text('language')}</span>
${languageTags.map((tag) => languageLink(visit, tag))}
${brandLinks(visit)}
</footer>
</body>
</html>`
}

/** Why something was refused: read out, focused, and where waiting helps, counted down beside it, so that no second is read out. */
function problemNote(
  { words }: Visit,
  { problem, retryAfterSeconds }: NonNullable<ShownPage['refused']>,
): Html {
  return html`<div class="note problem" role="alert" tabindex="-1" autofocus><p>${problem}</p></div>
${retryAfterSeconds !== undefined && countdown(words, retryAfterSeconds, { until: 'attempt' })}`
}

function languageLink({ words, path, carried }: Visit, tag: string): Html {
  const name = languageNames[tag] ?? tag
  if (tag === words.language)
    return html`<strong lang="${tag}" aria-current="true">${name}</strong>\n`
  const to = pageAddress(path, { ...carried, uiLocales: tag })
  return html`<a href="${to}" lang="${tag}" hreflang="${tag}">${name}</a>\n`
}

/** Where the installation says what it does with data, what its terms are, and where people find help: the same on every page. */
function brandLinks({ words, config: { brand } }: Visit): Html | undefined {
  const links = [
    [brand.privacyUrl, words.text('privacy_link')],
    [brand.termsUrl, words.text('terms_link')],
    [brand.supportUrl, words.text('support_link')],
  ] as const
  const given = links.flatMap(([to, label]) => (to === undefined ? [] : [outsideLink(to, label)]))
  if (given.length === 0) return undefined
  return html`<span class="legal">${given.map((each) => html`${each}\n`)}</span>`
}

/** Two lines as at the foot of a passport: installation and app, reference and day. */
function strip({ shortId }: Face, { words, config, app, reference, now }: Visit): Html {
  const parts = [config.brand.name, app?.client.name ?? ''].map(machineReadable)
  const day = now.toISOString().slice(0, 10).replaceAll('-', '')
  const label = words.text('reference', { reference })
  return html`<p class="strip" dir="ltr" role="img" aria-label="${label}"><span>${parts.filter((part) => part !== '').join('<<')}&lt;${shortId}${filler}</span><span>REF&lt;${reference}&lt;&lt;${day}${filler}</span></p>`
}

const filler = '<'.repeat(60)

function machineReadable(text: string): string {
  const plain = text.normalize('NFKD').replaceAll(/\p{M}/gu, '').toUpperCase()
  return plain
    .replaceAll(/[^A-Z0-9]+/gu, '<')
    .replaceAll(/^<|<$/gu, '')
    .slice(0, 24)
}

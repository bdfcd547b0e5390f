/** What all pages of the reference share: the document around their content, and tables that scroll in a box. */

import { type Html, type HtmlValue, html } from '../html/html.ts'

interface PageFrameOptions {
  title: string
  style: Html
  /** The address that this reference describes. */
  issuer: string
  /** The list of what is on the page. */
  navigation: Html
  content: Html
}

/** A whole page: skip link, banner, navigation, main content. */
export function pageFrame({ title, style, issuer, navigation, content }: PageFrameOptions): Html {
  return html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · Signet</title>
${style}
</head>
<body>
<a class="skip" href="#main">Skip to content</a>
<header>
<div class="banner">
<p class="product">Signet <span class="host">${new URL(issuer).host}</span></p>
<ul class="pages">
<li><a href="/docs/api">Methods</a></li>
<li><a href="/docs/errors">Errors</a></li>
<li><a href="/openapi.json">OpenAPI 3.1</a></li>
</ul>
</div>
</header>
<div class="columns">
<nav aria-label="On this page">${navigation}</nav>
<main id="main" tabindex="-1">
${content}
</main>
</div>
</body>
</html>`
}

/** A table in a box of its own: where it is wider than the page, the box scrolls and not the page. */
export function scrollTable(label: string, rows: HtmlValue): Html {
  return html`<div class="scroll" role="region" aria-label="${label}" tabindex="0"><table>${rows}</table></div>`
}

/** The paragraphs of a comment. */
export function paragraphs(text: string): Html[] {
  return text.split('\n\n').map((paragraph) => html`<p>${prose(paragraph)}</p>\n`)
}

/** A comment whose `names` between backticks are set as code. */
export function prose(text: string): Html[] {
  return text
    .split('`')
    .map((part, i) => (i % 2 === 0 ? html`${part}` : html`<code>${part}</code>`))
}

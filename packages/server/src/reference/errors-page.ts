/** The page /docs/errors: every reason under the anchor to which the `type` of a problem document leads. */

import { Code } from '@connectrpc/connect'
import { problemMediaType, reasonAnchor, reasonName, reasons, reasonWords } from '../errors.ts'
import { type Html, html } from '../html/html.ts'
import type { ApiDocument } from './api-document.ts'
import { methodsOf } from './api-page.ts'
import { pageFrame, paragraphs, scrollTable } from './page-frame.ts'

interface ErrorsPageOptions {
  document: ApiDocument
  issuer: string
  style: Html
}

interface ReasonView {
  name: string
  anchor: string
  httpStatus: number
  rpcCode: string
  oauthError: string
  sentence: string
  meaning: string
  /** The methods that can answer it. */
  methods: string[]
}

/** The whole page. */
export function errorsPage({ document, issuer, style }: ErrorsPageOptions): Html {
  const views = reasonViews(document)
  return pageFrame({
    title: 'Errors',
    style,
    issuer,
    navigation: html`<ul><li><a href="#main">Reasons</a>
<ul>${views.map(({ name, anchor }) => html`<li><a href="#${anchor}">${reasonWords(name)}</a></li>\n`)}</ul></li></ul>`,
    content: html`<h1>Errors</h1>
<p>A refused call states one reason of this closed list, the same on every wire. REST answers a problem document (RFC 9457) whose <code>type</code> leads here; the RPC wires carry a <code>signet.v1.ErrorDetail</code> with the status. The <code>reference</code> finds the log line and the event of the call: give it to an administrator when you ask for help.</p>
${views.map(reasonSection)}`,
  })
}

function reasonViews(document: ApiDocument): ReasonView[] {
  const meanings = document.components.schemas.Problem?.properties?.reason?.['x-enumDescriptions']
  return Object.entries(reasons).map(([number, { rpcCode, ...row }]) => {
    const name = reasonName(Number(number) as keyof typeof reasons)
    const anchor = reasonAnchor(name)
    return {
      ...row,
      name,
      anchor,
      rpcCode: Code[rpcCode],
      meaning: meanings?.[name] ?? '',
      methods: methodsAnswering(document, anchor),
    }
  })
}

function methodsAnswering(document: ApiDocument, anchor: string): string[] {
  return methodsOf(document)
    .filter(({ operation }) =>
      Object.values(operation.responses).some(
        ({ content }) => content[problemMediaType]?.examples?.[anchor] !== undefined,
      ),
    )
    .map(({ name }) => name)
}

function reasonSection(reason: ReasonView): Html {
  const { name, anchor, methods } = reason
  return html`<section aria-labelledby="${anchor}">
<h2 id="${anchor}"><a href="#${anchor}"><code>${name}</code></a></h2>
${paragraphs(reason.meaning)}
<p class="sentence">${reason.sentence}</p>
${scrollTable(
  `${name} on each wire`,
  html`<thead><tr><th scope="col">HTTP</th><th scope="col">RPC</th><th scope="col">OAuth</th></tr></thead>
<tbody><tr><td>${reason.httpStatus}</td><td>${reason.rpcCode}</td><td><code>${reason.oauthError}</code></td></tr></tbody>`,
)}
${methods.length > 0 && html`<p class="answered">Answered by ${methods.map((method, i) => html`${i > 0 && ', '}<a href="/docs/api#${method}">${method}</a>`)}.</p>`}
</section>
`
}

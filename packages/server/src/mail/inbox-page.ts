/**
 * The pages of the built-in inbox: the list of mails, and one mail as it is seen and as it is read.
 *
 * A mail is shown in a frame that may open links in a new tab and nothing else: it runs no script, sends no form, and
 * belongs to no origin.
 */

import { designTokens } from '../html/design-tokens.ts'
import { type Html, type HtmlValue, html, inlineStyle } from '../html/html.ts'
import type { InboxMail } from './inbox.ts'

/** The stylesheet of these pages. */
export const inboxStyle = inlineStyle(`${designTokens}
*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: var(--t-md); }
a { color: var(--intaglio); text-underline-offset: 0.2em; overflow-wrap: anywhere; }
a:hover { color: var(--intaglio-strong); }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; border-radius: var(--r-tag); }
header { border-block-end: var(--line-strong); }
header > p, main { max-inline-size: 860px; margin-inline: auto; padding: var(--s-4) var(--s-5); }
header > p { margin-block: 0; font: 600 var(--t-xl); letter-spacing: -0.01em; }
header span { margin-inline-start: var(--s-2); font: 400 0.8125rem/1.35 var(--font-code); color: var(--ink-3); }
main { padding-block-end: var(--s-14); }
h1 { margin: var(--s-4) 0 var(--s-2); font: 600 var(--t-3xl); letter-spacing: -0.01em; overflow-wrap: anywhere; }
h2 { margin: var(--s-8) 0 var(--s-3); padding-block-end: var(--s-2); border-block-end: var(--line-strong); font: 600 var(--t-xl); }
p { margin: 0 0 var(--s-3); max-width: 68ch; }
.quiet { color: var(--ink-2); font: var(--t-sm); }
ol { margin: var(--s-4) 0; padding: 0; list-style: none; background: var(--sheet); border: var(--line); border-radius: var(--r-card); }
li + li { border-block-start: var(--line); }
li a { display: grid; grid-template-columns: minmax(0, 1fr) max-content; gap: var(--s-1) var(--s-4); padding: var(--s-3) var(--s-4); min-block-size: 44px; color: inherit; text-decoration: none; }
li a:hover strong { text-decoration: underline; }
li strong { font-weight: 600; overflow-wrap: anywhere; }
li time { font: var(--t-sm); color: var(--ink-3); }
li span { grid-column: 1 / -1; font: var(--t-sm); color: var(--ink-2); overflow-wrap: anywhere; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: var(--s-1) var(--s-4); margin: 0 0 var(--s-5); font: var(--t-sm); }
dt { color: var(--ink-3); }
dd { margin: 0; overflow-wrap: anywhere; }
iframe { display: block; inline-size: 100%; block-size: 640px; border: var(--line); border-radius: var(--r-card); background: var(--sheet); }
pre { margin: 0; padding: var(--s-4); background: var(--sunk); border: var(--line); border-radius: var(--r-control); font: 0.875rem/1.5 var(--font-code); white-space: pre-wrap; overflow-wrap: anywhere; }
mark { padding: 0 var(--s-1); border-radius: var(--r-tag); background: var(--warn-tint); color: var(--warn); font-weight: 600; }
`)

function frame(title: string, content: HtmlValue): Html {
  return html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
${inboxStyle.element}
</head>
<body>
<header><p>Inbox <span>development only</span></p></header>
<main>
${content}
</main>
</body>
</html>`
}

/** The list, the latest first. */
export function listPage(mails: readonly InboxMail[]): Html {
  const count = mails.length === 1 ? '1 mail' : `${mails.length} mails`
  const content =
    mails.length === 0
      ? html`<h1>No mail yet</h1>
<p>Mails that Signet sends appear here instead of being delivered. Sign up, or ask for a new password, and load this page again.</p>
<p class="quiet">Set SIGNET_SMTP_ADDRESS or SIGNET_MAIL_API_URL to deliver mails.</p>`
      : html`<h1>${count}</h1>
<p class="quiet">They were kept instead of being delivered, until the server stops. Load this page again for newer ones.</p>
<ol>
${mails.map(entry)}
</ol>`
  return frame('Inbox', content)
}

function entry({ messageId, subject, to, receivedAt }: InboxMail): Html {
  return html`<li><a href="/dev/inbox/${messageId}"><strong>${subject}</strong> ${time(receivedAt)}<span>to <bdi>${to}</bdi></span></a></li>
`
}

function time(at: Date): Html {
  const iso = at.toISOString()
  return html`<time datetime="${iso}">${iso.slice(11, 19)} UTC</time>`
}

/** One mail. */
export function mailPage({ messageId, from, to, subject, text, receivedAt }: InboxMail): Html {
  return frame(
    subject,
    html`<p class="quiet"><a href="/dev/inbox">All mails</a></p>
<h1>${subject}</h1>
<dl>
<dt>To</dt><dd><bdi>${to}</bdi></dd>
<dt>From</dt><dd>${from.name} &lt;<bdi>${from.address}</bdi>&gt;</dd>
<dt>Received</dt><dd>${time(receivedAt)}</dd>
<dt>Message-ID</dt><dd>&lt;${messageId}&gt;</dd>
</dl>
<iframe title="The mail as a mail program shows it" src="/dev/inbox/${messageId}/html" sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>
<h2>As plain text</h2>
<pre>${plainText(text)}</pre>`,
  )
}

const parts = /(https?:\/\/[^\s<>"]+|\b\d{4}(?: \d{4})+\b)/u

/** Addresses become links, and codes are marked. */
function plainText(text: string): HtmlValue[] {
  return text.split(parts).map((part, index) => {
    if (index % 2 === 0) return part
    return part.startsWith('http')
      ? html`<a href="${part}">${part}</a>`
      : html`<mark>${part}</mark>`
  })
}

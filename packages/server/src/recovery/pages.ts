/** What the pages behind mailed links show: a form, or what came of it. */

import { designTokens } from '../html/design-tokens.ts'
import { type Html, type HtmlValue, html, inlineStyle } from '../html/html.ts'

/** One form. `problem` says why the last attempt was refused, if it was. */
export interface LinkPage {
  kind: 'verify_email' | 'reset_password'
  token: string
  problem: string
}

/** What came of a call, in words for a person. */
export interface Outcome {
  status: number
  reason: string
  sentence: string
  reference: string
}

/** The stylesheet of these pages. */
export const linkStyle = inlineStyle(`${designTokens}
*, ::before, ::after { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body { margin: 0; background: var(--paper); color: var(--ink); font: var(--t-md); }
main { max-inline-size: 440px; margin: var(--s-14) auto; padding: var(--s-8) var(--s-6); background: var(--sheet); border: var(--line); border-radius: var(--r-card); }
h1 { margin: 0 0 var(--s-4); padding-block-end: var(--s-3); border-block-end: var(--line-strong); font: 600 var(--t-xl); }
p { margin: 0 0 var(--s-4); overflow-wrap: anywhere; }
label { display: block; margin-block-end: var(--s-1); font: 500 var(--t-sm); }
input { inline-size: 100%; min-block-size: 44px; padding: var(--s-2) var(--s-3); border: 1px solid var(--rule-strong); border-radius: var(--r-control); background: var(--paper); color: var(--ink); font: var(--t-md); }
button { min-block-size: 44px; margin-block-start: var(--s-5); padding: var(--s-2) var(--s-6); border: 0; border-radius: var(--r-control); background: var(--intaglio); color: var(--on-intaglio); font: 600 var(--t-md); cursor: pointer; }
button:hover { background: var(--intaglio-strong); }
:focus-visible { outline: 2px solid var(--focus); outline-offset: 2px; }
.problem { padding: var(--s-3) var(--s-4); border-radius: var(--r-control); background: var(--bad-tint); color: var(--bad); }
.quiet { margin: var(--s-5) 0 0; color: var(--ink-3); font: var(--t-sm); }
@media (max-width: 480px) { main { margin-block: 0; border: 0; border-radius: 0; min-block-size: 100vh; } }
`)

function frame(title: string, content: HtmlValue): Html {
  return html`<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${title}</title>
${linkStyle.element}
</head>
<body>
<main>
<h1>${title}</h1>
${content}
</main>
</body>
</html>`
}

/** The form behind a link. */
export function linkPage({ kind, token, problem }: LinkPage): Html {
  const refused = problem !== '' && html`<p class="problem" role="alert">${problem}</p>`
  if (kind === 'verify_email') {
    return frame(
      'Confirm your email address',
      html`${refused}<p>Confirm that you read the mail that brought you here.</p>
<form method="post" action="/verify-email">
<input type="hidden" name="token" value="${token}">
<button type="submit">Confirm the address</button>
</form>`,
    )
  }
  return frame(
    'Set a new password',
    html`${refused}<p>When it is set, you are signed out everywhere.</p>
<form method="post" action="/reset-password">
<input type="hidden" name="token" value="${token}">
<label for="password">New password</label>
<input id="password" name="password" type="password" autocomplete="new-password" required maxlength="1024">
<button type="submit">Set the password</button>
</form>`,
  )
}

/** What came of the form. */
export function outcomePage(kind: LinkPage['kind'], outcome: Outcome): Html {
  if (outcome.status === 200) {
    return kind === 'verify_email'
      ? frame('The address is confirmed', html`<p>You can close this page and sign in.</p>`)
      : frame('The password is set', html`<p>You can close this page and sign in with it.</p>`)
  }
  return frame(
    'That did not work',
    html`<p role="alert">${outcome.sentence}</p>
<p class="quiet">Reference <bdi>${outcome.reference}</bdi></p>`,
  )
}

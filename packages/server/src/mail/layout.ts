/**
 * The one layout of mails: what stands in a mail, as HTML and as plain text.
 *
 * Mail programs know little: a table, styles on the elements, and the colours of the dark in a stylesheet that some read.
 * Nothing is fetched but the logo of the brand, where there is one.
 *
 * Specs: RFC 2046 §5.1.4 (alternatives), RFC 5322 §2.1.1 (lines of text may be long here: they are encoded).
 */

import { type Html, html, inlineStyle, renderPage } from '../html/html.ts'

/** A mail, before it is laid out. */
export interface MailContent {
  language: string
  direction: 'ltr' | 'rtl'
  subject: string
  brand: { name: string; color: string; logoUrl?: string }
  paragraphs: readonly string[]
  action?: { label: string; url: string; hint: string; copy: string }
  /** The sentence around the code, and the code. */
  code?: { before: string; code: string; after: string }
  /** After everything else, in small. */
  notes: readonly string[]
}

const dark = inlineStyle(`
  @media (prefers-color-scheme: dark) {
    .ground { background: #1c1826 !important; }
    .sheet { background: #262133 !important; border-color: #453d5c !important; }
    .ink { color: #f0eef4 !important; }
    .quiet, .quiet a { color: #b9b2c9 !important; }
    .code { background: #1c1826 !important; color: #f0eef4 !important; }
  }`)

/** The mail as HTML. */
export function htmlOf(content: MailContent): string {
  const { language, direction, subject, paragraphs, notes } = content
  return renderPage(html`<html lang="${language}" dir="${direction}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${subject}</title>
${dark.element}
</head>
<body class="ground" style="margin:0;padding:0;background:#f2f7f8;">
<div role="main">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class="ground" style="background:#f2f7f8;"><tr><td align="center" style="padding:24px 12px;">
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" class="sheet" style="max-width:560px;background:#ffffff;border:1px solid #cfdcdf;border-radius:10px;"><tr><td style="padding:28px 28px 20px;font:16px/1.5 system-ui,'Segoe UI',Roboto,'Noto Sans',sans-serif;">
${heading(content)}
<h1 class="ink" style="margin:20px 0 16px;font-size:22px;line-height:1.25;font-weight:600;color:#16292f;">${subject}</h1>
${paragraphs.map((text) => html`<p class="ink" style="margin:0 0 14px;color:#16292f;overflow-wrap:anywhere;">${text}</p>\n`)}
${actionOf(content)}${codeOf(content)}
</td></tr></table>
<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:560px;"><tr><td style="padding:16px 28px;font:13px/1.5 system-ui,'Segoe UI',Roboto,'Noto Sans',sans-serif;">
${notes.map((text) => html`<p class="quiet" style="margin:0 0 8px;color:#4a5f66;overflow-wrap:anywhere;">${text}</p>\n`)}
</td></tr></table>
</td></tr></table>
</div>
</body>
</html>`)
}

function heading({ brand }: MailContent): Html {
  if (brand.logoUrl !== undefined)
    return html`<img src="${brand.logoUrl}" alt="${brand.name}" height="40" style="display:block;border:0;">`
  return html`<p class="ink" style="margin:0;padding-bottom:12px;border-bottom:3px double #8fa5ab;font-size:18px;font-weight:600;color:#16292f;">${brand.name}</p>`
}

function actionOf({ action, brand }: MailContent): Html | undefined {
  if (action === undefined) return undefined
  return html`<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:20px 0;"><tr><td bgcolor="${brand.color}" style="border-radius:6px;"><a href="${action.url}" target="_blank" rel="noopener noreferrer" style="display:inline-block;padding:12px 22px;font-weight:600;color:#ffffff;text-decoration:none;">${action.label}</a></td></tr></table>
<p class="ink" style="margin:0 0 14px;color:#16292f;">${action.hint}</p>
`
}

function codeOf({ code, action }: MailContent): Html {
  const entered =
    code &&
    html`<p class="ink" style="margin:0 0 14px;color:#16292f;">${code.before}<span class="code" dir="ltr" style="display:inline-block;padding:2px 8px;background:#e6f0f2;border-radius:4px;font:600 18px ui-monospace,Menlo,'DejaVu Sans Mono',monospace;letter-spacing:1px;">${code.code}</span>${code.after}</p>
`
  const copied =
    action &&
    html`<p class="quiet" style="margin:0 0 14px;font-size:13px;color:#4a5f66;">${action.copy}<br><a href="${action.url}" target="_blank" rel="noopener noreferrer" dir="ltr" style="color:#4a5f66;overflow-wrap:anywhere;word-break:break-all;">${action.url}</a></p>
`
  return html`${entered}${copied}`
}

/** The mail as plain text. */
export function textOf({ brand, subject, paragraphs, action, code, notes }: MailContent): string {
  const opener = action === undefined ? [] : [`${action.label}:\n${action.url}`]
  const typed = code === undefined ? [] : [`${code.before}${code.code}${code.after}`]
  const hint = action === undefined ? [] : [action.hint]
  const parts = [brand.name, subject, ...paragraphs, ...opener, ...typed, ...hint]
  return `${parts.join('\n\n')}\n\n-- \n${notes.join('\n')}\n`
}

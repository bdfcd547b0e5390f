/**
 * The parts of forms. Names, ids and `autocomplete` stay the same from release to release: password managers and people's own
 * habits rest on them.
 *
 * Specs: HTML Living Standard §4.10.18.7 (autofill), WCAG 2.2 §1.3.5, §3.3.1, §3.3.7 and §3.3.8.
 */

import { type Html, type HtmlValue, html } from '../html/html.ts'
import type { Translator } from './page-texts.ts'
import type { Tried, Visit } from './visit.ts'

/** A form that is sent to a page, with what goes along. Buttons outside of it name it by `id`. */
export function pageForm(
  { carried, formToken, formAgain }: Visit,
  { to, id, content }: { to: string; id?: string; content: HtmlValue },
): Html {
  const { request, uiLocales, waiting, stay } = carried
  const opening =
    id === undefined
      ? html`<form method="post" action="${to}">`
      : html`<form method="post" action="${to}" id="${id}">`
  // After the box: of one name the first counts (`stay-signed-in.ts`).
  const saidBefore = stay !== '' && html`<input type="hidden" name="stay" value="${stay}">`
  return html`${opening}
<input type="hidden" name="form_token" value="${formToken}">
${formAgain && html`<input type="hidden" name="form_again" value="1">`}
${request !== '' && html`<input type="hidden" name="request" value="${request}">`}
${uiLocales !== '' && html`<input type="hidden" name="ui_locales" value="${uiLocales}">`}
${waiting !== '' && html`<input type="hidden" name="waiting" value="${waiting}">`}
${content}
${saidBefore}
</form>`
}

/** What is the same for every kind of field. */
interface Field {
  name: string
  label: string
  hint?: string
  tried: Tried | undefined
}

/** What a field is described by: its hint, and what is wrong with it. */
function described({ name, hint, tried }: Field): { ids: string; invalid: string; notes: Html } {
  const wrong = tried?.violations.filter(({ field }) => field.split('.').at(-1) === name) ?? []
  const ids = [hint !== undefined && `${name}-hint`, wrong.length > 0 && `${name}-error`]
  return {
    ids: ids.filter(Boolean).join(' '),
    invalid: String(wrong.length > 0),
    notes: html`${hint !== undefined && html`<p class="hint" id="${name}-hint">${hint}</p>`}
${wrong.length > 0 && html`<p class="error" id="${name}-error">${wrong.map(({ message }) => html`${message} `)}</p>`}`,
  }
}

/** An address. `autofill` says for what; the first field of a page gets the focus. */
export function emailField(field: Field & { value: string; autofill: 'username' | 'email' }): Html {
  const { name, label, value, autofill } = field
  const { ids, invalid, notes } = described(field)
  return html`<div class="field">
<label for="${name}">${label}</label>
<div class="box"><input id="${name}" name="${name}" type="email" value="${value}" autocomplete="${autofill}" inputmode="email" autocapitalize="none" spellcheck="false" required maxlength="320" dir="ltr" aria-invalid="${invalid}" aria-describedby="${ids}"></div>
${notes}
</div>`
}

/** A phone number, with its country. */
export function phoneField(field: Field & { value: string }): Html {
  const { name, label, value } = field
  const { ids, invalid, notes } = described(field)
  return html`<div class="field">
<label for="${name}">${label}</label>
<div class="box"><input class="figures" id="${name}" name="${name}" type="tel" value="${value}" inputmode="tel" autocomplete="tel" required maxlength="40" dir="ltr" aria-invalid="${invalid}" aria-describedby="${ids}"></div>
${notes}
</div>`
}

/** A line of text. */
export function textField(
  field: Field & { value: string; autofill: string; optional?: string },
): Html {
  const { name, label, value, autofill, optional } = field
  const { ids, invalid, notes } = described(field)
  return html`<div class="field">
<label for="${name}">${label}${optional !== undefined && html` <small>${optional}</small>`}</label>
<div class="box"><input id="${name}" name="${name}" type="text" value="${value}" autocomplete="${autofill}" maxlength="200" aria-invalid="${invalid}" aria-describedby="${ids}"></div>
${notes}
</div>`
}

/** The code of a mail: one field, however it is spaced. */
export function codeField(field: Field & { value: string }): Html {
  const { name, label, value } = field
  const { ids, invalid, notes } = described(field)
  return html`<div class="field">
<label for="${name}">${label}</label>
<div class="box"><input class="figures" id="${name}" name="${name}" type="text" value="${value}" inputmode="numeric" autocomplete="one-time-code" pattern="[0-9 ]*" maxlength="12" required dir="ltr" aria-invalid="${invalid}" aria-describedby="${ids}"></div>
${notes}
</div>`
}

/** The code that opens the setup. A link may bring it behind its number sign, which no server sees. */
export function setupCodeField(field: Field & { value: string }): Html {
  const { name, label, value } = field
  const { ids, invalid, notes } = described(field)
  return html`<div class="field">
<label for="${name}">${label}</label>
<div class="box"><input class="figures" id="${name}" name="${name}" type="text" value="${value}" autocomplete="off" autocapitalize="characters" spellcheck="false" maxlength="40" required dir="ltr" data-from-fragment="" aria-invalid="${invalid}" aria-describedby="${ids}"></div>
${notes}
</div>`
}

type PasswordField = Field & { words: Translator; mark?: HtmlValue } & (
    | { autofill: 'current-password' }
    | { autofill: 'new-password'; minLength: number }
  )

/** A password. It is never filled in again by us, and may be pasted and shown. `mark` stands beside its label. */
export function passwordField(field: PasswordField): Html {
  const { name, label, words, mark } = field
  const { ids, invalid, notes } = described(field)
  const input =
    field.autofill === 'current-password'
      ? html`<input id="${name}" name="${name}" type="password" autocomplete="current-password" required maxlength="1024" aria-invalid="${invalid}" aria-describedby="${ids}">`
      : html`<input id="${name}" name="${name}" type="password" autocomplete="new-password" required minlength="${field.minLength}" maxlength="1024" passwordrules="minlength: ${field.minLength}; maxlength: 128;" aria-invalid="${invalid}" aria-describedby="${ids}">`
  const [show, hide] = [words.text('show_password'), words.text('hide_password')]
  return html`<div class="field">
<label for="${name}">${label}${mark}</label>
<div class="box">${input}<button type="button" hidden aria-pressed="false" data-reveals="${name}" data-show="${show}" data-hide="${hide}">${show}</button></div>
<p class="hint" role="status" data-caps-lock="${name}" data-text="${words.text('caps_lock')}"></p>
${notes}
</div>`
}

/** The account that a password belongs to, for password managers, where the page does not ask for it. */
export function usernameNote(label: string, email: string): HtmlValue {
  if (email === '') return undefined
  return html`<div class="field">
<label for="username">${label}</label>
<div class="box"><input id="username" name="email" type="text" value="${email}" autocomplete="username" readonly dir="ltr"></div>
</div>`
}

/** A link that leaves the page where it is: it opens beside it, and learns nothing of it. */
export function outsideLink(to: string, label: string): Html {
  return html`<a href="${to}" rel="noopener noreferrer" target="_blank">${label}</a>`
}

/** The button of a form. */
export function submitButton(label: string): Html {
  return html`<button class="button" type="submit">${label}</button>`
}

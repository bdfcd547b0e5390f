/**
 * `/setup`: the first administrator. Until there has been one, every page shows this instead.
 *
 * 1. The setup code proves that the visitor reads the output of the service.
 * 2. The account is opened with the role, in the transaction that closes the setup.
 * 3. The visitor is signed in, and goes on.
 *
 * The address that was opened stands beside the one that is configured: a difference is the first thing that goes wrong.
 *
 * Specs: OWASP ASVS 5.0 V6.3.2.
 */

import { ErrorReason } from '@signet/contract'
import type { Deps } from '../deps.ts'
import { SignetError } from '../errors.ts'
import { recordEvent } from '../events/record-event.ts'
import { type Html, html } from '../html/html.ts'
import type { RequestContext } from '../request-context.ts'
import { createAdministrator } from '../roles/create-administrator.ts'
import { isSetupCode, readInstallation, setupCode } from '../roles/set-up.ts'
import { signInInBrowser } from '../sign-in/browser-sign-in.ts'
import {
  emailField,
  pageForm,
  passwordField,
  setupCodeField,
  submitButton,
  textField,
} from './fields.ts'
import type { PageForm } from './page-form.ts'
import { staysSignedIn } from './stay-signed-in.ts'
import { rememberEmail } from './typed-email.ts'
import {
  onwardAddress,
  type Page,
  type PageRoute,
  pageAddress,
  type Tried,
  type Visit,
} from './visit.ts'

export const setUpPage: PageRoute = {
  path: '/setup',
  view,

  async submit(deps, ctx, { visit, form }) {
    const done = { to: pageAddress('/sign-in', visit.carried, { notice: 'set_up' }) }
    const { setUp, instanceId } = await readInstallation(deps.db)
    if (setUp) return done
    await requireSetupCode(deps, ctx, { form, instanceId })
    const [email, password] = [form.text('email'), form.text('password')]
    const displayName = form.text('displayName')
    const made = await createAdministrator(deps, ctx, { email, password, displayName, first: true })
    const setCookies = [rememberEmail(visit, email)]
    // Whoever had the address keeps their password, which may be another one.
    if (!made.created) return { ...done, setCookies }
    const signedIn = await signInInBrowser(deps, ctx, {
      ...{ identifier: email, password, cookieHeader: visit.cookieHeader },
      persistent: staysSignedIn(visit),
    })
    return {
      setCookies: [...signedIn.setCookies, ...setCookies],
      to: onwardAddress(visit, signedIn.sessionId),
    }
  },
}

async function requireSetupCode(
  deps: Pick<Deps, 'db' | 'masterSecret'>,
  ctx: RequestContext,
  { form, instanceId }: { form: PageForm; instanceId: string },
): Promise<void> {
  const code = setupCode(deps.masterSecret, instanceId)
  if (isSetupCode(code, form.text('setupCode'))) return
  await recordEvent(deps, ctx, { kind: 'setup.refused', outcome: 'failure' })
  const message = 'That is not the setup code.'
  const violations = [{ field: 'setupCode', rule: 'setup.code', message }]
  throw new SignetError(ErrorReason.INVALID_ARGUMENT, { violations })
}

function view(visit: Visit, tried?: Tried): Page {
  const { words, config } = visit
  const { passwordMinLength: minLength } = config
  const typed = (name: string) => tried?.form.text(name) ?? ''
  return {
    title: words.text('setup_title'),
    content: html`<p>${words.text('setup_lead')}</p>
${addressNote(visit)}
${pageForm(visit, {
  to: '/setup',
  content: html`${setupCodeField({
    name: 'setupCode',
    label: words.text('setup_code'),
    value: typed('setupCode'),
    hint: words.text('setup_code_where'),
    tried,
  })}
${emailField({ name: 'email', label: words.text('email'), value: typed('email'), autofill: 'username', tried })}
${textField({
  name: 'displayName',
  label: words.text('display_name'),
  value: typed('displayName'),
  autofill: 'name',
  optional: words.text('optional'),
  tried,
})}
${passwordField({
  name: 'password',
  label: words.text('password'),
  autofill: 'new-password',
  minLength,
  hint: words.text('password_rules', { min: String(minLength) }),
  words,
  tried,
})}
${submitButton(words.text('setup_button'))}`,
})}`,
  }
}

/** The address that was opened against the one that is configured. */
function addressNote({ words, config, host }: Visit): Html {
  const { issuer } = config
  if (new URL(issuer).host === host)
    return html`<p class="hint">${words.text('setup_address_same', { configured: issuer })}</p>`
  const visited = `${new URL(issuer).protocol}//${host}`
  return html`<div class="note caution"><p>${words.text('setup_address_differs', { visited, configured: issuer })}</p>
<p>${words.text('setup_address_fix', { visited })} <a href="${issuer}/setup">${words.text('setup_address_open', { configured: issuer })}</a></p></div>
`
}

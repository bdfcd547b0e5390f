/** The pages behind links that add an address, that give one back, and that sign in where they were asked for. */

import type { Deps } from '../deps.ts'
import { confirmEmail } from './confirm-email.ts'
import type { MailedForm } from './mailed-forms.ts'
import { undoEmailChange } from './undo-email-change.ts'

/** The pages of this installation. */
export function emailForms(deps: Deps): MailedForm[] {
  return [
    {
      path: '/confirm-email',
      title: 'Confirm your email address',
      lead: 'Confirm that you read the mail that brought you here, and the address belongs to your account.',
      form: {
        button: 'Confirm the address',
        done: { title: 'The address is confirmed', text: 'You can close this page.' },
        act: (ctx, { token }) => confirmEmail(deps, ctx, { proof: { token, email: '', code: '' } }),
      },
    },
    {
      path: '/undo-email-change',
      title: 'Take your address back',
      lead: 'Your account gets this address again. Addresses that were added lately are taken away, you are signed out everywhere, and you choose a new password: a mail tells you how.',
      form: {
        button: 'Take it back',
        done: {
          title: 'The address is yours again',
          text: 'Set a new password with the mail that comes now. You can close this page.',
        },
        act: (ctx, { token }) => undoEmailChange(deps, ctx, { token }),
      },
    },
    {
      path: '/sign-in-by-email',
      title: 'Go back to where you want to sign in',
      lead: 'This link signs in only where it was asked for. If nothing happens there, type the code from the mail.',
    },
  ]
}

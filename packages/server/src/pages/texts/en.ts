/**
 * The texts of the hosted pages in English: the catalogue that every other language is held against. Keys and the facts in
 * braces are typed from here. The layout is that of i18next JSON v4, which translation tools read.
 */

import { ErrorReason } from '@signet/contract'
import { reasons } from '../../errors.ts'

export const en = {
  // The frame.
  continue_to: 'to continue to {{app}}',
  app_home: 'Website',
  app_policy: 'Privacy policy',
  app_terms: 'Terms',
  not_encrypted: 'Development: not encrypted.',
  reference: 'Reference {{reference}}',
  language: 'Language',
  privacy_link: 'Privacy',
  terms_link: 'Terms',
  support_link: 'Help',
  for_developers: 'For developers',
  copy: 'Copy',
  copied: 'Copied',

  // Fields.
  email: 'Email address',
  password: 'Password',
  new_password: 'New password',
  display_name: 'Your name',
  optional: 'optional',
  code: 'Code from the mail',
  setup_code: 'Setup code',
  show_password: 'Show',
  hide_password: 'Hide',
  caps_lock: 'Caps Lock is on.',
  password_rules: '{{min}} characters or more. A few unrelated words are easy to remember.',

  // Sign in.
  sign_in_title: 'Sign in',
  sign_in_button: 'Sign in',
  forgot_link: 'Forgot your password?',
  no_account: 'New here?',
  sign_up_link: 'Create an account',
  stay_signed_in: 'Stay signed in',
  stay_signed_in_hint: 'on this device, if it is yours alone',
  stay_signed_in_with_provider: 'Stay signed in with a provider, too',
  already_signed_in: 'You are already signed in as {{who}}.',
  go_on: 'Continue',

  // By a provider.
  or: 'or',
  last_used: 'Last used',
  more_ways: 'More ways to continue',
  continue_with: 'Continue with {{provider}}',
  waiting_lead:
    'You come from {{provider}} as {{who}}. There is an account with the address {{email}} already.',
  waiting_then:
    'Sign in to it, to show that it is yours. From then on {{provider}} signs you in, too.',
  provider_stale:
    'This sign-in with {{provider}} was used already, took too long, or began in another browser. Start again.',
  provider_denied: 'You have not signed in with {{provider}}. Try again, or choose another way.',
  provider_answer:
    'What {{provider}} answered cannot be trusted, so nobody was signed in. Try again, or choose another way.',
  provider_unreachable:
    '{{provider}} does not answer at the moment. Try again in a minute, or choose another way.',
  provider_configuration:
    'Signing in with {{provider}} is not set up correctly here. Choose another way, and tell who runs this service.',
  provider_address_needed:
    '{{provider}} has told us no email address of yours, and one is needed here. Create an account with your address.',

  // Sign up.
  sign_up_title: 'Create an account',
  sign_up_button: 'Create the account',
  have_account: 'Have an account already?',
  sign_in_link: 'Sign in',

  // After a mail was sent.
  inbox_title: 'Check your inbox',
  inbox_sent: 'We have written to {{email}}. Open the link in the mail, or enter its code here.',
  inbox_sent_somewhere:
    'We have written to your address. Open the link in the mail, or enter its code here.',
  inbox_hint: 'Nothing there? Look in the spam folder, and check that the address is right.',
  inbox_button: 'Confirm the address',
  inbox_again: 'Send another mail',
  inbox_another_address: 'Use another address',
  inbox_resent:
    'If the address has an account that waits for it, another mail is on its way. Only the latest one counts.',
  inbox_opened: 'Opened the link on another device or in another tab? Then go on here.',
  inbox_not_yet:
    'The address is not confirmed yet. Open the link in the latest mail and press its button, then continue.',
  mail_countdown: 'You can send another mail in {time}.',
  mail_countdown_over: 'You can send another mail now.',
  mail_too_early:
    'Another mail cannot be sent yet. Give the latest one a little time, and look in the spam folder.',

  // The links in mails.
  verify_title: 'Confirm your email address',
  verify_lead: 'Confirm that you read the mail that brought you here.',
  verify_button: 'Confirm the address',
  link_not_you: 'You did not ask for this? Close this page: without the button nothing happens.',
  confirm_title: 'Confirm your email address',
  confirm_lead:
    'Confirm that you read the mail that brought you here, and the address belongs to your account.',
  confirm_button: 'Confirm the address',
  invitation_title: 'Accept the invitation',
  invitation_lead: 'Choose a password, and your account is open.',
  invitation_button: 'Open the account',
  notice_invitation_accepted: 'Your account is open. Sign in with it.',
  email_sign_in_title: 'Sign in by mail',
  email_sign_in_ask: 'Enter the address of your account. We will send a link and a code.',
  email_sign_in_send: 'Send the mail',
  email_sign_in_sent:
    'If there is an account for {{email}}, we have written to it. Enter the code from the mail within ten minutes, or open its link in this browser.',
  email_sign_in_here: 'The link that you opened signs you in, in this browser.',
  email_sign_in_link: 'Sign in with a code by mail',
  email_sign_in_elsewhere_title: 'Go back to where you want to sign in',
  email_sign_in_elsewhere_lead:
    'This link signs in only where it was asked for. If nothing happens there, type the code from the mail.',
  phone: 'Phone number',
  phone_hint: 'With the country code, as in +49 151 12345678.',
  phone_code: 'Code from the message',
  phone_code_title: 'Check your phone',
  phone_sign_in_title: 'Sign in by phone',
  phone_sign_in_ask: 'Enter the number of your account. We will send a code to it.',
  phone_sign_in_send: 'Send the code',
  phone_sign_in_sent:
    'If there is an account for {{phone}}, we have sent a text message to it. Enter the code from it within ten minutes.',
  phone_sign_in_link: 'Sign in with a code by text message',
  phone_again: 'Send another message',
  phone_too_early: 'Another message cannot be sent yet. Give the latest one a little time.',
  phone_another: 'Use another number',
  undo_title: 'Take your address back',
  undo_lead:
    'Your account gets this address again. Addresses that were added lately are taken away, you are signed out everywhere, and you choose a new password: a mail tells you how.',
  undo_button: 'Take it back',
  done_address_added_title: 'The address is confirmed',
  done_address_added_lead: 'It belongs to your account. You can close this page.',
  done_address_back_title: 'The address is yours again',
  done_address_back_lead:
    'Set a new password with the mail that comes now. You can close this page.',
  forgot_title: 'Forgot your password?',
  forgot_lead: 'Enter the address of your account. We will write to it.',
  forgot_button: 'Send the mail',
  reset_title: 'Set a new password',
  reset_sent:
    'If there is an account for {{email}}, we have written to it. Open the link in the mail, or enter its code here.',
  reset_sent_somewhere: 'Enter the code from the mail, or open its link.',
  reset_lead: 'When it is set, you are signed out everywhere, on this device too.',
  reset_button: 'Set the password',

  // What a page says at its top after something worked.
  notice_address_confirmed: 'Your address is confirmed. Sign in to go on.',
  notice_password_set: 'Your password is set, and you are signed out everywhere. Sign in with it.',
  notice_email_not_verified: 'Confirm your address first. We have written to it.',
  notice_signed_out: 'You are signed out.',
  notice_set_up: 'Signet is set up. Sign in with your account.',

  // Somebody is signed in.
  signed_in_title: 'You are signed in',
  signed_in_as: 'Signed in as {{who}}.',
  accounts_here: 'Accounts in this browser',
  active_account: 'active',
  sign_out_button: 'Sign out',
  sign_out_named: 'Sign out {{who}}',
  sign_out_all: 'Sign out of all accounts here',
  add_account: 'Use another account',
  switch_account: 'Switch account',
  choose_title: 'Choose an account',
  last_used_with: 'Last used with {{app}}',
  remove_button: 'Remove',
  remove_named: 'Remove {{who}} from this browser',
  remove_hint:
    '“Remove” signs the account out in this browser and takes it off this list. The account itself stays.',
  sign_out_title: 'Sign out?',
  sign_out_lead:
    'Apps that you use with this account in this browser will ask you to sign in again.',
  leave_lead: '{{app}} asks to sign you out.',
  stay: 'Do not sign out',
  signed_out_title: 'You are signed out',
  signed_out_lead: 'You can close this page.',
  sign_in_again: 'Sign in again',

  // Consent.
  consent_title: 'Allow {{app}} to use your account?',
  consent_as: 'You are signed in as {{who}}.',
  consent_asks: '{{app}} asks to:',
  consent_new: 'New',
  consent_allow: 'Allow',
  consent_deny: 'Deny',
  consent_goes_to: 'Afterwards you return to {{host}}.',
  consent_undo: 'You can take this back at any time, and {{app}} has to ask again:',
  apps_title: 'Apps with access',
  apps_lead: 'These apps have access to your account ({{who}}).',
  apps_none: 'No app of anybody else has access to your account ({{who}}).',
  apps_withdraw: 'Take back',
  apps_withdraw_named: 'Take back what {{app}} may do',
  notice_withdrawn: 'Taken back. The app has to ask again.',
  scope_openid: 'know who you are',
  scope_profile: 'see your name and language',
  scope_email: 'see your email address',
  scope_phone: 'see your phone number',
  scope_address: 'see your postal address',
  scope_offline_access: 'stay connected while you are away, until you take it back',
  scope_signet_account: 'manage your account here: name, addresses, password and sessions',
  scope_signet_all: 'do everything with your account here that you can do',
  scope_named: 'use {{scope}}',

  // Setup.
  setup_title: 'Set up Signet',
  setup_lead: 'Nobody administers this installation yet. Create the first account, and it will.',
  setup_code_where:
    'It was printed where Signet was started, and “signet setup-code” shows it again.',
  setup_button: 'Create the administrator',
  setup_address_same: 'You opened the address that Signet is configured for: {{configured}}.',
  setup_address_differs:
    'You opened {{visited}}, but Signet is configured for {{configured}}. Apps and links in mails use the configured one.',
  setup_address_fix:
    'Open the configured address, or set SIGNET_ISSUER={{visited}} and start again.',
  setup_address_open: 'Open {{configured}}',

  // What went wrong.
  error_title: 'That did not work',
  not_found_title: 'There is nothing here',
  not_found_lead: 'The address may be mistyped, or what was here is gone.',
  not_found_button: 'Go to sign-in',
  try_again: 'Try again',
  cookies_title: 'Your browser keeps no cookies for this site',
  cookies_lead: 'Signing in needs one. Allow cookies for {{host}}, and try again.',
  form_expired:
    'This page had been open for too long, or was opened in another window. Nothing is lost: check it and send it again.',
  app_broken:
    'The app that sent you here is not set up correctly. Go back to it, and tell those who run it.',
  app_address_unknown:
    'The app that sent you here gave an address that is not registered for it, so we stopped: nothing was shared. Go back to it, and tell those who run it.',
  request_broken:
    'The link that brought you here is not complete. Go back to the app and start again from there.',
  wait_seconds_one: 'Too many attempts. Wait {{count}} second, then try again.',
  wait_seconds_other: 'Too many attempts. Wait {{count}} seconds, then try again.',
  wait_minutes_one: 'Too many attempts. Wait {{count}} minute, then try again.',
  wait_minutes_other: 'Too many attempts. Wait {{count}} minutes, then try again.',
  wait_hours_one: 'Too many attempts. Wait {{count}} hour, then try again.',
  wait_hours_other: 'Too many attempts. Wait {{count}} hours, then try again.',
  countdown: 'You can try again in {time}.',
  countdown_over: 'You can try again now.',

  // Reasons, by their names in the contract; most are said in the words of the API, and so are those that are not here.
  reason_invalid_credentials: reasons[ErrorReason.INVALID_CREDENTIALS].sentence,
  reason_account_suspended: reasons[ErrorReason.ACCOUNT_SUSPENDED].sentence,
  reason_password_rejected: reasons[ErrorReason.PASSWORD_REJECTED].sentence,
  reason_link_invalid: reasons[ErrorReason.LINK_INVALID].sentence,
  reason_email_not_verified: reasons[ErrorReason.EMAIL_NOT_VERIFIED].sentence,
  reason_not_found: 'There is nothing at this address.',
  reason_unavailable: reasons[ErrorReason.UNAVAILABLE].sentence,
  reason_internal: reasons[ErrorReason.INTERNAL].sentence,
  reason_timeout: reasons[ErrorReason.TIMEOUT].sentence,
  reason_too_large: 'This is more than can be sent here. Send less.',
  reason_invalid_argument: 'Something in this form is not right. Check it and send it again.',
  reason_method_not_allowed: 'This address cannot be used in this way.',
  reason_unsupported_media_type: 'This is no form that this page sends.',
  reason_origin_not_allowed:
    'This form was sent from another site, so nothing was done. Open the page here and send it again.',

  // What is wrong with a field, by the rules of the API.
  rule_password_too_short:
    'Use at least {{min}} characters. A few unrelated words are easy to remember.',
  rule_password_too_long: 'Use at most {{max}} characters.',
  rule_password_common:
    'Many people use this password or one much like it, so it is among the first to be tried. Choose another one.',
  rule_password_contains_name:
    'Names and addresses are easy to guess, and without them this password is too short. Add something else.',
  rule_password_control_character:
    'This password contains an invisible control character, such as a tab. Leave it out.',
  rule_password_not_text: 'This password contains half a character. Type it again.',
  rule_setup_code:
    'That is not the setup code. Copy it from where Signet was started, or run “signet setup-code”.',
  rule_email_space: 'There is a space before or after the address. Remove it.',
  rule_email_invisible:
    'The address contains characters that cannot be seen. Type it instead of pasting it.',
  rule_email_length:
    'The address is too long: 64 bytes before the @ and 254 altogether are the most.',
  rule_email_at: 'An email address has an @, as in name@example.com.',
  rule_email_quoted: 'Addresses with quotation marks are not accepted.',
  rule_email_local:
    'The part before the @ may have letters, digits, single dots between them, and signs such as - _ +.',
  rule_email_domain: 'The part after the @ must be a domain name, as in name@example.com.',
  rule_phone_country: 'Begin with a plus sign and the country code, as in +49 151 12345678.',
  rule_phone_form:
    'A phone number has digits and nothing else; spaces, dots and hyphens may stand between them.',
  rule_phone_length: 'A phone number has 7 to 15 digits, the country code among them.',
  rule_phone_not_served: 'Numbers of this country are not served here. Use another one.',
  rule_text_printable: 'This text contains control characters. Remove them.',
} as const

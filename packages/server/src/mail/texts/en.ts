/**
 * The texts of mails in English: the catalogue that every other language is held against. Keys and the facts in braces
 * are typed from here. The layout is that of i18next JSON v4, which translation tools read.
 */

export const en = {
  greeting: 'Hello,',
  code: 'Or enter this code: {{code}}',
  useful_minutes_one: 'The link and the code are good for {{count}} minute, and for one use.',
  useful_minutes_other: 'The link and the code are good for {{count}} minutes, and for one use.',
  useful_hours_one: 'The link is good for {{count}} hour, and for one use.',
  useful_hours_other: 'The link is good for {{count}} hours, and for one use.',
  useful_days_one: 'The link is good for {{count}} day, and for one use.',
  useful_days_other: 'The link is good for {{count}} days, and for one use.',
  useful_code_one: 'The code is good for {{count}} minute.',
  useful_code_other: 'The code is good for {{count}} minutes.',
  useful_long_code: 'The code is good for as long.',
  copy_link: 'If the button does not work, copy this address into your browser:',
  sent_by: 'Sent by {{brand}} at {{host}}, to {{to}}.',
  not_you: 'If this was not you, you need not do anything: without the link nothing happens.',

  verify_email_subject: 'Confirm your email address',
  verify_email_body_1:
    'Confirm that this address is yours, to go on with your account at {{brand}}.',
  verify_email_button: 'Confirm the address',

  account_exists_subject: 'You already have an account',
  account_exists_body_1:
    'Somebody, perhaps you, wanted to open an account at {{brand}} with this address. There is one already, so nothing was changed.',
  account_exists_body_2: 'Sign in with it. If you have forgotten the password, set a new one.',
  account_exists_button: 'Set a new password',

  reset_password_subject: 'Set a new password',
  reset_password_body_1:
    'Somebody, perhaps you, asked for a new password for your account at {{brand}}.',
  reset_password_body_2: 'When it is set, you are signed out everywhere.',
  reset_password_button: 'Set a new password',

  password_changed_subject: 'Your password was changed',
  password_changed_body_1:
    'The password of your account at {{brand}} was changed on {{when}}. Other devices were signed out.',
  password_changed_body_2:
    'If this was not you, set a new password at {{host}} at once, and tell whoever runs {{brand}}.',

  new_device_subject: 'A new device signed in',
  new_device_body_1:
    'On {{when}} somebody signed in to your account at {{brand}} from a device that was not used before: {{device}}, {{address}}.',
  new_device_body_2:
    'If this was you, there is nothing to do. If not, change your password at {{host}}: that signs the device out.',

  invitation_subject: 'You are invited',
  invitation_body_1:
    'You are invited to have an account at {{brand}}. It is opened with this address and a password that you choose.',
  invitation_body_2: 'Nobody else knows the link, not even those who invited you.',
  invitation_button: 'Accept the invitation',

  sign_in_subject: 'Sign in',
  sign_in_body_1:
    'Somebody, perhaps you, wants to sign in to your account at {{brand}} with this address. Open the link where you asked for it, or type the code there. Do not give the code to anybody.',
  sign_in_button: 'Sign in',

  password_dropped_subject: 'Your password was removed',
  password_dropped_body_1:
    'You have proved on {{when}} that this address is yours. The password of your account at {{brand}} was set before that, and anybody could have set it, so it was removed, and whoever was signed in with it was signed out.',
  password_dropped_body_2: 'Set a new one at {{host}} if you want to sign in with a password.',

  add_email_subject: 'Confirm your email address',
  add_email_body_1:
    'Confirm that this address is yours, and it belongs to your account at {{brand}} from then on.',
  add_email_button: 'Confirm the address',

  change_email_subject: 'Confirm your new email address',
  change_email_body_1:
    'Confirm that this address is yours, and your account at {{brand}} uses it from then on.',
  change_email_button: 'Confirm the address',

  email_taken_subject: 'This address has an account already',
  email_taken_body_1:
    'Somebody, perhaps you, wanted to use this address for another account at {{brand}}. It belongs to your account, so nothing was changed.',
  email_taken_body_2:
    'If it is to move to the other account, take it away from this one first. If this was not you, there is nothing to do.',

  email_added_subject: 'An email address was added',
  email_added_body_1: 'Since {{when}} your account at {{brand}} also has this address: {{email}}.',
  email_added_body_2:
    'If this was not you, change your password at {{host}} at once, and take the address away.',

  primary_email_changed_subject: 'Notices go to another address',
  primary_email_changed_body_1:
    'Since {{when}} notices about your account at {{brand}} go to {{email}}. This address can still be used to sign in.',
  primary_email_changed_body_2:
    'If this was not you, change your password at {{host}} at once, and choose the address again.',

  email_changed_subject: 'Your email address was changed',
  email_changed_body_1: 'Your account at {{brand}} now uses another address: {{email}}.',
  email_changed_body_2:
    'If this was not you, take it back. It also signs you out everywhere, and you choose a new password.',
  email_changed_button: 'Take it back',

  email_removed_subject: 'Your email address was removed',
  email_removed_body_1:
    'Since {{when}} this address does not belong to your account at {{brand}} any more.',
  email_removed_body_2:
    'If this was not you, take it back. It also signs you out everywhere, and you choose a new password.',
  email_removed_button: 'Take it back',

  phone_added_subject: 'A phone number was added',
  phone_added_body_1: 'Since {{when}} your account at {{brand}} also has the number {{phone}}.',
  phone_added_body_2:
    'If this was not you, change your password at {{host}} at once, and take the number away.',

  phone_removed_subject: 'A phone number was removed',
  phone_removed_body_1:
    'Since {{when}} the number {{phone}} does not belong to your account at {{brand}} any more.',
  phone_removed_body_2:
    'That is also so where somebody else has proved that the number is theirs now. If this was not you, change your password at {{host}} at once.',

  identity_linked_subject: 'There is another way in to your account',
  identity_linked_body_1:
    'Since {{when}} you can sign in to your account at {{brand}} with {{provider}}, too.',
  identity_linked_body_2:
    'If this was not you, take it away in your account at {{host}}, and change your password at once.',

  identity_unlinked_subject: 'A way in to your account was taken away',
  identity_unlinked_body_1:
    'Since {{when}} nobody can sign in to your account at {{brand}} with {{provider}} any more.',
  identity_unlinked_body_2: 'If this was not you, change your password at {{host}} at once.',

  sms_code:
    '{{code}} is your code for {{brand}}. It is good for {{minutes}} minutes. Do not give it to anybody.',
} as const

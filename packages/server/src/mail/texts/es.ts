/** The texts of mails in Spanish. */

import type { Catalogue } from '../catalogue.ts'

export const es: Catalogue = {
  greeting: 'Hola:',
  code: 'O introduce este código: {{code}}',
  useful_minutes_one: 'El enlace y el código valen durante {{count}} minuto y para un solo uso.',
  useful_minutes_other: 'El enlace y el código valen durante {{count}} minutos y para un solo uso.',
  useful_hours_one: 'El enlace vale durante {{count}} hora y para un solo uso.',
  useful_hours_other: 'El enlace vale durante {{count}} horas y para un solo uso.',
  useful_days_one: 'El enlace vale durante {{count}} día y para un solo uso.',
  useful_days_other: 'El enlace vale durante {{count}} días y para un solo uso.',
  useful_code_one: 'El código vale durante {{count}} minuto.',
  useful_code_other: 'El código vale durante {{count}} minutos.',
  useful_long_code: 'El código vale el mismo tiempo.',
  copy_link: 'Si el botón no funciona, copia esta dirección en tu navegador:',
  sent_by: 'Enviado por {{brand}} desde {{host}} a {{to}}.',
  not_you: 'Si no has sido tú, no tienes que hacer nada: sin el enlace no pasa nada.',

  verify_email_subject: 'Confirma tu dirección de correo',
  verify_email_body_1:
    'Confirma que esta dirección es tuya para seguir con tu cuenta de {{brand}}.',
  verify_email_button: 'Confirmar la dirección',

  account_exists_subject: 'Ya tienes una cuenta',
  account_exists_body_1:
    'Alguien, quizá tú, quiso abrir una cuenta de {{brand}} con esta dirección. Ya existe una, así que no se ha cambiado nada.',
  account_exists_body_2: 'Inicia sesión con ella. Si has olvidado la contraseña, elige una nueva.',
  account_exists_button: 'Elegir una contraseña nueva',

  reset_password_subject: 'Elige una contraseña nueva',
  reset_password_body_1:
    'Alguien, quizá tú, pidió una contraseña nueva para tu cuenta de {{brand}}.',
  reset_password_body_2: 'Al guardarla se cerrará tu sesión en todas partes.',
  reset_password_button: 'Elegir una contraseña nueva',

  password_changed_subject: 'Se ha cambiado tu contraseña',
  password_changed_body_1:
    'La contraseña de tu cuenta de {{brand}} se cambió el {{when}}. Se cerró la sesión en los demás dispositivos.',
  password_changed_body_2:
    'Si no has sido tú, elige enseguida una contraseña nueva en {{host}} y avisa a quien administra {{brand}}.',

  new_device_subject: 'Ha entrado un dispositivo nuevo',
  new_device_body_1:
    'El {{when}} alguien inició sesión en tu cuenta de {{brand}} desde un dispositivo que no se había usado antes: {{device}}, {{address}}.',
  new_device_body_2:
    'Si has sido tú, no hay nada que hacer. Si no, cambia tu contraseña en {{host}}: así se cierra la sesión de ese dispositivo.',

  invitation_subject: 'Tienes una invitación',
  invitation_body_1:
    'Te invitan a tener una cuenta de {{brand}}. Se abre con esta dirección y una contraseña que eliges tú.',
  invitation_body_2: 'Nadie más conoce el enlace, ni siquiera quien te invitó.',
  invitation_button: 'Aceptar la invitación',

  sign_in_subject: 'Iniciar sesión',
  sign_in_body_1:
    'Alguien, quizá tú, quiere iniciar sesión en tu cuenta de {{brand}} con esta dirección. Abre el enlace donde lo pediste o escribe allí el código. No des el código a nadie.',
  sign_in_button: 'Iniciar sesión',

  password_dropped_subject: 'Se ha quitado tu contraseña',
  password_dropped_body_1:
    'El {{when}} demostraste que esta dirección es tuya. La contraseña de tu cuenta de {{brand}} se había puesto antes y cualquiera pudo ponerla, así que se ha quitado y se ha cerrado la sesión de quien entró con ella.',
  password_dropped_body_2: 'Elige una nueva en {{host}} si quieres iniciar sesión con contraseña.',

  add_email_subject: 'Confirma tu dirección de correo',
  add_email_body_1:
    'Confirma que esta dirección es tuya; desde entonces formará parte de tu cuenta de {{brand}}.',
  add_email_button: 'Confirmar la dirección',

  change_email_subject: 'Confirma tu nueva dirección de correo',
  change_email_body_1:
    'Confirma que esta dirección es tuya; desde entonces la usará tu cuenta de {{brand}}.',
  change_email_button: 'Confirmar la dirección',

  email_taken_subject: 'Esta dirección ya tiene una cuenta',
  email_taken_body_1:
    'Alguien, quizá tú, quiso usar esta dirección para otra cuenta de {{brand}}. Pertenece a tu cuenta, así que no se ha cambiado nada.',
  email_taken_body_2:
    'Si quieres pasarla a la otra cuenta, quítala antes de esta. Si no has sido tú, no hay nada que hacer.',

  email_added_subject: 'Se ha añadido una dirección de correo',
  email_added_body_1:
    'Desde el {{when}} tu cuenta de {{brand}} tiene también esta dirección: {{email}}.',
  email_added_body_2:
    'Si no has sido tú, cambia enseguida tu contraseña en {{host}} y quita la dirección.',

  primary_email_changed_subject: 'Los avisos van a otra dirección',
  primary_email_changed_body_1:
    'Desde el {{when}} los avisos sobre tu cuenta de {{brand}} van a {{email}}. Con esta dirección todavía se puede iniciar sesión.',
  primary_email_changed_body_2:
    'Si no has sido tú, cambia enseguida tu contraseña en {{host}} y vuelve a elegir la dirección.',

  email_changed_subject: 'Se ha cambiado tu dirección de correo',
  email_changed_body_1: 'Tu cuenta de {{brand}} usa ahora otra dirección: {{email}}.',
  email_changed_body_2:
    'Si no has sido tú, deshazlo. Además se cerrará tu sesión en todas partes y elegirás una contraseña nueva.',
  email_changed_button: 'Deshacer el cambio',

  email_removed_subject: 'Se ha quitado tu dirección de correo',
  email_removed_body_1:
    'Desde el {{when}} esta dirección ya no pertenece a tu cuenta de {{brand}}.',
  email_removed_body_2:
    'Si no has sido tú, deshazlo. Además se cerrará tu sesión en todas partes y elegirás una contraseña nueva.',
  email_removed_button: 'Deshacer el cambio',

  phone_added_subject: 'Se ha añadido un número de teléfono',
  phone_added_body_1: 'Desde el {{when}} tu cuenta de {{brand}} tiene también el número {{phone}}.',
  phone_added_body_2:
    'Si no has sido tú, cambia enseguida tu contraseña en {{host}} y quita el número.',

  phone_removed_subject: 'Se ha quitado un número de teléfono',
  phone_removed_body_1:
    'Desde el {{when}} el número {{phone}} ya no pertenece a tu cuenta de {{brand}}.',
  phone_removed_body_2:
    'También ocurre cuando otra persona demuestra que ahora el número es suyo. Si no has sido tú, cambia enseguida tu contraseña en {{host}}.',

  identity_linked_subject: 'Hay otra forma de entrar en tu cuenta',
  identity_linked_body_1:
    'Desde el {{when}} también puedes entrar en tu cuenta de {{brand}} con {{provider}}.',
  identity_linked_body_2:
    'Si no has sido tú, quítala en tu cuenta en {{host}} y cambia enseguida tu contraseña.',

  identity_unlinked_subject: 'Se ha quitado una forma de entrar en tu cuenta',
  identity_unlinked_body_1:
    'Desde el {{when}} nadie puede entrar en tu cuenta de {{brand}} con {{provider}}.',
  identity_unlinked_body_2: 'Si no has sido tú, cambia enseguida tu contraseña en {{host}}.',

  sms_code:
    '{{code}} es tu código para {{brand}}. Sirve durante {{minutes}} minutos. No se lo des a nadie.',
}

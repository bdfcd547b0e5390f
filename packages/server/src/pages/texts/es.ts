/** The texts of the hosted pages in Spanish. */

import type { Catalogue } from '../page-texts.ts'

export const es: Catalogue = {
  continue_to: 'para continuar a {{app}}',
  app_home: 'Sitio web',
  app_policy: 'Política de privacidad',
  app_terms: 'Condiciones',
  not_encrypted: 'Desarrollo: sin cifrar.',
  reference: 'Referencia {{reference}}',
  language: 'Idioma',
  privacy_link: 'Privacidad',
  terms_link: 'Condiciones',
  support_link: 'Ayuda',
  for_developers: 'Para desarrolladores',
  copy: 'Copiar',
  copied: 'Copiado',

  email: 'Dirección de correo',
  password: 'Contraseña',
  new_password: 'Contraseña nueva',
  display_name: 'Tu nombre',
  optional: 'opcional',
  code: 'Código del mensaje',
  setup_code: 'Código de instalación',
  show_password: 'Mostrar',
  hide_password: 'Ocultar',
  caps_lock: 'El bloqueo de mayúsculas está activado.',
  password_rules: '{{min}} caracteres o más. Unas palabras sin relación se recuerdan bien.',

  sign_in_title: 'Inicia sesión',
  sign_in_button: 'Iniciar sesión',
  forgot_link: '¿Has olvidado la contraseña?',
  no_account: '¿Primera vez aquí?',
  sign_up_link: 'Crea una cuenta',
  stay_signed_in: 'Mantener la sesión abierta',
  stay_signed_in_hint: 'en este dispositivo, si es solo tuyo',
  stay_signed_in_with_provider: 'Mantener la sesión abierta también con un proveedor',
  already_signed_in: 'Ya has iniciado sesión como {{who}}.',
  go_on: 'Continuar',

  or: 'o',
  last_used: 'Último uso',
  more_ways: 'Más formas de continuar',
  continue_with: 'Continuar con {{provider}}',
  waiting_lead:
    'Vienes de {{provider}} como {{who}}. Ya hay una cuenta con la dirección {{email}}.',
  waiting_then:
    'Inicia sesión en ella para mostrar que es tuya. Después también podrás entrar con {{provider}}.',
  provider_stale:
    'Este inicio de sesión con {{provider}} ya se usó, tardó demasiado o empezó en otro navegador. Empieza de nuevo.',
  provider_denied:
    'No has iniciado sesión con {{provider}}. Inténtalo de nuevo o elige otra forma.',
  provider_answer:
    'No se puede confiar en la respuesta de {{provider}}, así que nadie ha iniciado sesión. Inténtalo de nuevo o elige otra forma.',
  provider_unreachable:
    '{{provider}} no responde en este momento. Inténtalo de nuevo en un minuto o elige otra forma.',
  provider_configuration:
    'El inicio de sesión con {{provider}} no está bien configurado aquí. Elige otra forma y avisa a quien gestiona este servicio.',
  provider_address_needed:
    '{{provider}} no nos ha dado ninguna dirección de correo tuya, y aquí hace falta una. Crea una cuenta con tu dirección.',

  sign_up_title: 'Crea una cuenta',
  sign_up_button: 'Crear la cuenta',
  have_account: '¿Ya tienes una cuenta?',
  sign_in_link: 'Inicia sesión',

  inbox_title: 'Revisa tu correo',
  inbox_sent: 'Hemos escrito a {{email}}. Abre el enlace del mensaje o introduce aquí su código.',
  inbox_sent_somewhere:
    'Hemos escrito a tu dirección. Abre el enlace del mensaje o introduce aquí su código.',
  inbox_hint:
    '¿No hay nada? Mira en la carpeta de correo no deseado y comprueba que la dirección es correcta.',
  inbox_button: 'Confirmar la dirección',
  inbox_again: 'Enviar otro mensaje',
  inbox_another_address: 'Usar otra dirección',
  inbox_resent:
    'Si la dirección tiene una cuenta que lo espera, otro mensaje está en camino. Solo vale el último.',
  inbox_opened:
    '¿Has abierto el enlace en otro dispositivo o en otra pestaña? Entonces sigue aquí.',
  inbox_not_yet:
    'La dirección todavía no está confirmada. Abre el enlace del último mensaje, pulsa su botón y luego continúa.',
  mail_countdown: 'Podrás enviar otro mensaje en {time}.',
  mail_countdown_over: 'Ya puedes enviar otro mensaje.',
  mail_too_early:
    'Todavía no se puede enviar otro mensaje. Dale un poco de tiempo al último y mira en la carpeta de correo no deseado.',

  verify_title: 'Confirma tu dirección de correo',
  verify_lead: 'Confirma que lees el correo que te ha traído hasta aquí.',
  verify_button: 'Confirmar la dirección',
  link_not_you: '¿No lo has pedido tú? Cierra esta página: sin el botón no pasa nada.',
  confirm_title: 'Confirma tu dirección de correo',
  confirm_lead:
    'Confirma que lees el correo que te ha traído hasta aquí, y la dirección será de tu cuenta.',
  confirm_button: 'Confirmar la dirección',
  invitation_title: 'Aceptar la invitación',
  invitation_lead: 'Elige una contraseña y tu cuenta queda abierta.',
  invitation_button: 'Abrir la cuenta',
  notice_invitation_accepted: 'Tu cuenta está abierta. Inicia sesión con ella.',
  email_sign_in_title: 'Inicia sesión por correo',
  email_sign_in_ask: 'Introduce la dirección de tu cuenta. Te enviaremos un enlace y un código.',
  email_sign_in_send: 'Enviar el mensaje',
  email_sign_in_sent:
    'Si hay una cuenta para {{email}}, le hemos escrito. Introduce el código del mensaje en diez minutos, o abre su enlace en este navegador.',
  email_sign_in_here: 'El enlace que has abierto inicia tu sesión en este navegador.',
  email_sign_in_link: 'Iniciar sesión con un código por correo',
  email_sign_in_elsewhere_title: 'Vuelve a donde quieres iniciar sesión',
  email_sign_in_elsewhere_lead:
    'Este enlace solo inicia sesión donde se pidió. Si allí no pasa nada, escribe el código del correo.',
  phone: 'Número de teléfono',
  phone_hint: 'Con el prefijo del país, como en +34 612 345 678.',
  phone_code: 'Código del mensaje',
  phone_code_title: 'Mira tu teléfono',
  phone_sign_in_title: 'Inicia sesión por teléfono',
  phone_sign_in_ask: 'Introduce el número de tu cuenta. Te enviaremos un código.',
  phone_sign_in_send: 'Enviar el código',
  phone_sign_in_sent:
    'Si hay una cuenta con el número {{phone}}, le hemos enviado un mensaje de texto. Introduce su código antes de diez minutos.',
  phone_sign_in_link: 'Iniciar sesión con un código por mensaje de texto',
  phone_again: 'Enviar otro mensaje',
  phone_too_early: 'Todavía no se puede enviar otro mensaje. Espera un poco al último.',
  phone_another: 'Usar otro número',
  undo_title: 'Recupera tu dirección',
  undo_lead:
    'Tu cuenta vuelve a tener esta dirección. Se quitan las que se añadieron hace poco, se cierra tu sesión en todas partes y eliges una contraseña nueva: un mensaje te dice cómo.',
  undo_button: 'Recuperarla',
  done_address_added_title: 'La dirección está confirmada',
  done_address_added_lead: 'Ahora es de tu cuenta. Puedes cerrar esta página.',
  done_address_back_title: 'La dirección vuelve a ser tuya',
  done_address_back_lead:
    'Elige una contraseña nueva con el mensaje que llega ahora. Puedes cerrar esta página.',
  forgot_title: '¿Has olvidado la contraseña?',
  forgot_lead: 'Introduce la dirección de tu cuenta. Te escribiremos a ella.',
  forgot_button: 'Enviar el mensaje',
  reset_title: 'Elige una contraseña nueva',
  reset_sent:
    'Si hay una cuenta para {{email}}, le hemos escrito. Abre el enlace del mensaje o introduce aquí su código.',
  reset_sent_somewhere: 'Introduce el código del mensaje o abre su enlace.',
  reset_lead: 'Al guardarla se cerrará tu sesión en todas partes, también en este dispositivo.',
  reset_button: 'Guardar la contraseña',

  notice_address_confirmed: 'Tu dirección está confirmada. Inicia sesión para continuar.',
  notice_password_set:
    'Tu contraseña está guardada y tu sesión se ha cerrado en todas partes. Inicia sesión con ella.',
  notice_email_not_verified: 'Confirma antes tu dirección. Te hemos escrito.',
  notice_signed_out: 'Has cerrado la sesión.',
  notice_set_up: 'Signet está instalado. Inicia sesión con tu cuenta.',

  signed_in_title: 'Has iniciado sesión',
  signed_in_as: 'Has iniciado sesión como {{who}}.',
  accounts_here: 'Cuentas en este navegador',
  active_account: 'activa',
  sign_out_button: 'Cerrar sesión',
  sign_out_named: 'Cerrar sesión de {{who}}',
  sign_out_all: 'Cerrar la sesión de todas las cuentas de aquí',
  add_account: 'Usar otra cuenta',
  switch_account: 'Cambiar de cuenta',
  choose_title: 'Elige una cuenta',
  last_used_with: 'Último uso con {{app}}',
  remove_button: 'Quitar',
  remove_named: 'Quitar a {{who}} de este navegador',
  remove_hint:
    '«Quitar» cierra la sesión de la cuenta en este navegador y la retira de esta lista. La cuenta sigue existiendo.',
  sign_out_title: '¿Cerrar la sesión?',
  sign_out_lead:
    'Las aplicaciones que usas con esta cuenta en este navegador te pedirán iniciar sesión de nuevo.',
  leave_lead: '{{app}} pide cerrar tu sesión.',
  stay: 'No cerrar la sesión',
  signed_out_title: 'Has cerrado la sesión',
  signed_out_lead: 'Puedes cerrar esta página.',
  sign_in_again: 'Iniciar sesión de nuevo',

  consent_title: '¿Permitir que {{app}} use tu cuenta?',
  consent_as: 'Has iniciado sesión como {{who}}.',
  consent_asks: '{{app}} pide:',
  consent_new: 'Nuevo',
  consent_allow: 'Permitir',
  consent_deny: 'Denegar',
  consent_goes_to: 'Después volverás a {{host}}.',
  consent_undo: 'Puedes retirarlo cuando quieras, y {{app}} tendrá que preguntar de nuevo:',
  apps_title: 'Aplicaciones con acceso',
  apps_lead: 'Estas aplicaciones tienen acceso a tu cuenta ({{who}}).',
  apps_none: 'Ninguna aplicación de terceros tiene acceso a tu cuenta ({{who}}).',
  apps_withdraw: 'Retirar',
  apps_withdraw_named: 'Retirar lo que {{app}} puede hacer',
  notice_withdrawn: 'Retirado. La aplicación tendrá que preguntar de nuevo.',
  scope_openid: 'saber quién eres',
  scope_profile: 'ver tu nombre y tu idioma',
  scope_email: 'ver tu dirección de correo',
  scope_phone: 'ver tu número de teléfono',
  scope_address: 'ver tu dirección postal',
  scope_offline_access: 'seguir conectada cuando no estés, hasta que lo retires',
  scope_signet_account: 'administrar aquí tu cuenta: nombre, direcciones, contraseña y sesiones',
  scope_signet_all: 'hacer con tu cuenta de aquí todo lo que tú puedes hacer',
  scope_named: 'usar {{scope}}',

  setup_title: 'Instala Signet',
  setup_lead:
    'Nadie administra todavía esta instalación. Crea la primera cuenta y la administrará.',
  setup_code_where: 'Se mostró donde se inició Signet; «signet setup-code» lo muestra otra vez.',
  setup_button: 'Crear la cuenta de administración',
  setup_address_same:
    'Has abierto la dirección para la que Signet está configurado: {{configured}}.',
  setup_address_differs:
    'Has abierto {{visited}}, pero Signet está configurado para {{configured}}. Las aplicaciones y los enlaces de los mensajes usan la configurada.',
  setup_address_fix: 'Abre la dirección configurada, o pon SIGNET_ISSUER={{visited}} y reinicia.',
  setup_address_open: 'Abrir {{configured}}',

  error_title: 'No ha funcionado',
  not_found_title: 'Aquí no hay nada',
  not_found_lead: 'Puede que la dirección esté mal escrita, o que lo que había ya no esté.',
  not_found_button: 'Ir al inicio de sesión',
  try_again: 'Intentarlo de nuevo',
  cookies_title: 'Tu navegador no guarda cookies de este sitio',
  cookies_lead:
    'Para iniciar sesión hace falta una. Permite las cookies de {{host}} e inténtalo de nuevo.',
  form_expired:
    'Esta página llevaba demasiado tiempo abierta o se abrió en otra ventana. No se ha perdido nada: revísala y envíala de nuevo.',
  app_broken:
    'La aplicación que te ha traído aquí no está bien configurada. Vuelve a ella y avisa a quien la administra.',
  app_address_unknown:
    'La aplicación que te ha traído aquí ha dado una dirección que no está registrada para ella, así que nos hemos detenido: no se ha compartido nada. Vuelve a ella y avisa a quien la administra.',
  request_broken:
    'El enlace que te ha traído aquí está incompleto. Vuelve a la aplicación y empieza de nuevo desde allí.',
  wait_seconds_one: 'Demasiados intentos. Espera {{count}} segundo e inténtalo de nuevo.',
  wait_seconds_other: 'Demasiados intentos. Espera {{count}} segundos e inténtalo de nuevo.',
  wait_minutes_one: 'Demasiados intentos. Espera {{count}} minuto e inténtalo de nuevo.',
  wait_minutes_other: 'Demasiados intentos. Espera {{count}} minutos e inténtalo de nuevo.',
  wait_hours_one: 'Demasiados intentos. Espera {{count}} hora e inténtalo de nuevo.',
  wait_hours_other: 'Demasiados intentos. Espera {{count}} horas e inténtalo de nuevo.',
  countdown: 'Podrás intentarlo de nuevo en {time}.',
  countdown_over: 'Ya puedes intentarlo de nuevo.',

  reason_invalid_credentials:
    'Ese correo y esa contraseña no coinciden. Revisa ambos e inténtalo de nuevo.',
  reason_account_suspended:
    'Esta cuenta está suspendida. Pide a quien administra que la abra de nuevo.',
  reason_password_rejected: 'Esa contraseña no se puede usar. Elige otra.',
  reason_link_invalid: 'Este enlace o código ya no vale. Pide uno nuevo y usa el último mensaje.',
  reason_email_not_verified:
    'Revisa antes el correo de esta dirección: usa el enlace o el código del último mensaje.',
  reason_not_found: 'No hay nada en esta dirección.',
  reason_unavailable: 'Signet no puede hacerlo en este momento. Inténtalo de nuevo dentro de poco.',
  reason_internal: 'Algo ha fallado por nuestra parte. Da la referencia a quien administra.',
  reason_timeout: 'Ha tardado demasiado. Inténtalo de nuevo.',
  reason_too_large: 'Es más de lo que se puede enviar aquí. Envía menos.',
  reason_invalid_argument: 'Algo de este formulario no es correcto. Revísalo y envíalo de nuevo.',
  reason_method_not_allowed: 'Esta dirección no se puede usar así.',
  reason_unsupported_media_type: 'Esto no es un formulario de esta página.',
  reason_origin_not_allowed:
    'Este formulario se envió desde otro sitio, así que no se ha hecho nada. Abre la página aquí y envíalo de nuevo.',

  rule_password_too_short:
    'Usa al menos {{min}} caracteres. Unas palabras sin relación se recuerdan bien.',
  rule_password_too_long: 'Usa como máximo {{max}} caracteres.',
  rule_password_common:
    'Mucha gente usa esta contraseña o una muy parecida, así que es de las primeras que se prueban. Elige otra.',
  rule_password_contains_name:
    'Los nombres y las direcciones se adivinan con facilidad, y sin ellos esta contraseña es demasiado corta. Añade algo más.',
  rule_password_control_character:
    'Esta contraseña contiene un carácter de control invisible, como un tabulador. Quítalo.',
  rule_password_not_text: 'Esta contraseña contiene medio carácter. Escríbela de nuevo.',
  rule_setup_code:
    'Ese no es el código de instalación. Cópialo de donde se inició Signet, o ejecuta «signet setup-code».',
  rule_email_space: 'Hay un espacio antes o después de la dirección. Quítalo.',
  rule_email_invisible:
    'La dirección contiene caracteres que no se ven. Escríbela en lugar de pegarla.',
  rule_email_length:
    'La dirección es demasiado larga: como máximo 64 bytes antes de la @ y 254 en total.',
  rule_email_at: 'Una dirección de correo lleva una @, como en nombre@example.com.',
  rule_email_quoted: 'No se aceptan direcciones con comillas.',
  rule_email_local:
    'La parte anterior a la @ puede tener letras, cifras, puntos sueltos entre ellas y signos como - _ +.',
  rule_email_domain:
    'La parte posterior a la @ debe ser un nombre de dominio, como en nombre@example.com.',
  rule_phone_country: 'Empieza por el signo más y el prefijo del país, como en +34 612 345 678.',
  rule_phone_form:
    'Un número de teléfono solo lleva cifras; entre ellas puede haber espacios, puntos y guiones.',
  rule_phone_length: 'Un número de teléfono tiene de 7 a 15 cifras, con el prefijo del país.',
  rule_phone_not_served: 'Aquí no se admiten números de este país. Usa otro.',
  rule_text_printable: 'Este texto contiene caracteres de control. Quítalos.',
}

/**
 * What several variables decide together: what production asks for, what must come in pairs, what must not collide.
 *
 * A rule speaks only where the variables that it reads were right by themselves, so that one mistake is told once.
 */

import type { Reading } from './reading.ts'
import { weakness } from './secret-strength.ts'
import { isLoopback, type SocketAddress } from './socket-address.ts'
import type { VariableName } from './variables.ts'

/** Applies every rule to what was read; what breaks one is reported there. */
export function applyRules(reading: Reading): void {
  if (reading.values.SIGNET_ENV === 'production') {
    requireProductionIssuer(reading)
    requireProductionDatabase(reading)
    requireProductionSecrets(reading)
    requireProductionOrigins(reading)
    requireProductionOutbound(reading)
    requireProductionMail(reading)
    requireProductionObjects(reading)
    requireProductionSms(reading)
  }
  requirePairs(reading)
  refuseSameAddresses(reading)
  requireIssuerForFreePort(reading)
  refuseContradictions(reading)
}

function requireProductionIssuer(reading: Reading): void {
  const issuer = reading.values.SIGNET_ISSUER
  if (issuer === undefined) {
    if (reading.isGiven('SIGNET_ISSUER')) return
    const fix = 'set it to the address that people use, such as https://auth.example.com'
    reading.report('SIGNET_ISSUER', 'is needed in production', fix)
    return
  }
  const url = new URL(issuer)
  if (url.protocol !== 'https:') {
    const fix = 'write https://…, or set SIGNET_ENV=development'
    reading.report('SIGNET_ISSUER', 'must be https outside development', fix)
  }
  if (isLoopback(url.hostname) && reading.values.SIGNET_ISSUER_LOOPBACK !== 'allow') {
    const message = 'is an address that only this machine can reach'
    const fix = 'write the address that people use, or set SIGNET_ISSUER_LOOPBACK=allow for a trial'
    reading.report('SIGNET_ISSUER', message, fix)
  }
}

function requireProductionDatabase(reading: Reading): void {
  const { values } = reading
  if (!reading.isGiven('SIGNET_DATABASE_URL')) {
    if (values.SIGNET_DATABASE_EMBEDDED !== 'allow') {
      const message = 'is needed in production'
      const fix =
        'give the URL of a Postgres, or set SIGNET_DATABASE_EMBEDDED=allow to run on the embedded one'
      reading.report('SIGNET_DATABASE_URL', message, fix)
    } else if (!reading.isGiven('SIGNET_DATA_DIR')) {
      const message = 'is needed in production where the database is embedded'
      const fix = 'name a directory on a disk that stays, such as /var/lib/signet'
      reading.report('SIGNET_DATA_DIR', message, fix)
    }
  }
  for (const name of ['SIGNET_DATABASE_URL', 'SIGNET_DATABASE_DIRECT_URL'] as const) {
    const url = values[name]
    if (url === undefined || url.sslMode !== undefined) continue
    if (url.host.startsWith('/') || isLoopback(url.host)) continue
    const message = 'leads to another machine and does not say whether with TLS'
    reading.report(name, message, 'add ?sslmode=verify-full; or require, or disable')
  }
}

function requireProductionSecrets(reading: Reading): void {
  if (!reading.isGiven('SIGNET_MASTER_SECRET')) {
    const fix =
      'make one with: openssl rand -base64 48, and name its file in SIGNET_MASTER_SECRET_FILE'
    reading.report('SIGNET_MASTER_SECRET', 'is needed in production', fix)
  }
  for (const name of ['SIGNET_MASTER_SECRET', 'SIGNET_MASTER_SECRET_PREVIOUS'] as const) {
    const secret = reading.values[name]
    const weak = secret === undefined ? undefined : weakness(secret.reveal())
    if (weak !== undefined) reading.report(name, weak, 'make one with: openssl rand -base64 48')
  }
}

function requireProductionOrigins(reading: Reading): void {
  for (const origin of reading.values.SIGNET_CORS_ORIGINS ?? []) {
    const url = new URL(origin)
    if (url.protocol === 'https:' || isLoopback(url.hostname)) continue
    const message = `has ${origin}, which must be https outside development`
    reading.report('SIGNET_CORS_ORIGINS', message, 'write https://…')
  }
}

function requireProductionOutbound(reading: Reading): void {
  for (const host of reading.values.SIGNET_OUTBOUND_PRIVATE_HOSTS ?? []) {
    if (!host.endsWith(':*')) continue
    const message = `has ${host}, which allows every port`
    reading.report('SIGNET_OUTBOUND_PRIVATE_HOSTS', message, 'name the port outside development')
  }
}

/** Mails hold links that open accounts: they do not cross a network in plain text. */
function requireProductionMail(reading: Reading): void {
  const { SIGNET_SMTP_ADDRESS: smtp, SIGNET_SMTP_TLS: tls } = reading.values
  if (smtp !== undefined && tls === 'none' && !isLoopback(smtp.host)) {
    const fix = 'write starttls or implicit, as the mail server offers it'
    reading.report('SIGNET_SMTP_TLS', 'leaves mails unencrypted on their way', fix)
  }
  const api = reading.values.SIGNET_MAIL_API_URL
  if (api !== undefined && !api.startsWith('https:') && !isLoopback(new URL(api).hostname)) {
    reading.report('SIGNET_MAIL_API_URL', 'must be https outside development', 'write https://…')
  }
}

/** Codes that open accounts do not cross a network in plain text, and a way in that nobody can use is a mistake. */
function requireProductionSms(reading: Reading): void {
  const { SIGNET_SMS_WEBHOOK_URL: url, SIGNET_PHONE_SIGN_IN: signIn } = reading.values
  if (url !== undefined && !url.startsWith('https:') && !isLoopback(new URL(url).hostname))
    reading.report('SIGNET_SMS_WEBHOOK_URL', 'must be https outside development', 'write https://…')
  if (signIn === true && !reading.isGiven('SIGNET_SMS_WEBHOOK_URL')) {
    const fix = 'set SIGNET_SMS_WEBHOOK_URL and SIGNET_SMS_WEBHOOK_SECRET, or switch it off'
    reading.report('SIGNET_PHONE_SIGN_IN', 'is on, but no text message is sent', fix)
  }
}

/** Pictures, and addresses that let anyone upload, do not cross a network in plain text. */
function requireProductionObjects(reading: Reading): void {
  const { SIGNET_S3_ENDPOINT: endpoint } = reading.values
  if (endpoint === undefined || endpoint.startsWith('https:')) return
  if (isLoopback(new URL(endpoint).hostname)) return
  reading.report('SIGNET_S3_ENDPOINT', 'must be https outside development', 'write https://…')
}

/** Variables that mean nothing without another one. */
const companions: readonly (readonly [VariableName, VariableName])[] = [
  ['SIGNET_TLS_CERTIFICATE_FILE', 'SIGNET_TLS_KEY_FILE'],
  ['SIGNET_TLS_KEY_FILE', 'SIGNET_TLS_CERTIFICATE_FILE'],
  ['SIGNET_DATABASE_PASSWORD', 'SIGNET_DATABASE_URL'],
  ['SIGNET_DATABASE_DIRECT_URL', 'SIGNET_DATABASE_URL'],
  ['SIGNET_MASTER_SECRET_PREVIOUS', 'SIGNET_MASTER_SECRET'],
  ['SIGNET_COUNTRY_HEADER', 'SIGNET_TRUSTED_PROXIES'],
  ['SIGNET_BRAND_COLOR_DARK', 'SIGNET_BRAND_COLOR'],
  ['SIGNET_BRAND_LOGO_DARK_FILE', 'SIGNET_BRAND_LOGO_FILE'],
  ['SIGNET_SMTP_USER', 'SIGNET_SMTP_ADDRESS'],
  ['SIGNET_SMTP_USER', 'SIGNET_SMTP_PASSWORD'],
  ['SIGNET_SMTP_PASSWORD', 'SIGNET_SMTP_USER'],
  ['SIGNET_MAIL_API_URL', 'SIGNET_MAIL_API_TOKEN'],
  ['SIGNET_MAIL_API_TOKEN', 'SIGNET_MAIL_API_URL'],
  ['SIGNET_SMS_WEBHOOK_URL', 'SIGNET_SMS_WEBHOOK_SECRET'],
  ['SIGNET_SMS_WEBHOOK_SECRET', 'SIGNET_SMS_WEBHOOK_URL'],
  ['SIGNET_GOOGLE_CLIENT_ID', 'SIGNET_GOOGLE_CLIENT_SECRET'],
  ['SIGNET_GOOGLE_CLIENT_SECRET', 'SIGNET_GOOGLE_CLIENT_ID'],
  ['SIGNET_MICROSOFT_CLIENT_ID', 'SIGNET_MICROSOFT_CLIENT_SECRET'],
  ['SIGNET_MICROSOFT_CLIENT_SECRET', 'SIGNET_MICROSOFT_CLIENT_ID'],
  ['SIGNET_GITHUB_CLIENT_ID', 'SIGNET_GITHUB_CLIENT_SECRET'],
  ['SIGNET_GITHUB_CLIENT_SECRET', 'SIGNET_GITHUB_CLIENT_ID'],
  ['SIGNET_LINKEDIN_CLIENT_ID', 'SIGNET_LINKEDIN_CLIENT_SECRET'],
  ['SIGNET_LINKEDIN_CLIENT_SECRET', 'SIGNET_LINKEDIN_CLIENT_ID'],
  ['SIGNET_FACEBOOK_CLIENT_ID', 'SIGNET_FACEBOOK_CLIENT_SECRET'],
  ['SIGNET_FACEBOOK_CLIENT_SECRET', 'SIGNET_FACEBOOK_CLIENT_ID'],
  ['SIGNET_OIDC_CLIENT_ID', 'SIGNET_OIDC_CLIENT_SECRET'],
  ['SIGNET_OIDC_CLIENT_SECRET', 'SIGNET_OIDC_CLIENT_ID'],
  ['SIGNET_OIDC_ISSUER', 'SIGNET_OIDC_CLIENT_ID'],
  ['SIGNET_OIDC_CLIENT_ID', 'SIGNET_OIDC_ISSUER'],
  ['SIGNET_APPLE_CLIENT_ID', 'SIGNET_APPLE_TEAM_ID'],
  ['SIGNET_APPLE_TEAM_ID', 'SIGNET_APPLE_CLIENT_ID'],
  ['SIGNET_APPLE_CLIENT_ID', 'SIGNET_APPLE_KEY_ID'],
  ['SIGNET_APPLE_KEY_ID', 'SIGNET_APPLE_CLIENT_ID'],
  ['SIGNET_APPLE_CLIENT_ID', 'SIGNET_APPLE_PRIVATE_KEY'],
  ['SIGNET_APPLE_PRIVATE_KEY', 'SIGNET_APPLE_CLIENT_ID'],
  ['SIGNET_S3_BUCKET', 'SIGNET_S3_REGION'],
  ['SIGNET_S3_REGION', 'SIGNET_S3_BUCKET'],
  ['SIGNET_S3_ENDPOINT', 'SIGNET_S3_BUCKET'],
  ['SIGNET_S3_PREFIX', 'SIGNET_S3_BUCKET'],
  ['SIGNET_S3_ACCESS_KEY_ID', 'SIGNET_S3_BUCKET'],
  ['SIGNET_S3_ACCESS_KEY_ID', 'SIGNET_S3_SECRET_ACCESS_KEY'],
  ['SIGNET_S3_SECRET_ACCESS_KEY', 'SIGNET_S3_ACCESS_KEY_ID'],
]

function requirePairs(reading: Reading): void {
  for (const [name, companion] of companions) {
    if (!reading.isGiven(name) || reading.isGiven(companion)) continue
    const message = `is set, but ${companion} is not`
    reading.report(name, message, `set ${companion} too, or unset ${name}`)
  }
}

function refuseSameAddresses(reading: Reading): void {
  const seen = new Map<string, VariableName>()
  const names = ['SIGNET_HTTP_ADDRESS', 'SIGNET_GRPC_ADDRESS', 'SIGNET_METRICS_ADDRESS'] as const
  for (const name of names) {
    const address: SocketAddress | undefined = reading.values[name]
    if (address === undefined || address.port === 0) continue
    const key = `${address.host} ${address.port}`
    const other = seen.get(key)
    if (other === undefined) seen.set(key, name)
    else {
      const fix = `give another port, or unset ${name} to share the one of SIGNET_HTTP_ADDRESS`
      reading.report(name, `is the address of ${other}`, fix)
    }
  }
}

/** A port that the system chooses is known only after the issuer must be. */
function requireIssuerForFreePort(reading: Reading): void {
  const { SIGNET_HTTP_ADDRESS: http, SIGNET_ENV: mode } = reading.values
  if (http?.port !== 0 || mode === 'production' || reading.isGiven('SIGNET_ISSUER')) return
  const message = 'is needed where the port of SIGNET_HTTP_ADDRESS is 0'
  reading.report('SIGNET_ISSUER', message, 'set it, such as http://localhost:8080')
}

function refuseContradictions(reading: Reading): void {
  const { values } = reading
  if (values.SIGNET_DATABASE_PASSWORD !== undefined) {
    for (const name of ['SIGNET_DATABASE_URL', 'SIGNET_DATABASE_DIRECT_URL'] as const) {
      if (values[name]?.password === undefined) continue
      const message = 'holds a password, and so does SIGNET_DATABASE_PASSWORD'
      reading.report(name, message, 'take the password out of the URL')
    }
  }
  const { SIGNET_MASTER_SECRET: current, SIGNET_MASTER_SECRET_PREVIOUS: previous } = values
  if (current !== undefined && current.reveal() === previous?.reveal()) {
    const message = 'is the same as SIGNET_MASTER_SECRET'
    reading.report('SIGNET_MASTER_SECRET_PREVIOUS', message, 'unset it, or give the secret before')
  }
  if (reading.isGiven('SIGNET_SMTP_ADDRESS') && reading.isGiven('SIGNET_MAIL_API_URL')) {
    const message = 'is set, and so is SIGNET_SMTP_ADDRESS'
    reading.report('SIGNET_MAIL_API_URL', message, 'unset the one that is not to be used')
  }
  const scopes = values.SIGNET_EMAIL_VERIFICATION_SCOPES
  const needsScopes = values.SIGNET_EMAIL_VERIFICATION === 'before-scopes'
  if (needsScopes && scopes?.length === 0) {
    const message = 'is before-scopes, and SIGNET_EMAIL_VERIFICATION_SCOPES names none'
    reading.report('SIGNET_EMAIL_VERIFICATION', message, 'name the scopes, or write off')
  }
  const idle = values.SIGNET_SESSION_IDLE_LIFETIME_SECONDS
  const absolute = values.SIGNET_SESSION_LIFETIME_SECONDS
  if (idle !== undefined && absolute !== undefined && idle > absolute) {
    const message = `is longer than SIGNET_SESSION_LIFETIME_SECONDS (${absolute})`
    const fix = 'make it shorter, or the other one longer'
    reading.report('SIGNET_SESSION_IDLE_LIFETIME_SECONDS', message, fix)
  }
  const sent = values.SIGNET_LIMIT_BODY_BYTES
  const inflated = values.SIGNET_LIMIT_INFLATED_BODY_BYTES
  if (sent !== undefined && inflated !== undefined && inflated < sent) {
    const message = `is less than SIGNET_LIMIT_BODY_BYTES (${sent})`
    reading.report('SIGNET_LIMIT_INFLATED_BODY_BYTES', message, 'make it at least as large')
  }
}

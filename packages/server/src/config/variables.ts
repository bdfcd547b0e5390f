/**
 * The one schema of the environment: each variable with its kind, default and a sentence for the reference.
 *
 * What depends on several variables at once is decided in `rules.ts`.
 */

import { accountVariables } from './account-settings.ts'
import { avatarVariables } from './avatar-variables.ts'
import { brandVariables } from './brand-variables.ts'
import { databaseUrl } from './database-url.ts'
import { type Kind, kind, oneOf, onOff, path, whole } from './kinds.ts'
import { limitDefaults } from './limit-defaults.ts'
import { mailVariables } from './mail-settings.ts'
import { passwordVariables } from './password-settings.ts'
import { phoneVariables } from './phone-settings.ts'
import { providerVariables } from './provider-settings.ts'
import { Secret } from './secret.ts'
import { sessionVariables } from './session-settings.ts'
import { socketAddress } from './socket-address.ts'
import { type Default, defaulted, secret, type Variable, variable } from './variable.ts'
import { addressRanges, collectorUrl, corsOrigins, issuer, privateHosts } from './web-addresses.ts'

const masterSecret: Kind<Secret> = kind('a secret of 32 bytes or more', (text) => {
  const bytes = Buffer.byteLength(text)
  const fix = 'make one with: openssl rand -base64 48'
  if (bytes === 0) return { wrong: 'is set, but empty', fix }
  if (bytes < 32) return { wrong: `has ${bytes} bytes; 32 are the least`, fix }
  if (bytes > 4096) return { wrong: 'has more than 4096 bytes', fix }
  return { value: new Secret(text) }
})

const headerName: Kind<string> = kind('the name of a header', (text) => {
  if (/^[A-Za-z0-9][A-Za-z0-9-]{0,63}$/u.test(text)) return { value: text.toLowerCase() }
  return { wrong: 'is not the name of a header', fix: 'write it such as CF-IPCountry' }
})

const redisUrl: Kind<Secret> = kind('a redis or rediss URL', (text) => {
  const url = URL.parse(text)
  const fix = 'give a whole address, such as rediss://user:password@redis.example.com:6379/0'
  if (url === null || url.hostname === '') return { wrong: 'is not a URL', fix }
  if (url.protocol !== 'redis:' && url.protocol !== 'rediss:')
    return { wrong: 'is neither redis nor rediss', fix }
  if (!/^\/?\d{0,3}$/u.test(url.pathname))
    return { wrong: 'names a database that is no number', fix }
  if (url.search !== '' || url.hash !== '')
    return { wrong: 'has options, which are not known', fix }
  return { value: new Secret(text) }
})

/** The longest that an installation may choose for its access tokens. */
export const accessTokenLifetimeMaxSeconds = 900

const kibibyte = 1024
const mebibyte = 1024 * kibibyte
const day = 24 * 60 * 60

const basics = {
  SIGNET_ENV: defaulted('development', {
    section: 'Mode and addresses',
    kind: oneOf('development', 'production'),
    about:
      'How strict Signet is. Production refuses to start with anything that is only good enough for trying it out.',
  }),
  SIGNET_ISSUER: variable({
    section: 'Mode and addresses',
    kind: issuer,
    url: 'web',
    defaultText: '`http://localhost` with the port of `SIGNET_HTTP_ADDRESS`, in development only',
    about:
      'The address under which people and apps reach Signet, and the `iss` of every token. Production needs https.',
  }),
  SIGNET_ISSUER_LOOPBACK: variable({
    section: 'Mode and addresses',
    kind: oneOf('allow'),
    about: 'Lets the issuer be an address of this machine alone in production, for trials.',
  }),
  SIGNET_HTTP_ADDRESS: defaulted('127.0.0.1:8080', {
    section: 'Mode and addresses',
    kind: socketAddress,
    about: 'Where everything is served: REST, gRPC, gRPC-Web, Connect, probes.',
  }),
  SIGNET_GRPC_ADDRESS: variable({
    section: 'Mode and addresses',
    kind: socketAddress,
    defaultText: 'gRPC is served at `SIGNET_HTTP_ADDRESS`',
    about: 'Gives gRPC a port of its own.',
  }),
  SIGNET_METRICS_ADDRESS: variable({
    section: 'Mode and addresses',
    kind: socketAddress,
    defaultText:
      'in development they are served at `SIGNET_HTTP_ADDRESS` to this machine, in production nowhere',
    about: 'Gives the metrics a port of their own, which need not be reachable from outside.',
  }),
  SIGNET_DATA_DIR: defaulted('.signet', {
    section: 'Mode and addresses',
    kind: path,
    about:
      'The directory for what this machine keeps: the embedded database, and in development the master secret.',
  }),
  SIGNET_DATABASE_URL: variable({
    section: 'Database',
    kind: databaseUrl,
    url: 'database',
    defaultText: 'the embedded Postgres, in development only',
    about:
      'The Postgres to use, from 15 on. TLS is chosen by `sslmode`: `verify-full` (with `sslrootcert=<file>` where the authority is your own), `require` (encrypted, server not proved) or `disable`. A Unix socket is `?host=<directory>`.',
  }),
  SIGNET_DATABASE_PASSWORD: variable({
    section: 'Database',
    kind: secret,
    secret: true,
    about: 'The password for the database, where it does not stand in the URL.',
  }),
  SIGNET_DATABASE_DIRECT_URL: variable({
    section: 'Database',
    kind: databaseUrl,
    url: 'database',
    defaultText: '`SIGNET_DATABASE_URL`',
    about:
      'The way around a transaction pooler, for migrations and notifications, where `SIGNET_DATABASE_URL` leads through one.',
  }),
  SIGNET_DATABASE_EMBEDDED: variable({
    section: 'Database',
    kind: oneOf('allow'),
    about:
      'Lets production run on the embedded Postgres: one machine, and backups are your own concern.',
  }),
  SIGNET_DATABASE_POOL_SIZE: defaulted('16', {
    section: 'Database',
    kind: whole(1, 500),
    about: 'The most connections that one process opens for its work.',
  }),
  SIGNET_DATABASE_PREPARED_STATEMENTS: defaulted('on', {
    section: 'Database',
    kind: onOff,
    about:
      'Whether statements are prepared once per connection. Switch off behind a transaction pooler.',
  }),
  SIGNET_MASTER_SECRET: variable({
    section: 'Secrets',
    kind: masterSecret,
    secret: true,
    defaultText: 'made at the first start and kept in `SIGNET_DATA_DIR`, in development only',
    about:
      'The secret under which every stored key is wrapped. Whoever loses it loses every session; make it with `openssl rand -base64 48`.',
  }),
  SIGNET_MASTER_SECRET_PREVIOUS: variable({
    section: 'Secrets',
    kind: masterSecret,
    secret: true,
    about:
      'Another master secret that can be read. To change the secret, start every instance with the new one here, then exchange the two, and drop the former one when `signet status` says that nothing needs it.',
  }),
} as const

const edges = {
  SIGNET_TLS_CERTIFICATE_FILE: variable({
    section: 'TLS, proxies and browsers',
    kind: path,
    defaultText: 'plain HTTP',
    about: 'The certificate to serve with, in PEM, followed by its chain.',
  }),
  SIGNET_TLS_KEY_FILE: variable({
    section: 'TLS, proxies and browsers',
    kind: path,
    about: 'The private key of that certificate, in PEM, without a passphrase.',
  }),
  SIGNET_TRUSTED_PROXIES: defaulted('', {
    section: 'TLS, proxies and browsers',
    kind: addressRanges,
    about:
      "The addresses of your own proxies. Forwarded headers from anyone else are ignored, so that nobody can pretend another caller's address.",
  }),
  SIGNET_COUNTRY_HEADER: variable({
    section: 'TLS, proxies and browsers',
    kind: headerName,
    defaultText: 'no header',
    about:
      'The header in which your proxies say the country of a caller, such as `CF-IPCountry`: two letters. They must set it themselves on every request, and stand in `SIGNET_TRUSTED_PROXIES`; from anyone else it is ignored.',
  }),
  SIGNET_COUNTRY_FILE: variable({
    section: 'TLS, proxies and browsers',
    kind: path,
    defaultText: 'no file',
    about:
      'A file that says in which countries addresses are, where no header does. Each line is the first address of a range, the last one and two letters, with commas between them, such as `192.0.2.0,192.0.2.255,DE`. It is read at start.',
  }),
  SIGNET_CORS_ORIGINS: defaulted('', {
    section: 'TLS, proxies and browsers',
    kind: corsOrigins,
    about: 'The origins whose pages may call Signet from a browser. There is no wildcard.',
  }),
  SIGNET_OUTBOUND_PRIVATE_HOSTS: defaulted('', {
    section: 'TLS, proxies and browsers',
    kind: privateHosts,
    about:
      'Hosts in your own network that addresses of clients may lead to: their key sets, their logos, and where they hear of a sign-out. Anything that is not on the public internet is refused otherwise. In development `localhost:*` allows every port of this machine, over plain HTTP too.',
  }),
  SIGNET_LIMIT_BODY_BYTES: defaulted(String(limitDefaults.bodyBytes), {
    section: 'Limits',
    kind: whole(kibibyte, 64 * mebibyte),
    about: 'The largest request body, as it is sent.',
  }),
  SIGNET_LIMIT_INFLATED_BODY_BYTES: defaulted(String(limitDefaults.inflatedBodyBytes), {
    section: 'Limits',
    kind: whole(kibibyte, 64 * mebibyte),
    about: 'The largest request body once it is unpacked.',
  }),
  SIGNET_LIMIT_HEADER_BYTES: defaulted(String(limitDefaults.headerBytes), {
    section: 'Limits',
    kind: whole(4 * kibibyte, 256 * kibibyte),
    about: 'The largest request head: all header lines together.',
  }),
  SIGNET_LIMIT_REQUEST_TIMEOUT_MS: defaulted(String(limitDefaults.requestTimeoutMs), {
    section: 'Limits',
    kind: whole(100, 300_000),
    about:
      'The longest that a request may take to arrive, and again to be answered. Streams are not meant.',
  }),
  SIGNET_LIMIT_IDLE_SOCKET_TIMEOUT_MS: defaulted(String(limitDefaults.idleSocketTimeoutMs), {
    section: 'Limits',
    kind: whole(100, 3_600_000),
    about:
      'How long a connection may stay open without a request. Keep it above the idle time of your load balancer.',
  }),
  SIGNET_LIMIT_CONCURRENT_CALLS: defaulted(String(limitDefaults.concurrentCalls), {
    section: 'Limits',
    kind: whole(1, 100_000),
    about: 'The most calls that are worked on at once; more are asked to come back.',
  }),
  SIGNET_LIMIT_CONNECTIONS: defaulted(String(limitDefaults.connectionsMax), {
    section: 'Limits',
    kind: whole(1, 1_000_000),
    about: 'The most connections that are open at once, on each port.',
  }),
} as const

const tokens = {
  SIGNET_ACCESS_TOKEN_LIFETIME_SECONDS: defaulted('300', {
    section: 'Tokens and sessions',
    kind: whole(5, accessTokenLifetimeMaxSeconds),
    about: 'How long an access token is good for, at the most: a client may have shorter ones.',
  }),
  SIGNET_SIGNING_KEY_LIFETIME_DAYS: defaulted('90', {
    section: 'Tokens and sessions',
    kind: whole(1, 3650),
    about: 'How old a signing key becomes before the next one takes its place.',
  }),
  SIGNET_OFFLINE_GRANT_LIFETIME_SECONDS: defaulted(String(90 * day), {
    section: 'Tokens and sessions',
    kind: whole(60, 400 * day),
    about:
      'How long an app may go on for a person who is not there (`offline_access`), at the most. Signing out does not end it; signing out everywhere, a new password and a suspension do.',
  }),
  SIGNET_REFRESH_WINDOW_SECONDS: defaulted('30', {
    section: 'Tokens and sessions',
    kind: whole(0, 120),
    about:
      'How long a refresh token that was just replaced still gets the same successor, for second tabs, lost answers and retries. 0 is for trials: every retry then looks like theft, except to clients that confirm.',
  }),
  SIGNET_REVOCATION_HEARTBEAT_MS: defaulted('1000', {
    section: 'Tokens and sessions',
    kind: whole(50, 2_500),
    about:
      'How often a verifier that follows the revocation feed is told how old its view is. It hangs up after five seconds of silence.',
  }),
  SIGNET_REVOCATION_BUDGET_SECONDS: defaulted('10', {
    section: 'Tokens and sessions',
    kind: whole(1, 3600),
    about:
      'How long this instance may be without a look at the revocation log before it answers 503 instead of saying that a token is active, and turns new verifiers away. Those that follow it already go on to be told how old its view is. Also how long what stands in Redis counts without another word.',
  }),
  SIGNET_REDIS_URL: variable({
    section: 'Tokens and sessions',
    kind: redisUrl,
    secret: true,
    defaultText: 'no Redis',
    about:
      'A Redis or Valkey to which revocations are written for services that ask it. Signet itself never reads from it. It must not evict keys.',
  }),
  SIGNET_WORKER: defaulted('on', {
    section: 'Logs and operation',
    kind: onOff,
    about:
      'Whether the server works on queued jobs itself. Switch off where `signet worker` runs beside it.',
  }),
  SIGNET_LOG_LEVEL: defaulted('info', {
    section: 'Logs and operation',
    kind: oneOf('debug', 'info', 'warn', 'error'),
    about: 'The least weight of what is logged.',
  }),
  SIGNET_LOG_FORMAT: defaulted(
    { development: 'pretty', production: 'json' },
    {
      section: 'Logs and operation',
      kind: oneOf('json', 'pretty'),
      about: 'How log lines look: one JSON object each, or for people.',
    },
  ),
  SIGNET_LOG_FILE: variable({
    section: 'Logs and operation',
    kind: path,
    defaultText: 'standard output',
    about: 'A file to log to.',
  }),
  SIGNET_OTLP_ENDPOINT: variable({
    section: 'Logs and operation',
    kind: collectorUrl,
    url: 'web',
    defaultText: 'no traces',
    about: 'Where traces are sent, by OTLP over HTTP.',
  }),
  SIGNET_SHUTDOWN_GRACE_SECONDS: defaulted('10', {
    section: 'Logs and operation',
    kind: whole(0, 600),
    about: 'How long running requests may finish after a signal to stop.',
  }),
  SIGNET_REFLECTION: defaulted(
    { development: 'on', production: 'off' },
    {
      section: 'Logs and operation',
      kind: onOff,
      about: 'Whether gRPC reflection tells callers which methods there are.',
    },
  ),
} as const

/** Every variable of the environment. */
export const variables = {
  ...basics,
  ...edges,
  ...passwordVariables,
  ...tokens,
  ...accountVariables,
  ...sessionVariables,
  ...brandVariables,
  ...mailVariables,
  ...phoneVariables,
  ...providerVariables,
  ...avatarVariables,
} as const

export type VariableName = keyof typeof variables

/** The parsed values: those with a default are always there, unless they were refused. */
export type Values = {
  [K in VariableName]: (typeof variables)[K] extends Variable<infer T>
    ? (typeof variables)[K] extends { default: Default }
      ? T
      : T | undefined
    : never
}

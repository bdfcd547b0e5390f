/**
 * The configuration: environment in, one frozen value out, or every problem at once.
 *
 * 1. Gather the variables from the process environment, an env file and secret files (`sources.ts`).
 * 2. Parse each by its kind (`variables.ts`).
 * 3. Decide what depends on several (`rules.ts`).
 * 4. Read the files that values name: certificates, keys and logos. A data directory must not be a file.
 *
 * Errors: ConfigError, and nothing else.
 */

import { resolve } from 'node:path'
import { inspect } from 'node:util'
import type { DatabaseAddress } from '../db/address.ts'
import { type AccountSettings, accountSettings } from './account-settings.ts'
import { type AvatarSettings, avatarSettings } from './avatar-settings.ts'
import { type BrandSettings, brandSettings, readLogos } from './brand-settings.ts'
import { ConfigError } from './config-error.ts'
import type { DatabaseUrl } from './database-url.ts'
import { type MailSettings, mailSettings, mailWarnings } from './mail-settings.ts'
import { type PasswordSettings, passwordSettings } from './password-settings.ts'
import { type PhoneSettings, phoneSettings } from './phone-settings.ts'
import { type ConfiguredProvider, configuredProviders } from './provider-settings.ts'
import { type Reading, readVariables } from './reading.ts'
import { applyRules } from './rules.ts'
import { Secret } from './secret.ts'
import { type SessionSettings, sessionSettings } from './session-settings.ts'
import { lookAt, readSmallFile } from './small-file.ts'
import type { SocketAddress } from './socket-address.ts'
import { certificateWarning, parseCertificate, parsePrivateKey } from './tls-certificate.ts'
import type { Values, VariableName } from './variables.ts'

/** What an operator decided. Frozen; paths are absolute; secrets do not print. */
export interface Config extends AccountSettings, PasswordSettings, SessionSettings {
  readonly environment: 'development' | 'production'
  /** The `iss` of every token: an origin, without a slash at its end. */
  readonly issuer: string
  readonly httpAddress: SocketAddress
  /** Where gRPC is served, if apart from the rest. */
  readonly grpcAddress?: SocketAddress
  /** Where metrics are served, if apart from the rest. */
  readonly metricsAddress?: SocketAddress
  /** Both as PEM. Missing: plain HTTP. */
  readonly tls?: { readonly certificate: string; readonly key: Secret }
  /** Address ranges, as `10.0.0.0/8`. */
  readonly trustedProxies: readonly string[]
  /** The header in which trusted proxies say the country of a caller, in lower case. */
  readonly countryHeader?: string
  /** The file that says in which countries addresses are. */
  readonly countryFile?: string
  readonly corsOrigins: readonly string[]
  /** Hosts in the operator's own network that addresses of clients may lead to, as `host:port` or `host:*`. */
  readonly outboundPrivateHosts: readonly string[]
  readonly dataDir: string
  readonly database: {
    /** Missing: the embedded Postgres in the data directory. */
    readonly address?: DatabaseAddress
    /** The way around a transaction pooler, where there is one. */
    readonly directAddress?: DatabaseAddress
    readonly poolSize: number
    readonly preparedStatements: boolean
  }
  /** Missing, in development only: the one that is kept in the data directory. */
  readonly masterSecret?: { readonly current: Secret; readonly previous?: Secret }
  readonly limits: {
    readonly bodyBytes: number
    readonly inflatedBodyBytes: number
    readonly headerBytes: number
    readonly requestTimeoutMs: number
    readonly idleSocketTimeoutMs: number
    readonly concurrentCalls: number
    readonly connectionsMax: number
  }
  readonly accessTokenLifetimeSeconds: number
  readonly signingKeyLifetimeDays: number
  /** How long a grant lives that outlives sessions. */
  readonly offlineGrantLifetimeSeconds: number
  readonly refreshWindowSeconds: number
  /** Where revocations are written for services that ask Redis; missing: nowhere. */
  readonly redisUrl?: Secret
  readonly revocationFeed: {
    readonly heartbeatMs: number
    /** How old this instance's view of the revocation log may be. */
    readonly budgetSeconds: number
  }
  readonly mail: MailSettings
  readonly brand: BrandSettings
  readonly avatars: AvatarSettings
  readonly phones: PhoneSettings
  /** Whom people sign in with, beside the providers that were added through the contract. */
  readonly providers: readonly ConfiguredProvider[]
  /** Whether the server works on queued jobs itself. */
  readonly worker: boolean
  readonly log: {
    readonly level: 'debug' | 'info' | 'warn' | 'error'
    readonly format: 'json' | 'pretty'
    readonly file?: string
  }
  /** Where traces are sent; missing: nowhere. */
  readonly otlpEndpoint?: string
  readonly shutdownGraceSeconds: number
  /** Whether gRPC reflection answers. */
  readonly reflection: boolean
  /** What the operator should know although Signet starts: whole sentences. */
  readonly warnings: readonly string[]
}

interface LoadOptions {
  /** The variables; those of this process unless given. */
  environment?: Readonly<Record<string, string | undefined>>
  /** An env file; it comes before the one that `SIGNET_ENV_FILE` names. */
  envFile?: string
  /** Where relative paths begin. */
  directory?: string
  /** The time that certificates are judged by. */
  now?: Date
}

/** The configuration, or a ConfigError that lists everything that is wrong with it. */
export function loadConfig(options: LoadOptions = {}): Config {
  const {
    environment = process.env,
    envFile,
    directory = process.cwd(),
    now = new Date(),
  } = options
  const reading = readVariables({
    environment,
    directory,
    ...(envFile === undefined ? {} : { envFile }),
  })
  applyRules(reading)
  requireDataDirectory(reading)
  const files: Files = {
    tls: readTls(reading, now),
    ...readDatabases(reading),
    logo: readLogos(reading),
  }
  if (reading.problems.length > 0) throw new ConfigError(reading.problems)
  // Without a problem every value with a default is there, which is what Values promises.
  return deepFreeze(assemble(reading.values as Values, files, directory))
}

interface Files {
  tls: { certificate: string; key: Secret; warnings: string[] } | undefined
  address: DatabaseAddress | undefined
  directAddress: DatabaseAddress | undefined
  logo: BrandSettings['logo']
}

/** The text of the file that a variable names; undefined where it names none, or one that cannot be read. */
function readNamedFile(
  reading: Reading,
  name: VariableName,
  file: string | undefined,
): string | undefined {
  if (file === undefined) return undefined
  const text = readSmallFile(file, reading.directory)
  if ('value' in text) return text.value
  reading.report(name, text.wrong, text.fix)
  return undefined
}

/** A directory that is missing is made later; something else in its place is a mistake. */
function requireDataDirectory(reading: Reading): void {
  const { SIGNET_DATA_DIR: dataDir } = reading.values
  const found = dataDir === undefined ? undefined : lookAt(resolve(reading.directory, dataDir))
  if (found === undefined || found.isDirectory()) return
  const fix = 'name a directory; where there is none it is made'
  reading.report('SIGNET_DATA_DIR', 'is a file, not a directory', fix)
}

function readTls(reading: Reading, now: Date): Files['tls'] {
  const { SIGNET_TLS_CERTIFICATE_FILE: certificateFile, SIGNET_TLS_KEY_FILE: keyFile } =
    reading.values
  const certificatePem = readNamedFile(reading, 'SIGNET_TLS_CERTIFICATE_FILE', certificateFile)
  const keyPem = readNamedFile(reading, 'SIGNET_TLS_KEY_FILE', keyFile)
  const certificate = certificatePem === undefined ? undefined : parseCertificate(certificatePem)
  const key = keyPem === undefined ? undefined : parsePrivateKey(keyPem)
  if (certificate !== undefined && 'wrong' in certificate)
    reading.report('SIGNET_TLS_CERTIFICATE_FILE', certificate.wrong, certificate.fix)
  if (key !== undefined && 'wrong' in key) reading.report('SIGNET_TLS_KEY_FILE', key.wrong, key.fix)
  if (certificate === undefined || !('value' in certificate)) return undefined
  if (key === undefined || !('value' in key)) return undefined
  if (!certificate.value.checkPrivateKey(key.value)) {
    const message = 'names a key that does not belong to the certificate'
    reading.report('SIGNET_TLS_KEY_FILE', message, 'name the key that the certificate was made for')
  }
  const warning = certificateWarning(certificate.value, now)
  return {
    certificate: certificatePem ?? '',
    key: new Secret(keyPem ?? ''),
    warnings: warning === undefined ? [] : [`SIGNET_TLS_CERTIFICATE_FILE ${warning}.`],
  }
}

function readDatabases(reading: Reading): Pick<Files, 'address' | 'directAddress'> {
  const password = reading.values.SIGNET_DATABASE_PASSWORD?.reveal()
  const read = (name: 'SIGNET_DATABASE_URL' | 'SIGNET_DATABASE_DIRECT_URL') => {
    const url = reading.values[name]
    if (url === undefined) return undefined
    const ca = readNamedFile(reading, name, url.sslRootCertificateFile)
    if (ca !== undefined && 'wrong' in parseCertificate(ca)) {
      const message = 'has an sslrootcert without a certificate in PEM'
      reading.report(name, message, 'name a PEM certificate')
    }
    return databaseAddress(url, ca, password)
  }
  return { address: read('SIGNET_DATABASE_URL'), directAddress: read('SIGNET_DATABASE_DIRECT_URL') }
}

/** Joins a URL with the certificate and password that stand elsewhere. Printing it hides the password. */
function databaseAddress(url: DatabaseUrl, ca?: string, password?: string): DatabaseAddress {
  const { host, port, user, database, sslMode } = url
  const address: DatabaseAddress = { host, port, user, database }
  const secret = url.password ?? password
  if (secret !== undefined) address.password = secret
  if (sslMode === 'require') address.ssl = { rejectUnauthorized: false }
  if (sslMode === 'verify-full')
    address.ssl = { rejectUnauthorized: true, ...(ca === undefined ? {} : { ca }) }
  const show = () =>
    secret === undefined ? { ...address } : { ...address, password: '[redacted]' }
  Object.defineProperty(address, 'toJSON', { value: show, enumerable: false })
  Object.defineProperty(address, inspect.custom, { value: show, enumerable: false })
  return address
}

function assemble(values: Values, files: Files, directory: string): Config {
  const { SIGNET_MASTER_SECRET: current, SIGNET_MASTER_SECRET_PREVIOUS: previous } = values
  const scheme = files.tls === undefined ? 'http' : 'https'
  const issuer = values.SIGNET_ISSUER ?? `${scheme}://localhost:${values.SIGNET_HTTP_ADDRESS.port}`
  const logFile = values.SIGNET_LOG_FILE
  return {
    environment: values.SIGNET_ENV,
    issuer,
    httpAddress: values.SIGNET_HTTP_ADDRESS,
    ...present({ grpcAddress: values.SIGNET_GRPC_ADDRESS }),
    ...present({ metricsAddress: values.SIGNET_METRICS_ADDRESS }),
    ...present({ tls: files.tls && { certificate: files.tls.certificate, key: files.tls.key } }),
    trustedProxies: values.SIGNET_TRUSTED_PROXIES,
    ...present({ countryHeader: values.SIGNET_COUNTRY_HEADER }),
    ...present({
      countryFile: values.SIGNET_COUNTRY_FILE && resolve(directory, values.SIGNET_COUNTRY_FILE),
    }),
    corsOrigins: values.SIGNET_CORS_ORIGINS,
    outboundPrivateHosts: values.SIGNET_OUTBOUND_PRIVATE_HOSTS,
    dataDir: resolve(directory, values.SIGNET_DATA_DIR),
    database: {
      ...present({ address: files.address }),
      ...present({ directAddress: files.directAddress }),
      poolSize: values.SIGNET_DATABASE_POOL_SIZE,
      preparedStatements: values.SIGNET_DATABASE_PREPARED_STATEMENTS,
    },
    ...present({ masterSecret: current && { current, ...present({ previous }) } }),
    limits: limits(values),
    ...accountSettings(values),
    ...passwordSettings(values),
    accessTokenLifetimeSeconds: values.SIGNET_ACCESS_TOKEN_LIFETIME_SECONDS,
    signingKeyLifetimeDays: values.SIGNET_SIGNING_KEY_LIFETIME_DAYS,
    ...sessionSettings(values),
    offlineGrantLifetimeSeconds: values.SIGNET_OFFLINE_GRANT_LIFETIME_SECONDS,
    refreshWindowSeconds: values.SIGNET_REFRESH_WINDOW_SECONDS,
    ...present({ redisUrl: values.SIGNET_REDIS_URL }),
    revocationFeed: {
      heartbeatMs: values.SIGNET_REVOCATION_HEARTBEAT_MS,
      budgetSeconds: values.SIGNET_REVOCATION_BUDGET_SECONDS,
    },
    mail: mailSettings(values, issuer),
    brand: brandSettings(values, { issuer, logo: files.logo }),
    phones: phoneSettings(values),
    providers: configuredProviders(values),
    avatars: avatarSettings(values, resolve(directory, values.SIGNET_DATA_DIR)),
    worker: values.SIGNET_WORKER,
    log: {
      level: values.SIGNET_LOG_LEVEL,
      format: values.SIGNET_LOG_FORMAT,
      ...present({ file: logFile && resolve(directory, logFile) }),
    },
    ...present({ otlpEndpoint: values.SIGNET_OTLP_ENDPOINT }),
    shutdownGraceSeconds: values.SIGNET_SHUTDOWN_GRACE_SECONDS,
    reflection: values.SIGNET_REFLECTION,
    warnings: warningsOf(values, files),
  }
}

function limits(values: Values): Config['limits'] {
  return {
    bodyBytes: values.SIGNET_LIMIT_BODY_BYTES,
    inflatedBodyBytes: values.SIGNET_LIMIT_INFLATED_BODY_BYTES,
    headerBytes: values.SIGNET_LIMIT_HEADER_BYTES,
    requestTimeoutMs: values.SIGNET_LIMIT_REQUEST_TIMEOUT_MS,
    idleSocketTimeoutMs: values.SIGNET_LIMIT_IDLE_SOCKET_TIMEOUT_MS,
    concurrentCalls: values.SIGNET_LIMIT_CONCURRENT_CALLS,
    connectionsMax: values.SIGNET_LIMIT_CONNECTIONS,
  }
}

function warningsOf(values: Values, { tls }: Files): string[] {
  return [...(tls?.warnings ?? []), ...mailWarnings(values), ...privateHostWarnings(values)]
}

function privateHostWarnings({ SIGNET_OUTBOUND_PRIVATE_HOSTS: hosts }: Values): string[] {
  if (hosts.length === 0) return []
  return [
    `Addresses of clients may lead into your network, to ${hosts.join(', ')} (SIGNET_OUTBOUND_PRIVATE_HOSTS).`,
  ]
}

/** The record without what is undefined: a key that is not there says "not given". */
function present<T extends object>(record: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  const entries = Object.entries(record).filter(([, value]) => value !== undefined)
  return Object.fromEntries(entries) as { [K in keyof T]?: Exclude<T[K], undefined> }
}

/** Bytes cannot be frozen. */
function deepFreeze<T>(value: T): T {
  if (ArrayBuffer.isView(value)) return value
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const member of Object.values(value)) deepFreeze(member)
  }
  return value
}

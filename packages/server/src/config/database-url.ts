/**
 * A Postgres URL, as `psql` reads it, with what Signet does not do refused by name: several hosts, modes of TLS that
 * fall back to plain text, and options that would silently mean nothing.
 *
 * `postgresql://user:password@host:5432/database?sslmode=verify-full`, or with a socket directory as
 * `postgresql://user@/database?host=/var/run/postgresql`.
 */

import { isIPv6 } from 'node:net'
import { type Kind, kind, type Parsed } from './kinds.ts'
import { isHost } from './socket-address.ts'

/** What a URL says, before password files and certificates are joined with it. */
export interface DatabaseUrl {
  /** A host name, an address, or an absolute directory that holds a Unix socket. */
  readonly host: string
  readonly port: number
  readonly user: string
  readonly database: string
  readonly password?: string
  readonly sslMode?: 'disable' | 'require' | 'verify-full'
  /** The certificates of the authorities that may have signed the server's. */
  readonly sslRootCertificateFile?: string
}

const shape = /^postgres(?:ql)?:\/\/(?:([^@/?#]*)@)?([^@/?#]*)(?:\/([^/?#]*))?(?:\?([^#]*))?$/iu
const fix = 'write postgresql://user@host:5432/database, with special characters percent-encoded'

/** A Postgres URL. */
export const databaseUrl: Kind<DatabaseUrl> = kind(
  'a URL such as `postgresql://user@host:5432/database?sslmode=verify-full`',
  parse,
)

function parse(text: string): Parsed<DatabaseUrl> {
  const match = shape.exec(text)
  if (match === null) return { wrong: 'is not a Postgres URL', fix }
  const [, credentials = '', place = '', name = '', query = ''] = match
  const [rawUser = '', ...rawPassword] = credentials.split(':')
  const user = decode(rawUser)
  const password = decode(rawPassword.join(':'))
  const database = decode(name)
  if (user === undefined || password === undefined || database === undefined)
    return { wrong: 'has a percent sign that encodes nothing', fix: 'write a percent sign as %25' }
  if (user === '') return { wrong: 'names no user', fix }
  if (database === '') return { wrong: 'names no database', fix }
  const options = parseOptions(query)
  if (!('value' in options)) return options
  const server = parseServer(place, options.value.host)
  if (!('value' in server)) return server
  const { sslmode, sslrootcert } = options.value
  const tls = parseTls(server.value.host, sslmode, sslrootcert)
  if (!('value' in tls)) return tls
  const secret = password === '' ? {} : { password }
  return { value: { ...server.value, user, database, ...secret, ...tls.value } }
}

function decode(text: string): string | undefined {
  try {
    const decoded = decodeURIComponent(text)
    return decoded.includes('\0') ? undefined : decoded
  } catch {
    return undefined
  }
}

type Option = 'host' | 'sslmode' | 'sslrootcert'
const optionNames: readonly string[] = ['host', 'sslmode', 'sslrootcert'] satisfies Option[]

function parseOptions(query: string): Parsed<{ [K in Option]?: string }> {
  const options: { [K in Option]?: string } = {}
  for (const [name, value] of new URLSearchParams(query)) {
    if (!optionNames.includes(name)) {
      // The name is not shown: where somebody forgot to encode a password, it is a part of that password.
      const wrong = `has an option that is not read here; ${optionNames.join(', ')} are`
      return { wrong, fix: 'take the option out of the URL' }
    }
    options[name as Option] = value
  }
  return { value: options }
}

function parseServer(place: string, directory?: string): Parsed<{ host: string; port: number }> {
  const match = /^(?:\[([^\]]*)\]|([^:[\]]*))(?::(\d{1,5}))?$/u.exec(place)
  if (match === null) return { wrong: 'does not name one host and one port', fix }
  const [, bracketed, bare = '', digits = '5432'] = match
  const port = Number(digits)
  if (port < 1 || port > 65_535) return { wrong: 'names a port outside 1 to 65535', fix }
  if (bracketed !== undefined) {
    if (!isIPv6(bracketed)) return { wrong: 'has no IPv6 address between its brackets', fix }
    return { value: { host: bracketed, port } }
  }
  const host = directory !== undefined && bare === '' ? directory : decode(bare)
  if (host === undefined || host === '') return { wrong: 'names no host', fix }
  if (host.startsWith('/') && !host.includes('\0')) return { value: { host, port } }
  if (directory !== undefined)
    return { wrong: 'names a host twice, or a socket directory that is not absolute', fix }
  if (!isHost(host)) return { wrong: 'names a host that cannot exist', fix }
  return { value: { host, port } }
}

type Tls = Pick<DatabaseUrl, 'sslMode' | 'sslRootCertificateFile'>

function parseTls(host: string, mode?: string, rootCertificate?: string): Parsed<Tls> {
  if (mode === undefined && rootCertificate === undefined) return { value: {} }
  const modes = ['disable', 'require', 'verify-full'] as const
  const sslMode = modes.find((known) => known === (mode ?? 'verify-full'))
  if (sslMode === undefined) {
    return {
      wrong: 'has an sslmode that could end in plain text or with an unknown server',
      fix: 'write sslmode=verify-full; or require, or disable',
    }
  }
  if (host.startsWith('/') && sslMode !== 'disable')
    return { wrong: 'asks for TLS on a Unix socket', fix: 'take sslmode out of the URL' }
  if (rootCertificate === undefined) return { value: { sslMode } }
  if (sslMode !== 'verify-full' || rootCertificate === '' || rootCertificate.includes('\0')) {
    return {
      wrong: 'has an sslrootcert that would not be looked at',
      fix: 'write sslmode=verify-full&sslrootcert=<file>, or take sslrootcert out',
    }
  }
  return { value: { sslMode, sslRootCertificateFile: rootCertificate } }
}

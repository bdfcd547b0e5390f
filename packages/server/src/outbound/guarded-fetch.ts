/**
 * Fetches addresses that somebody else gave us: key sets and logos of clients, where they hear of a sign-out, and what identity providers
 * say of themselves and of people. Whoever names such an address must not be able to make Signet speak to anything inside, nor to keep it busy.
 *
 * 1. `https`, without user name and password; `http` only at a loopback address that an operator has allowed.
 * 2. The name is resolved here, and every address that it has must be public, unless an operator has allowed this very
 *    host and port (`SIGNET_OUTBOUND_PRIVATE_HOSTS`).
 * 3. The connection goes to an address that was checked, whatever the name means a moment later. The certificate is
 *    still that of the name. No proxy, no connection that was open before.
 * 4. No redirect is followed, nothing is unpacked, no more bytes are read than are asked for, and one time limit is over everything:
 *    the name, the connection, the request, the answer to its last byte.
 *
 * Errors: FetchFailed. Its message is for an operator's log; it names host and port, and nothing that stands after them.
 * Specs: OWASP ASVS 5.0 V13.2.4 and V13.2.5, RFC 9110 §15.4 (redirects), RFC 9111 §4.2.1 (max-age).
 */

import { lookup, Resolver } from 'node:dns/promises'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP, type LookupFunction } from 'node:net'
import { isLoopbackName } from '../config/socket-address.ts'
import { isPublicAddress } from './public-address.ts'

export interface GuardedRequest {
  method: 'GET' | 'POST'
  /** Of the body; without one nothing is sent. */
  contentType?: string
  body?: string
  /** Sent beside our own, and never instead of them. */
  headers?: Readonly<Record<string, string>>
  /** Media types of which the answer must be one. Left out, the body of the answer is not read. */
  accept?: readonly string[]
  /** Whether the body of another status than 200 is read, too, where it is of such a type. */
  readsRefusals?: boolean
  /** The longest body that is read. */
  bytesMax: number
  /** For everything together. */
  timeoutMs: number
  signal?: AbortSignal
}

export interface GuardedAnswer {
  status: number
  /** Empty where nothing was accepted. */
  body: Buffer
  /** How long the answer may be kept, as it says itself; undefined where it says nothing. */
  maxAgeSeconds: number | undefined
}

export type GuardedFetch = (url: string, request: GuardedRequest) => Promise<GuardedAnswer>

/** Nothing usable came. `forbidden`: nobody was asked, because the address leads where it must not. */
export class FetchFailed extends Error {
  override readonly name = 'FetchFailed'
  readonly kind: 'forbidden' | 'failed'

  constructor(kind: FetchFailed['kind'], message: string, options?: ErrorOptions) {
    super(message, options)
    this.kind = kind
  }
}

interface Address {
  address: string
  family: number
}

interface FetchOptions {
  /** `host:port` in the operator's own network that may be spoken to; `host:*` is every port of one. */
  privateHosts: readonly string[]
  /** All addresses of a name on the internet. */
  resolve?: (hostname: string) => Promise<Address[]>
  /** Authorities to trust instead of the usual ones, as PEM. */
  ca?: string
}

const resolverTimeoutMs = 2_000
const headBytesMax = 16 * 1024

/** The way out of one process. */
export function openGuardedFetch(options: FetchOptions): GuardedFetch {
  return async (text, request) => {
    const url = URL.parse(text)
    if (url === null) throw new FetchFailed('forbidden', 'not a web address')
    const where = hostAndPort(url)
    const isPrivate = isPrivateHost(where, options.privateHosts)
    refuseForm(url, { where, isPrivate })
    const timeout = AbortSignal.timeout(request.timeoutMs)
    const signal = request.signal ? AbortSignal.any([timeout, request.signal]) : timeout
    const resolve = isPrivate ? resolveOwn : (options.resolve ?? resolvePublic)
    try {
      const addresses = await unlessAborted(addressesOf(url, resolve), signal)
      if (!isPrivate) refusePrivate(addresses, where)
      return await unlessAborted(send(url, request, { addresses, signal, ca: options.ca }), signal)
    } catch (error) {
      if (error instanceof FetchFailed) throw error
      const why = timeout.aborted ? 'it took too long' : sentenceOf(error)
      throw new FetchFailed('failed', `${where}: ${why}`, { cause: error })
    }
  }
}

function hostAndPort({ hostname, port, protocol }: URL): string {
  return `${hostname}:${port || (protocol === 'http:' ? 80 : 443)}`
}

function isPrivateHost(where: string, privateHosts: readonly string[]): boolean {
  const anyPort = `${where.slice(0, where.lastIndexOf(':'))}:*`
  return privateHosts.includes(where) || privateHosts.includes(anyPort)
}

function refuseForm(url: URL, { where, isPrivate }: { where: string; isPrivate: boolean }): void {
  const { protocol, username, password } = url
  if (username !== '' || password !== '')
    throw new FetchFailed('forbidden', `${where}: an address holds no user name and no password`)
  const isLoopback = isPrivate && isLoopbackName(url)
  if (protocol !== 'https:' && !(protocol === 'http:' && isLoopback))
    throw new FetchFailed('forbidden', `${where}: only https is spoken`)
}

async function addressesOf(
  { hostname }: URL,
  resolve: (hostname: string) => Promise<Address[]>,
): Promise<Address[]> {
  const literal = hostname.replace(/^\[|\]$/gu, '')
  const family = isIP(literal)
  return family === 0 ? resolve(hostname) : [{ address: literal, family }]
}

/** A name in the operator's own network: as this machine knows it. */
function resolveOwn(hostname: string): Promise<Address[]> {
  return lookup(hostname, { all: true })
}

/**
 * A name on the internet, asked of the name servers. The system's own way would occupy one of the few threads that hash
 * passwords, for as long as a hostile name server likes.
 */
async function resolvePublic(hostname: string): Promise<Address[]> {
  const resolver = new Resolver({ timeout: resolverTimeoutMs, tries: 2 })
  const [four, six] = await Promise.allSettled([
    resolver.resolve4(hostname),
    resolver.resolve6(hostname),
  ])
  const found = [
    ...(four.status === 'fulfilled' ? four.value : []).map((address) => ({ address, family: 4 })),
    ...(six.status === 'fulfilled' ? six.value : []).map((address) => ({ address, family: 6 })),
  ]
  if (found.length === 0 && four.status === 'rejected') throw four.reason
  return found
}

/** One that is not public is enough: whoever mixes them wants the connection to be tried until one answers. */
function refusePrivate(addresses: readonly Address[], where: string): void {
  if (addresses.length > 0 && addresses.every(({ address }) => isPublicAddress(address))) return
  const message = `${where} is not on the public internet; SIGNET_OUTBOUND_PRIVATE_HOSTS can allow it`
  throw new FetchFailed('forbidden', message)
}

interface Way {
  /** Where the connection may go: what was checked. */
  addresses: readonly Address[]
  signal: AbortSignal
  ca: string | undefined
}

function send(url: URL, request: GuardedRequest, way: Way): Promise<GuardedAnswer> {
  const { method, body, contentType, accept, headers } = request
  const isHttps = url.protocol === 'https:'
  const options = {
    method,
    agent: isHttps ? new HttpsAgent({ keepAlive: false, ca: way.ca }) : new HttpAgent(),
    signal: way.signal,
    lookup: lookupOf(way.addresses),
    maxHeaderSize: headBytesMax,
    headers: {
      ...headers,
      accept: accept?.join(', ') ?? '*/*',
      'accept-encoding': 'identity',
      'user-agent': 'signet',
      host: url.host,
      ...(contentType !== undefined && { 'content-type': contentType }),
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    },
  }
  return new Promise((resolve, reject) => {
    const sent = isHttps ? httpsRequest(url, options) : httpRequest(url, options)
    sent.on('error', reject)
    sent.on('upgrade', (_response, socket) => {
      socket.destroy()
      reject(new Error('the answer changes the protocol'))
    })
    sent.on('response', (response) => {
      read(response, { request, where: hostAndPort(url) })
        .then(resolve, reject)
        .finally(() => sent.destroy())
    })
    sent.end(body)
  })
}

/** Answers every question with the addresses that were checked. */
function lookupOf(addresses: readonly Address[]): LookupFunction {
  const [first] = addresses
  return (_hostname, { all }, callback) => {
    if (all) callback(null, [...addresses])
    else callback(null, first?.address ?? '', first?.family)
  }
}

async function read(
  response: IncomingMessage,
  { request, where }: { request: GuardedRequest; where: string },
): Promise<GuardedAnswer> {
  const { statusCode: status = 0, headers } = response
  const { accept, bytesMax, readsRefusals = false } = request
  const maxAgeSeconds = maxAgeOf(headers['cache-control'])
  const mediaType = headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase() ?? ''
  const isRead = status === 200 || (readsRefusals && accept?.includes(mediaType))
  if (accept === undefined || !isRead) return { status, body: Buffer.alloc(0), maxAgeSeconds }
  const refuse = (why: string) => new FetchFailed('failed', `${where}: ${why}`)
  if (!accept.includes(mediaType)) throw refuse(`the answer is not ${accept.join(' or ')}`)
  if ((headers['content-encoding'] ?? 'identity') !== 'identity')
    throw refuse('the answer is packed, which was not asked for')
  const tooLong = () => refuse(`the answer is longer than ${bytesMax} bytes`)
  if (Number(headers['content-length'] ?? 0) > bytesMax) throw tooLong()
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > bytesMax) throw tooLong()
    chunks.push(chunk)
  }
  return { status, body: Buffer.concat(chunks), maxAgeSeconds }
}

function maxAgeOf(cacheControl: string | undefined): number | undefined {
  if (cacheControl === undefined) return undefined
  if (/\bno-(?:store|cache)\b/iu.test(cacheControl)) return 0
  const seconds = /\bmax-age=(\d{1,9})\b/iu.exec(cacheControl)?.[1]
  return seconds === undefined ? undefined : Number(seconds)
}

/** Whatever comes of the promise, unless the signal comes first. */
function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const aborted = () => reject(signal.reason)
    signal.addEventListener('abort', aborted, { once: true })
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', aborted))
    if (signal.aborted) aborted()
  })
}

function sentenceOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return 'code' in error && typeof error.code === 'string' ? error.code : error.message
}

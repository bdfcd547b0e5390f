/**
 * A store that speaks the language of S3, on a socket of this machine: it checks every signature by itself, keeps objects in
 * memory, and can be told to fail.
 *
 * Specs: AWS Signature Version 4 ("Authenticating Requests (AWS Signature Version 4)" of the Amazon S3 API reference).
 */

import { createHash, createHmac, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { AvatarStore } from '../../config/avatar-settings.ts'
import { Secret } from '../../config/secret.ts'

export const bucket = 'pictures'
const accessKeyId = 'AKIDTEST'
const secretAccessKey = 'a secret of the test store'
const region = 'eu-test-1'

export interface S3Server {
  config: Extract<AvatarStore, { kind: 's3' }>
  objects: Map<string, Buffer>
  /** What is answered instead, while it is set. */
  failWith: number | undefined
  /** Milliseconds by which its clock is ahead. */
  aheadMs: number
  refusals: string[]
  close(): Promise<void>
}

export async function startS3Server(): Promise<S3Server> {
  const server = createServer((req, res) => void serve(state, req, res))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const state: S3Server = {
    config: {
      kind: 's3',
      bucket,
      region,
      endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
      prefix: 'signet/',
      credentials: { accessKeyId, secretAccessKey: new Secret(secretAccessKey) },
    },
    objects: new Map(),
    failWith: undefined,
    aheadMs: 0,
    refusals: [],
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
  return state
}

async function serve(state: S3Server, req: IncomingMessage, res: ServerResponse): Promise<void> {
  const chunks: Buffer[] = []
  for await (const chunk of req) chunks.push(chunk as Buffer)
  const body = Buffer.concat(chunks)
  if (state.failWith !== undefined) {
    answerError(res, state.failWith, 'SlowDown')
    return
  }
  const refusal = judge(req, body, Date.now() + state.aheadMs)
  if (refusal !== undefined) {
    state.refusals.push(refusal)
    answerError(res, 403, 'SignatureDoesNotMatch')
    return
  }
  const path = decodeURIComponent(new URL(req.url ?? '', 'http://x').pathname)
  answer(state, { method: req.method, key: path.slice(`/${bucket}/`.length), body }, req, res)
}

function answer(
  { objects }: S3Server,
  { method, key, body }: { method: string | undefined; key: string; body: Buffer },
  req: IncomingMessage,
  res: ServerResponse,
): void {
  if (method === 'PUT') {
    objects.set(key, body)
    res.setHeader('etag', '"x"').end()
    return
  }
  if (method === 'DELETE') {
    objects.delete(key)
    res.writeHead(204).end()
    return
  }
  const object = objects.get(key)
  if (object === undefined) {
    answerError(res, 404, 'NoSuchKey')
    return
  }
  const [, from = '0', to = ''] = /^bytes=(\d+)-(\d+)$/.exec(req.headers.range ?? '') ?? []
  const part = to === '' ? object : object.subarray(Number(from), Number(to) + 1)
  res.writeHead(to === '' ? 200 : 206, { 'content-length': part.length })
  res.end(method === 'HEAD' ? undefined : part)
}

function answerError(res: ServerResponse, status: number, code: string): void {
  res.writeHead(status, { 'content-type': 'application/xml' })
  res.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>no</Message></Error>`)
}

/** What is wrong with the signature, if anything. */
function judge(req: IncomingMessage, body: Buffer, nowMs: number): string | undefined {
  const url = new URL(req.url ?? '', 'http://x')
  const presigned = url.searchParams.has('X-Amz-Signature')
  const claims = presigned ? queryClaims(url) : headerClaims(req)
  if (claims === undefined) return 'unsigned'
  const { credential, signedHeaders, signature, date, payloadHash, expiresSeconds } = claims
  const [keyId, day = '', ...scope] = credential.split('/')
  if (keyId !== accessKeyId) return 'unknown key'
  if (scope.join('/') !== `${region}/s3/aws4_request` || !date.startsWith(day)) return 'scope'
  const at = Date.parse(
    date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'),
  )
  if (!(nowMs <= at + expiresSeconds * 1000)) return 'expired'
  if (!signedHeaders.includes('host')) return 'host is not signed'
  const expected = sha256(body)
  if (payloadHash !== 'UNSIGNED-PAYLOAD' && payloadHash !== expected) return 'another payload'
  const canonical = [
    req.method,
    url.pathname,
    canonicalQuery(url),
    ...signedHeaders.map((name) => `${name}:${headerValue(req, name)}`),
    '',
    signedHeaders.join(';'),
    payloadHash,
  ].join('\n')
  const toSign = ['AWS4-HMAC-SHA256', date, [day, ...scope].join('/'), sha256(canonical)].join('\n')
  const key = [day, ...scope].reduce<Buffer>(hmac, Buffer.from(`AWS4${secretAccessKey}`))
  const [ours, theirs] = [hmac(key, toSign), Buffer.from(signature, 'hex')]
  return ours.length === theirs.length && timingSafeEqual(ours, theirs) ? undefined : 'signature'
}

interface Claims {
  credential: string
  signedHeaders: string[]
  signature: string
  date: string
  payloadHash: string
  expiresSeconds: number
}

function queryClaims({ searchParams }: URL): Claims | undefined {
  const of = (name: string) => searchParams.get(`X-Amz-${name}`) ?? ''
  return {
    credential: of('Credential'),
    signedHeaders: of('SignedHeaders').split(';'),
    signature: of('Signature'),
    date: of('Date'),
    payloadHash: 'UNSIGNED-PAYLOAD',
    expiresSeconds: Number(of('Expires')),
  }
}

function headerClaims({ headers }: IncomingMessage): Claims | undefined {
  const pattern =
    /^AWS4-HMAC-SHA256 Credential=([^,]+), ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/
  const [, credential, names, signature] = pattern.exec(headers.authorization ?? '') ?? []
  if (credential === undefined || names === undefined || signature === undefined) return undefined
  return {
    credential,
    signedHeaders: names.split(';'),
    signature,
    date: String(headers['x-amz-date']),
    payloadHash: String(headers['x-amz-content-sha256']),
    expiresSeconds: 900,
  }
}

function canonicalQuery({ search }: URL): string {
  return search
    .slice(1)
    .split('&')
    .filter((part) => part !== '' && !part.startsWith('X-Amz-Signature='))
    .map((part) => (part.includes('=') ? part : `${part}=`))
    .sort()
    .join('&')
}

function headerValue(req: IncomingMessage, name: string): string {
  return String(req.headers[name] ?? '')
    .trim()
    .replace(/ +/g, ' ')
}

function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

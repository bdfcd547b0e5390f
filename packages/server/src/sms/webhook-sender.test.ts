import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, beforeEach, it } from 'node:test'
import { Secret } from '../config/secret.ts'
import { type Sms, SmsDelayed, SmsRefused } from './sms-sender.ts'
import { sendByWebhook } from './webhook-sender.ts'

let url: string
let status = 204
let got: { req: IncomingMessage; body: string }[] = []
const secret = new Secret('a secret of this test, long enough')
const server = createServer(async (req, res) => {
  let body = ''
  for await (const chunk of req) body += chunk
  got.push({ req, body })
  if (status !== 0) res.writeHead(status, { location: '/elsewhere' }).end('x'.repeat(100_000))
})
before(async () => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/send`
})
after(() => {
  server.closeAllConnections()
  server.close()
})
beforeEach(() => {
  got = []
  status = 204
})

const sms: Sms = { id: 'job-1', to: '+4915112345678', text: '123456 is your code' }
const { signal } = new AbortController()
const send = () => sendByWebhook({ url, secret }, sms, signal)

it('posts the message, signed over id, time and body', async () => {
  await send()
  const [{ req, body } = assert.fail()] = got
  assert.deepEqual(JSON.parse(body), { to: sms.to, text: sms.text })
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = req.headers
  const mac = createHmac('sha256', secret.reveal()).update(`${id}.${at}.${body}`).digest('base64')
  assert.equal(signature, `v1,${mac}`)
  assert.equal(id, 'job-1')
  assert.ok(Math.abs(Number(at) - Date.now() / 1000) < 5)
})

it('is refused for good by what says so, and delayed by everything else', async () => {
  for (const final of [400, 413, 422]) {
    status = final
    await assert.rejects(send(), SmsRefused)
  }
  for (const passing of [301, 401, 404, 429, 500, 503]) {
    status = passing
    await assert.rejects(send(), SmsDelayed)
  }
  await assert.rejects(
    sendByWebhook({ url: 'http://127.0.0.1:1/', secret }, sms, signal),
    SmsDelayed,
  )
})

it('names neither number nor content when it fails', async () => {
  status = 500
  await assert.rejects(send(), (error: Error) => !/49151|123456/.test(error.message))
})

it('gives up when its job is taken away', async () => {
  status = 0
  const sending = sendByWebhook({ url, secret }, sms, AbortSignal.timeout(50))
  await assert.rejects(sending, SmsDelayed)
})

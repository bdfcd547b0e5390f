import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, it } from 'node:test'
import { Secret } from '../config/secret.ts'
import { openHttpMailer } from './http-mailer.ts'
import { type Mail, MailDelayed, MailRefused } from './mailer.ts'

const mail: Mail = {
  messageId: '019a0000-0000-7000-8000-000000000001@auth.example.com',
  from: { name: 'Signet', address: 'no-reply@example.com' },
  to: 'ada@example.com',
  subject: 'Subject',
  text: 'Text',
  html: '<p>HTML</p>',
}

const got: { request: IncomingMessage; body: unknown }[] = []
const answer = { status: 202, location: '' }
const server = createServer(async (request, response) => {
  let body = ''
  for await (const chunk of request) body += chunk
  got.push({ request, body: JSON.parse(body) })
  response.writeHead(answer.status, answer.location === '' ? {} : { location: answer.location })
  response.end('{"secret":"CANARY"}')
})
let url: string
before(async () => {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/mails`
})
after(() => server.close())

const { signal } = new AbortController()
const mailer = () => openHttpMailer({ kind: 'http', url, token: new Secret('CANARY-token') })

it('posts the mail as JSON, with the token and an idempotency key', async () => {
  await mailer().send(mail, signal)
  const [{ request, body } = assert.fail('nothing came')] = got
  assert.deepEqual([request.method, request.url], ['POST', '/v1/mails'])
  assert.equal(request.headers.authorization, 'Bearer CANARY-token')
  assert.equal(request.headers['idempotency-key'], mail.messageId)
  assert.deepEqual(body, { ...mail, to: { address: mail.to } })
})

it('tells what may pass from what will not, without what was sent or answered', async () => {
  for (const [status, kind] of [
    [400, MailRefused],
    [413, MailRefused],
    [422, MailRefused],
    [401, MailDelayed],
    [404, MailDelayed],
    [429, MailDelayed],
    [500, MailDelayed],
    [503, MailDelayed],
  ] as const) {
    answer.status = status
    await assert.rejects(mailer().send(mail, signal), (error) => {
      assert.ok(error instanceof kind, `${status}: ${error}`)
      assert.doesNotMatch(`${error.message}${error.stack}`, /CANARY|ada@/u)
      return true
    })
  }
})

it('follows no redirection: the token goes to one place', async () => {
  Object.assign(answer, { status: 307, location: `${url}/elsewhere` })
  const before = got.length
  await assert.rejects(mailer().send(mail, signal), MailDelayed)
  assert.equal(got.length, before + 1)
  Object.assign(answer, { status: 202, location: '' })
})

it('gives up when the job is taken away, or nobody answers', async () => {
  await assert.rejects(mailer().send(mail, AbortSignal.abort()), MailDelayed)
  const nobody = openHttpMailer({
    kind: 'http',
    url: 'http://127.0.0.1:1/',
    token: new Secret('x'),
  })
  await assert.rejects(nobody.send(mail, signal), MailDelayed)
})

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterEach, describe, it } from 'node:test'
import { getCACertificates, setDefaultCACertificates } from 'node:tls'
import type { MailSender } from '../config/mail-settings.ts'
import { Secret } from '../config/secret.ts'
import { selfSigned } from '../wires/testing/self-signed.ts'
import { type Mail, MailDelayed, type Mailer, MailRefused } from './mailer.ts'
import { openSmtpMailer } from './smtp-mailer.ts'
import { startMailServer, type TestMailServer } from './testing/mail-server.ts'

type Smtp = Extract<MailSender, { kind: 'smtp' }>

const opened: { close(): Promise<unknown> }[] = []
afterEach(async () => {
  for (const each of opened.splice(0)) await each.close()
})

const mail: Mail = {
  messageId: '019a0000-0000-7000-8000-000000000001@auth.example.com',
  from: { name: 'Ünïted "Bank", Ltd', address: 'no-reply@example.com' },
  to: 'ada@example.com',
  subject: 'Confirma tu dirección — ✓',
  text: 'Hola:\n.\n..\nfin',
  html: '<p>Hola</p>',
}

async function server(options?: Parameters<typeof startMailServer>[0]): Promise<TestMailServer> {
  const started = await startMailServer(options)
  opened.push(started)
  return started
}

function mailerTo(port: number, changes: Partial<Smtp> = {}): Mailer {
  const mailer = openSmtpMailer(
    { kind: 'smtp', address: { host: '127.0.0.1', port }, tls: 'none', ...changes },
    { connectMs: 2_000, greetMs: 500, silenceMs: 500 },
  )
  opened.push(mailer)
  return mailer
}

const { signal } = new AbortController()
const send = (mailer: Mailer) => mailer.send(mail, signal)

/** Rejected as this, with words for an operator that name nobody. */
async function assertFails(
  sending: Promise<void>,
  kind: typeof MailDelayed | typeof MailRefused,
  words: RegExp,
): Promise<void> {
  await assert.rejects(sending, (error) => {
    assert.ok(error instanceof kind, String(error))
    assert.match(error.message, words)
    assert.doesNotMatch(error.message, /ada@|example\.com/u)
    return true
  })
}

describe('a mail server', () => {
  it('gets the mail whole: names, subject and text in every script, and the id', async () => {
    const { port, mails } = await server()
    await send(mailerTo(port))
    const [read] = mails
    assert.equal(read?.messageId, `<${mail.messageId}>`)
    assert.deepEqual(read?.from, mail.from)
    assert.deepEqual(
      read?.to?.map((to) => ('address' in to ? to.address : '')),
      [mail.to],
    )
    assert.equal(read?.subject, mail.subject)
    assert.equal(read?.text?.trim(), mail.text)
    assert.equal(read?.html?.trim(), mail.html)
    const header = (name: string) => read?.headers.find(({ key }) => key === name)?.value
    assert.equal(header('auto-submitted'), 'auto-generated')
  })

  it('keeps its connection for the next mail', async () => {
    const started = await server()
    const mailer = mailerTo(started.port)
    for (let n = 0; n < 5; n += 1) await send(mailer)
    assert.deepEqual([started.mails.length, started.connections], [5, 1])
  })

  it('that refuses the recipient or the content with 5xx has refused for good', async () => {
    const { port, refusing } = await server()
    const mailer = mailerTo(port)
    refusing.recipient = 550
    await assertFails(send(mailer), MailRefused, /^the mail server answered RCPT TO with 550 </u)
    delete refusing.recipient
    refusing.content = 554
    await assertFails(send(mailer), MailRefused, /^the mail server answered DATA with 554/u)
  })

  it('that refuses with 4xx may take it later, and does', async () => {
    const { port, refusing, mails } = await server()
    const mailer = mailerTo(port)
    refusing.recipient = 451
    await assertFails(send(mailer), MailDelayed, /RCPT TO with 451/u)
    delete refusing.recipient
    refusing.content = 452
    await assertFails(send(mailer), MailDelayed, /DATA with 452/u)
    delete refusing.content
    await send(mailer)
    assert.equal(mails.length, 1)
  })

  it('that is away, silent, or goes half-way may take it later', async () => {
    const gone = await startMailServer()
    await gone.close()
    await assertFails(send(mailerTo(gone.port)), MailDelayed, /ECONNREFUSED/u)

    const silent = createServer(() => undefined).listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const { port } = silent.address() as AddressInfo
    await assertFails(send(mailerTo(port)), MailDelayed, /cannot be used/u)
    silent.close()

    const stuck = await server({ onData: (stream) => stream.resume() })
    await assertFails(send(mailerTo(stuck.port)), MailDelayed, /cannot be used/u)

    // It greets, and hangs up at the first word.
    const rude = createServer((socket) => {
      socket.write('220 hello\r\n')
      socket.once('data', () => socket.destroy())
    }).listen(0, '127.0.0.1')
    await once(rude, 'listening')
    const rudePort = (rude.address() as AddressInfo).port
    await assertFails(send(mailerTo(rudePort)), MailDelayed, /cannot be used/u)
    rude.close()
  })
})

describe('the way to a mail server', () => {
  const { certificate, key } = selfSigned()
  const tls = { cert: certificate, key: key.reveal() }

  it('is encrypted before anything is said, or nothing is', async () => {
    const plain = await server()
    await assertFails(send(mailerTo(plain.port, { tls: 'starttls' })), MailDelayed, /STARTTLS|TLS/u)
    assert.equal(plain.mails.length, 0)
    const strange = await server(tls)
    await assertFails(
      send(mailerTo(strange.port, { tls: 'starttls' })),
      MailDelayed,
      /self-signed/u,
    )
    assert.equal(strange.mails.length, 0)
  })

  it('takes a certificate whose authority is known, with STARTTLS and from the first byte on', async (t) => {
    const before = getCACertificates()
    setDefaultCACertificates([...before, certificate])
    t.after(() => setDefaultCACertificates(before))
    for (const [way, secure] of [
      ['starttls', false],
      ['implicit', true],
    ] as const) {
      const secured: boolean[] = []
      const started = await server({
        ...tls,
        secure,
        onMailFrom(_address, session, done) {
          secured.push(session.secure)
          done()
        },
      })
      await send(mailerTo(started.port, { tls: way }))
      assert.deepEqual([started.mails.length, secured], [1, [true]])
    }
  })

  it('signs in; a login that fails can be mended, and is not the end of the mail', async () => {
    const password = 'CANARY-password'
    const started = await server({
      authOptional: false,
      allowInsecureAuth: true,
      onAuth({ username, password: presented }, _session, done) {
        if (username === 'signet' && presented === password) done(null, { user: username })
        else done(new Error('wrong'))
      },
    })
    const login = (text: string) => ({ user: 'signet', password: new Secret(text) })
    const wrong = mailerTo(started.port, { login: login('CANARY-wrong') })
    await assert.rejects(send(wrong), (error) => {
      assert.ok(error instanceof MailDelayed)
      assert.doesNotMatch(error.message, /CANARY/u)
      return true
    })
    await send(mailerTo(started.port, { login: login(password) }))
    assert.equal(started.mails.length, 1)
  })
})

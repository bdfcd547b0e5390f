import assert from 'node:assert/strict'
import { after, afterEach, before, beforeEach, describe, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { openMasterSecret } from '../crypto/master-secret.ts'
import type { Deps } from '../deps.ts'
import { type Jobs, openJobs } from '../jobs/open-jobs.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { openInbox } from './inbox.ts'
import { orderMail } from './mail-order.ts'
import { sendMail } from './send-mail.ts'
import { startMailServer, type TestMailServer } from './testing/mail-server.ts'

let test: TestDeps
let deps: Deps
let running: Jobs | undefined
let server: TestMailServer | undefined

before(async () => {
  test = await openTestDeps()
  deps = test.deps
})
after(() => test.close())
beforeEach(() => rowsOf(deps, 'delete from jobs.job'))
afterEach(async () => {
  await running?.stop()
  await server?.close()
  running = undefined
  server = undefined
})

const order = (to: string, now = new Date()) =>
  deps.db.transaction((tx) =>
    orderMail(
      { ...deps, db: tx },
      {
        kind: 'reset_password',
        to,
        locale: 'es',
        facts: {},
        opener: { token: 'sl1_CANARY-token', code: '12345678' },
      },
      { now },
    ),
  )

function startJobs(port: number): void {
  const address = { host: '127.0.0.1', port }
  const mail = {
    from: 'no-reply@example.com',
    sender: { kind: 'smtp', address, tls: 'none' },
  } as const
  running = openJobs(
    { ...deps, config: { ...deps.config, mail } },
    { address: test.address, inbox: undefined },
  )
  running.start()
}

async function until(what: string, holds: () => unknown): Promise<void> {
  const deadline = performance.now() + 60_000
  while (!(await holds())) {
    assert.ok(performance.now() < deadline, `never: ${what}`)
    await wait(20)
  }
}

const states = async () =>
  Object.fromEntries(
    (await rowsOf(
      deps,
      `select state::text, count(*)::integer from jobs.job where name = 'send_mail' group by 1`,
    )) as [string, number][],
  )

describe('a mail that was ordered', () => {
  it('arrives, in the language of its reader, with what opens something', async () => {
    server = await startMailServer()
    startJobs(server.port)
    await order('ada@example.com')
    await until('it arrives', () => server?.mails.length === 1)
    const [mail] = server.mails
    assert.equal(mail?.subject, 'Elige una contraseña nueva')
    assert.match(mail?.text ?? '', /reset-password\?token=sl1_CANARY-token/u)
    const [row] = await rowsOf(deps, `select id::text from jobs.job where name = 'send_mail'`)
    assert.equal(mail?.messageId, `<${row?.[0]}@localhost>`)
  })

  it('lies in the queue without what opens something', async () => {
    await order('ada@example.com')
    const [row] = await rowsOf(deps, 'select j::text from jobs.job j')
    assert.doesNotMatch(String(row?.[0]), /CANARY|12345678/u)
  })

  it('is not sent once its link has expired, and says so', async () => {
    server = await startMailServer()
    await order('late@example.com', new Date(Date.now() - 3_601_000))
    startJobs(server.port)
    await until('it is refused', async () => (await states()).failed === 1)
    assert.equal(server.mails.length, 0)
  })

  it('goes out twice with one id where a crash came between sending and noting', async () => {
    const inbox = openInbox()
    const sent: string[] = []
    const mailer = {
      ...inbox,
      send: async (mail: { messageId: string }) => void sent.push(mail.messageId),
    }
    await order('ada@example.com')
    const [row] = await rowsOf(deps, 'select id::text, data from jobs.job')
    const [id, payload] = row as [string, Parameters<typeof sendMail>[1]['payload']]
    const job = { id, payload, signal: new AbortController().signal }
    for (let n = 0; n < 2; n += 1) await sendMail({ ...deps, mailer }, job)
    assert.deepEqual(new Set(sent).size, 1)
  })

  it('whose secret another instance has is tried again, until its link has expired', async () => {
    await order('ada@example.com')
    const masterSecret = openMasterSecret({ current: 'another secret that is long enough' })
    const [row] = await rowsOf(deps, 'select id::text, data from jobs.job')
    const [id, payload] = row as [string, Parameters<typeof sendMail>[1]['payload']]
    const job = { id, payload, signal: new AbortController().signal }
    const lacking = { ...deps, masterSecret, mailer: openInbox() }
    await assert.rejects(sendMail(lacking, job), { name: 'MasterSecretError' })
    const uselessFrom = new Date(Date.now() - 1).toISOString()
    const expired = { ...job, payload: { ...payload, uselessFrom } }
    await assert.rejects(sendMail(lacking, expired), { name: 'JobRefused' })
  })
})

it('a hundred mails queued while the server is away arrive once each when it returns', async () => {
  const gone = await startMailServer()
  await gone.close()
  for (let n = 0; n < 100; n += 1) await order(`person-${n}@example.com`)
  startJobs(gone.port)
  await until('all have failed once', async () => ((await states()).retry ?? 0) === 100)
  server = await startMailServer({}, gone.port)
  await rowsOf(deps, `update jobs.job set start_after = now() where name = 'send_mail'`)
  await until('all are there', async () => (await states()).completed === 100)
  const ids = server.mails.map(({ messageId }) => messageId)
  assert.deepEqual([ids.length, new Set(ids).size], [100, 100])
})

it('a recipient who is refused for good is not tried again, and keeps nobody else waiting', async () => {
  server = await startMailServer({
    onRcptTo({ address }, _session, done) {
      const refused = Object.assign(new Error('no such user'), { responseCode: 550 })
      done(address.startsWith('gone') ? refused : null)
    },
  })
  startJobs(server.port)
  await order('gone@example.com')
  await order('ada@example.com')
  await until('both are settled', async () => {
    const { failed, completed } = await states()
    return failed === 1 && completed === 1
  })
  const [row] = await rowsOf(deps, `select output::text from jobs.job where state = 'failed'`)
  assert.match(String(row?.[0]), /RCPT TO with 550/u)
  assert.doesNotMatch(String(row?.[0]), /gone@/u)
})

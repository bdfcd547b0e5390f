import assert from 'node:assert/strict'
import { once } from 'node:events'
import { after, before, it } from 'node:test'
import { setTimeout as wait } from 'node:timers/promises'
import { openMasterSecret } from '../crypto/master-secret.ts'
import { enqueue } from '../queue/enqueue.ts'
import { openTestDeps, rowsOf, type TestDeps } from '../testing/deps.ts'
import { databaseEnvironment, runSignet, spawnSignet } from './testing/spawn-signet.ts'

let opened: TestDeps
let environment: Record<string, string>

before(async () => {
  opened = await openTestDeps()
  environment = databaseEnvironment(opened.address)
})
after(() => opened.close())

async function run(args: string[]) {
  const { exitCode, stdout } = await runSignet([...args, '--json'], { environment })
  return { exitCode, value: JSON.parse(stdout) }
}

it('job list, cancel and retry, rehearsed and done', async () => {
  await opened.deps.db.transaction((tx) => enqueue(tx, 'clean_up', {}))
  const listed = await run(['job', 'list', '--kind', 'clean_up'])
  const [job] = listed.value.jobs
  assert.deepEqual([job.kind, job.state, job.tries], ['clean_up', 'created', 0])
  assert.equal((await run(['job', 'cancel', job.id, '--dry-run'])).value.changed, false)
  assert.equal((await run(['job', 'cancel', job.id])).value.changed, true)
  const again = await run(['job', 'cancel', job.id])
  assert.deepEqual([again.exitCode, again.value.error.code], [1, 'WRONG_STATE'])
  assert.equal((await run(['job', 'retry', job.id])).value.changed, true)
  const states = await run(['job', 'list', '--state', 'retry'])
  assert.deepEqual(
    states.value.jobs.map(({ id }: { id: string }) => id),
    [job.id],
  )
  const unknown = await run(['job', 'retry', '019a0000-0000-7000-8000-000000000001'])
  assert.deepEqual([unknown.exitCode, unknown.value.error.code], [1, 'NOT_FOUND'])
})

it('worker says which secrets it has, does what is queued, shows its metrics, and ends on a signal', async () => {
  await rowsOf(opened.deps, 'delete from jobs.job')
  // The worker has a master secret of its own, which opens none of the keys of this test.
  await rowsOf(opened.deps, 'delete from signing_keys')
  await opened.deps.db.transaction((tx) => enqueue(tx, 'clean_up', {}))
  const instances = 'select current_key_id, readable_key_ids from running_instances'
  const worker = spawnSignet(['worker', '--json'], {
    environment: { ...environment, SIGNET_METRICS_ADDRESS: '127.0.0.1:0' },
  })
  try {
    const [line] = await once(worker.stdout.setEncoding('utf8'), 'data')
    const { metrics } = JSON.parse(line)
    const { keyId } = openMasterSecret({ current: environment.SIGNET_MASTER_SECRET ?? '' })
    assert.deepEqual(await rowsOf(opened.deps, instances), [[keyId, [keyId]]])
    const done = `select count(*)::integer from jobs.job where state = 'completed' and name = 'clean_up'`
    const deadline = performance.now() + 60_000
    while ((await rowsOf(opened.deps, done))[0]?.[0] !== 1) {
      assert.ok(performance.now() < deadline, 'the job was not done')
      await wait(50)
    }
    const page = await (await fetch(`http://${metrics}/metrics`)).text()
    assert.match(page, /^signet_job_runs_total\{kind="clean_up",outcome="done"\} 1$/mu)
    assert.match(page, /^signet_jobs\{kind="send_mail",state="waiting"\} 0$/mu)
    assert.match(page, /^signet_job_oldest_due_seconds\{kind="clean_up"\} 0$/mu)
    const exited = once(worker, 'exit')
    worker.kill('SIGTERM')
    assert.deepEqual(await exited, [0, null])
    assert.deepEqual(await rowsOf(opened.deps, instances), [])
  } finally {
    worker.kill('SIGKILL')
  }
})

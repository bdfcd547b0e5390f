import assert from 'node:assert/strict'
import { it } from 'node:test'
import { ContractError } from './contract.ts'
import { type NamedStep, runSteps } from './run-steps.ts'

const current: NamedStep = { name: 'current', run: async () => [] }
const staleOne: NamedStep = { name: 'stale', run: async () => ['docs/a.md', 'docs/b.md'] }
const defective: NamedStep = {
  name: 'rules',
  run: async () => {
    throw new ContractError('a.proto:1: first\na.proto:2: second')
  },
}

async function run(steps: NamedStep[], check: boolean): Promise<{ code: number; said: string }> {
  const said: string[] = []
  const code = await runSteps(steps, { check, say: (text) => said.push(text) })
  return { code, said: said.join('\n') }
}

it('says nothing where everything is current', async () => {
  assert.deepEqual(await run([current, current], true), { code: 0, said: '' })
})

it('names every stale file and the command that mends it, and fails', async () => {
  const { code, said } = await run([staleOne, current], true)
  assert.equal(code, 1)
  assert.equal(
    said,
    'Not current:\n  docs/a.md\n  docs/b.md\nRun `npm run generate` and commit what it writes.',
  )
})

it('names what it wrote, and succeeds', async () => {
  assert.deepEqual(await run([staleOne], false), {
    code: 0,
    said: 'Written:\n  docs/a.md\n  docs/b.md',
  })
})

it('fails on a defect, whether it writes or checks, and does not build on it', async () => {
  for (const check of [true, false]) {
    const { code, said } = await run([current, defective, staleOne], check)
    assert.equal(code, 1)
    assert.equal(said, 'There are defects (rules):\n  a.proto:1: first\n  a.proto:2: second')
  }
})

it('lets an unexpected error through', async () => {
  const broken: NamedStep = { name: 'broken', run: async () => Promise.reject(new Error('disk')) }
  await assert.rejects(run([broken], true), /disk/)
})

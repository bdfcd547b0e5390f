/** The packed verifier in an empty project, on the Node of the machine: Node 20 must do. */

import assert from 'node:assert/strict'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { installPacked, type Project, runOnOldNode } from './testing/pack.ts'
import { claimsOf, openScriptedIssuer, type ScriptedIssuer } from './testing/scripted-issuer.ts'

let project: Project
let issuer: ScriptedIssuer
before(async () => {
  project = await installPacked()
  issuer = await openScriptedIssuer()
})
after(async () => {
  await issuer?.stop()
  await project?.remove()
})

test('holds every entry of its exports with declarations, no sources and no tests', async () => {
  const manifest = JSON.parse(
    await readFile(join(project.directory, 'node_modules/@signet/verifier/package.json'), 'utf8'),
  ) as { exports: Record<string, Record<string, string>>; dependencies?: object }
  assert.equal(manifest.dependencies, undefined)
  for (const target of Object.values(manifest.exports).flatMap((entry) => Object.values(entry))) {
    assert.ok(project.files.includes(target.slice(2)), target)
  }
  assert.ok(project.files.every((file) => !/\.test\.|(?<!\.d)\.ts$|testing/.test(file)))
})

test('verifies, refuses, tells and ends by itself, on Node 20', async (t) => {
  const [good, revoked] = [issuer.mint(), issuer.mint()]
  let beating: NodeJS.Timeout | undefined
  issuer.onWatch = (feed) => {
    feed.send({
      reset: true,
      entries: [issuer.entry(1, 'jti', claimsOf(revoked).jti)],
      position: '1',
    })
    // The connection is a good one and stays: only its own modesty lets the process end.
    beating = setInterval(() => feed.send({ position: '1' }), 500)
  }
  t.after(() => clearInterval(beating))
  const script = `
    import { createVerifier, verifyRequest } from '@signet/verifier'
    import { protect } from '@signet/verifier/express'
    import { protect as protectNext } from '@signet/verifier/next'
    import { createTestIssuer } from '@signet/verifier/testing'
    const options = ${JSON.stringify({
      issuer: issuer.url,
      audience: issuer.audience,
      client: issuer.client,
    })}
    const verifier = createVerifier(options)
    await verifier.ready()
    const answers = []
    for (const token of ${JSON.stringify([good, revoked, 'x'])}) {
      const request = new Request('http://x/', { headers: { authorization: 'Bearer ' + token } })
      const answer = await verifyRequest(verifier, request, { scope: 'invoices.read' })
      answers.push(answer instanceof Response ? (await answer.json()).reason : 'good')
    }
    protect(verifier); protectNext(verifier, {}, () => new Response())
    const test = createTestIssuer()
    const inMemory = createVerifier({ ...test.verifierOptions, audience: 'a' })
    await inMemory.ready()
    answers.push((await inMemory.verify(test.mint({ audience: 'a' }).accessToken)).clientId)
    console.log(JSON.stringify({ node: process.versions.node, answers }))
    // Nothing is closed: neither feed, keys nor timers may keep the process alive.
  `
  await writeFile(join(project.directory, 'check.mjs'), script)
  const { node, answers } = JSON.parse(await runOnOldNode('check.mjs', project.directory))
  assert.match(node, /^2\d\./)
  assert.deepEqual(answers, ['good', 'revoked', 'malformed', 'test-app'])
})

test('type-checks in a project that knows neither our settings nor our frameworks', async () => {
  const { execFile } = await import('node:child_process')
  const { promisify } = await import('node:util')
  const code = `
    import { createVerifier, type VerifiedToken, VerificationError } from '@signet/verifier'
    import { protect, tokenOf } from '@signet/verifier/express'
    const verifier = createVerifier({ issuer: 'https://a.example', audience: 'b', client: { id: 'c', secret: 'd' } })
    const token: VerifiedToken = await verifier.verify('x', { scope: ['a'], freshness: 'introspect' })
    export const names: readonly string[] = token.scopes
    export { protect, tokenOf, VerificationError }
  `
  await writeFile(join(project.directory, 'check.ts'), code)
  const tsc = join(import.meta.dirname, '../../../node_modules/typescript/bin/tsc')
  const types = join(import.meta.dirname, '../../../node_modules/@types')
  const settings = ['--noEmit', '--strict', '--target', 'es2022', '--module', 'nodenext']
  const args = [tsc, ...settings, '--typeRoots', types, '--types', 'node', 'check.ts']
  await promisify(execFile)(process.execPath, args, { cwd: project.directory }).catch(
    (error: { stdout: string }) => assert.fail(error.stdout),
  )
})

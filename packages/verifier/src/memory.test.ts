/** What nobody can make a verifier hold: forged tokens, good tokens without end. */

import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { VerificationError } from './refusal.ts'
import { createTestIssuer } from './test-issuer.ts'
import { megabytesInUse } from './testing/collect-garbage.ts'
import { createVerifier } from './verifier.ts'

const audience = 'https://api.example.com'

test('a million forged tokens, each with another identifier, leave nothing behind', async () => {
  const issuer = createTestIssuer()
  const verifier = createVerifier({ ...issuer.verifierOptions, audience })
  await verifier.ready()
  const good = issuer.mint({ audience }).accessToken
  const [header, payload = '', signature] = good.split('.')
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString())
  const forged = (kid?: string) => {
    const body = Buffer.from(JSON.stringify({ ...claims, jti: randomUUID() })).toString('base64url')
    const head = kid === undefined ? header : encode({ alg: 'ES256', typ: 'at+jwt', kid })
    return `${head}.${body}.${signature}`
  }
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  async function refuse(count: number): Promise<void> {
    for (let n = 0; n < count; n++) {
      // The signature of one in a thousand is checked; the others fail before that, which remembers as little.
      const answer = verifier.verify(n % 1_000 === 0 ? forged() : forged(`invented ${n}`))
      const outcome = await answer.catch((error: unknown) => error)
      assert.ok(outcome instanceof VerificationError)
      // As in a service: the feed is read between requests.
      if (n % 1_000 === 0) await setImmediate()
    }
  }

  await refuse(2_000)
  const before = megabytesInUse()
  await refuse(1_000_000)
  const grown = megabytesInUse() - before
  assert.ok(grown < 5, `${grown} MB more`)
  assert.equal(verifier.status().knownTokens, 0)
  assert.ok(await verifier.verify(good))
  verifier.close()
  issuer.close()
})

test('good tokens without end take the room of so many and no more; one that is used stays', async () => {
  const issuer = createTestIssuer()
  const knownTokensMax = 100
  const verifier = createVerifier({ ...issuer.verifierOptions, audience, knownTokensMax })
  await verifier.ready()
  const used = issuer.mint({ audience }).accessToken
  await verifier.verify(used)
  for (let n = 0; n < 1_000; n++) {
    await verifier.verify(issuer.mint({ audience }).accessToken)
    await verifier.verify(used)
  }
  assert.ok(verifier.status().knownTokens <= knownTokensMax)
  assert.equal(verifier.status().counters.cacheHits, 1_000)
  verifier.close()
  issuer.close()
})

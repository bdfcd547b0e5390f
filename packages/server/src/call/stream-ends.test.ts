import assert from 'node:assert/strict'
import { beforeEach, describe, mock, test } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { pino } from 'pino'
import { SignetError } from '../errors.ts'
import type { UserCaller } from '../request-context.ts'
import { CallContext } from './call-context.ts'
import { endStreamWith, type StreamEnds } from './stream-ends.ts'

function open(ends: Partial<StreamEnds> = {}, expiresInMs?: number) {
  const origin = {
    wire: 'grpc' as const,
    reference: 'TEST-TEST-TEST',
    ipAddress: '127.0.0.1',
    userAgent: '',
    authorization: undefined,
    onGone: () => {},
  }
  const ctx = new CallContext(origin, pino({ level: 'silent' }))
  if (expiresInMs !== undefined) {
    const expiresAt = new Date(ctx.now.getTime() + expiresInMs)
    ctx.caller = { kind: 'user', expiresAt } as UserCaller
  }
  const shutdown = new AbortController()
  const release = endStreamWith(ctx, {
    shutdown: shutdown.signal,
    watchCaller: () => undefined,
    reauthorize: undefined,
    ...ends,
  })
  const reason = () => (ctx.abortReason as SignetError | undefined)?.reason
  return { shutdown, release, reason }
}

/** Lets the time pass, and whatever waits for it go on. */
async function pass(ms: number): Promise<void> {
  mock.timers.tick(ms)
  for (let i = 0; i < 10; i++) await Promise.resolve()
}

describe('a stream ends', () => {
  beforeEach((t) => {
    mock.timers.enable({ apis: ['setTimeout'] })
    if ('after' in t) t.after(() => mock.timers.reset())
  })

  test('when the server stops, also before it has begun', () => {
    const { shutdown, reason } = open()
    shutdown.abort()
    assert.equal(reason(), ErrorReason.UNAVAILABLE)
    assert.equal(open({ shutdown: AbortSignal.abort() }).reason(), ErrorReason.UNAVAILABLE)
  })

  test('as soon as its caller is found to have ended', () => {
    let stopped = 0
    let callerEnded = () => {}
    const { reason, release } = open({
      watchCaller: (ended) => {
        callerEnded = ended
        return () => {
          stopped += 1
        }
      },
    })
    callerEnded()
    assert.equal(reason(), ErrorReason.UNAUTHENTICATED)
    release()
    assert.equal(stopped, 1)
  })

  test('when the token of its user expires, and not before', async () => {
    const { reason } = open({}, 300_000)
    await pass(299_999)
    assert.equal(reason(), undefined)
    await pass(1)
    assert.equal(reason(), ErrorReason.UNAUTHENTICATED)
  })

  test('when its caller may not call any more, with what says so', async () => {
    for (const refusal of [ErrorReason.UNAUTHENTICATED, ErrorReason.PERMISSION_DENIED] as const) {
      let asked = 0
      const reauthorize = async () => {
        asked += 1
        if (asked === 3) throw new SignetError(refusal)
      }
      const { reason } = open({ reauthorize })
      await pass(5_000)
      await pass(5_000)
      assert.deepEqual([asked, reason()], [2, undefined])
      await pass(5_000)
      assert.deepEqual([asked, reason()], [3, refusal])
      await pass(60_000)
      assert.equal(asked, 3)
    }
  })

  test('not because nobody knows for the moment', async () => {
    let asked = 0
    const reauthorize = () => {
      asked += 1
      const away = asked === 1 ? new Error('a bug') : new SignetError(ErrorReason.UNAVAILABLE)
      return Promise.reject(away)
    }
    const { reason } = open({ reauthorize })
    for (let i = 0; i < 4; i++) await pass(5_000)
    assert.deepEqual([asked, reason()], [4, undefined])
  })

  test('once: nothing is asked after it has ended, and no late answer counts', async () => {
    const answer = Promise.withResolvers<void>()
    let asked = 0
    const { release, reason } = open({
      reauthorize: () => {
        asked += 1
        return answer.promise
      },
    })
    await pass(5_000)
    release()
    answer.reject(new SignetError(ErrorReason.UNAUTHENTICATED))
    await pass(60_000)
    assert.deepEqual([asked, reason()], [1, undefined])
  })
})

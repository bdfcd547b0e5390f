/** The revocation log of an issuer in memory, and the feed of it: see test-issuer.ts. */

import { randomUUID } from 'node:crypto'
import type { AccessTokenClaims } from './claims.ts'
import type { Clock } from './clock.ts'
import { hashIdentifier, type IdentifierClaim } from './hashed-identifier.ts'

/** What is revoked: one of these, by its identifier; or everything. */
export interface RevocationTarget {
  token?: string | undefined
  grant?: string | undefined
  session?: string | undefined
  subject?: string | undefined
  client?: string | undefined
  everything?: boolean
  /** With `subject`: the session that goes on. */
  exceptSession?: string | undefined
  /** What tokens say is outdated: the client refreshes and goes on. */
  stale?: boolean
}

export interface TestLog {
  revoke(target: RevocationTarget): void
  isActive(claims: AccessTokenClaims): boolean
  position(): number
  /** Answers with the feed from where the request says that its reader is. */
  watch(request: Request): Response
  /** Sends a heartbeat to everyone. */
  beat(): void
  /** Ends every feed. */
  disconnect(): void
}

interface Revoked {
  position: number
  target: RevocationTarget
  /** As it is sent. */
  entry: object
}

interface Watcher {
  position: number
  controller: ReadableStreamDefaultController<Uint8Array>
}

type Named = 'token' | 'grant' | 'session' | 'subject' | 'client'

const heartbeatMs = 1_000
const entryLifetimeMs = 24 * 3600_000
const claimOf = {
  token: 'jti',
  grant: 'gid',
  session: 'sid',
  subject: 'sub',
  client: 'client_id',
} as const satisfies Record<Named, IdentifierClaim>
const named = Object.keys(claimOf) as Named[]

export function openTestLog(issuer: string, clock: Clock): TestLog {
  const logId = randomUUID()
  const log: Revoked[] = []
  const watchers = new Set<Watcher>()

  function send(watcher: Watcher, reset: boolean): void {
    const news = log.filter(({ position }) => position > watcher.position)
    const step = {
      logId,
      reset,
      entries: news.map(({ entry }) => entry),
      position: String(log.length),
      complete: true,
      ageMs: 0,
      clockMs: String(Math.floor(clock.monotonicMs())),
    }
    watcher.position = log.length
    watcher.controller.enqueue(Buffer.from(`data: ${JSON.stringify(step)}\n\n`))
  }

  const beat = () => {
    for (const watcher of watchers) send(watcher, false)
  }
  const beating = setInterval(beat, heartbeatMs)
  beating.unref()

  return {
    revoke(target) {
      const position = log.length + 1
      log.push({ position, target, entry: entryOf(issuer, { position, target }, clock.wallMs()) })
      beat()
    },
    isActive: (claims) =>
      claims.exp * 1000 > clock.wallMs() && !log.some((revoked) => kills(revoked, claims)),
    position: () => log.length,
    watch(request) {
      const { searchParams } = new URL(request.url)
      const reset = searchParams.get('logId') !== logId
      const position = reset ? 0 : Number(searchParams.get('since'))
      let watcher: Watcher | undefined
      request.signal.addEventListener('abort', () => {
        if (watcher === undefined || !watchers.delete(watcher)) return
        watcher.controller.error(request.signal.reason)
      })
      const body = new ReadableStream<Uint8Array>({
        start(controller) {
          watcher = { position, controller }
          watchers.add(watcher)
          send(watcher, reset)
        },
        cancel() {
          if (watcher !== undefined) watchers.delete(watcher)
        },
      })
      const date = new Date(clock.wallMs()).toUTCString()
      return new Response(body, { headers: { 'content-type': 'text/event-stream', date } })
    },
    beat,
    disconnect() {
      for (const { controller } of watchers) controller.close()
      watchers.clear()
    },
  }
}

/** Throws TypeError unless exactly one thing is named. */
function targetOf(target: RevocationTarget): Named | 'everything' {
  const [first, another] = named.filter((name) => target[name] !== undefined)
  if (another !== undefined || (first === undefined) !== (target.everything === true)) {
    throw new TypeError(
      'revoke one thing: a token, grant, session, subject or client, or everything',
    )
  }
  return first ?? 'everything'
}

function entryOf(
  issuer: string,
  { position, target }: { position: number; target: RevocationTarget },
  nowMs: number,
): object {
  const what = targetOf(target)
  const hashed = (claim: IdentifierClaim, value: string) =>
    hashIdentifier(issuer, claim, value).toString('base64')
  const { exceptSession } = target
  return {
    position: String(position),
    kind: target.stale === true ? 'REVOCATION_KIND_STALE' : 'REVOCATION_KIND_ENDED',
    scope: `REVOCATION_SCOPE_${what.toUpperCase()}`,
    ...(what !== 'everything' && { value: hashed(claimOf[what], target[what] ?? '') }),
    ...(exceptSession !== undefined && { exceptSession: hashed('sid', exceptSession) }),
    expiresAt: new Date(nowMs + entryLifetimeMs).toISOString(),
  }
}

/** The rule of the log, on the identifiers themselves. */
function kills({ position, target }: Revoked, claims: AccessTokenClaims): boolean {
  const what = targetOf(target)
  const isNamed = what === 'everything' || claims[claimOf[what]] === target[what]
  if (what === 'token' || what === 'grant' || what === 'session') return isNamed
  const goesOn = target.exceptSession !== undefined && target.exceptSession === claims.sid
  return isNamed && position > claims.rev && !goesOn
}

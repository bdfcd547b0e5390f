/**
 * Fetches the picture of a client from where its record says, in a job.
 *
 * 1. Where is it to be fetched? The record may have changed since the job was queued.
 * 2. Fetch it, by the way out that leads to nothing inside, and no more of it than a logo can have.
 * 3. Look at what the bytes are, before anything is decoded; then make it small, in a process of its own.
 * 4. Keep it, or why there is none, where the record still names that address. What was there before stays until then.
 *
 * What may pass (the other server is away) is tried again some times; what will not is told in the record of the client at once.
 *
 * Errors: whatever kept it from being fetched, so that the job is tried again; UNAVAILABLE.
 * Specs: RFC 7591 §2 (`logo_uri`) and §5 (what a server does with addresses of clients).
 */

import { createHash } from 'node:crypto'
import type { Deps } from '../deps.ts'
import { FetchFailed, type GuardedFetch } from '../outbound/guarded-fetch.ts'
import { inspectPicture, pictureSentence } from '../pictures/picture-header.ts'
import type { PictureRenderer } from '../pictures/picture-renderer.ts'
import type { Job } from '../queue/job.ts'
import { findLogoUri, keepLogo, noteLogoProblem } from './client-logos.sql.ts'

type LogoDeps = Pick<Deps, 'db'> & { fetch: GuardedFetch; pictures: PictureRenderer }

/** The side of the square that is kept, in pixels: three for each that it is shown with. */
export const logoSide = 120
const bytesMax = 1024 * 1024
const timeoutMs = 10_000
const mediaTypes = ['image/png', 'image/webp', 'image/jpeg']

/** Does the work of one job. */
export async function fetchClientLogo(
  deps: LogoDeps,
  { payload: { clientId }, signal }: Pick<Job<'fetch_client_logo'>, 'payload' | 'signal'>,
): Promise<void> {
  const { db } = deps
  const wanted = await findLogoUri(db, { clientId })
  if (wanted === undefined) return
  const { logoUri } = wanted
  const made = await makeLogo(deps, logoUri, signal)
  if ('picture' in made) {
    const hash = createHash('sha256').update(made.picture).digest('base64url')
    await keepLogo(db, { clientId, logoUri, hash, picture: made.picture })
    return
  }
  await noteLogoProblem(db, { clientId, logoUri, problem: made.problem })
  if (made.mayPass) throw new Error(`the logo of ${clientId}: ${made.problem}`)
}

type Made = { picture: Buffer } | { problem: string; mayPass: boolean }

async function makeLogo(
  { fetch, pictures }: LogoDeps,
  logoUri: string,
  signal: AbortSignal,
): Promise<Made> {
  const fetched = await fetchBytes(fetch, logoUri, signal)
  if ('problem' in fetched) return fetched
  const found = inspectPicture(fetched.bytes)
  if ('broken' in found) return { problem: pictureSentence(found.broken), mayPass: false }
  const task = { bytes: found.bytes, sides: [logoSide], fit: 'contain' } as const
  const answer = await pictures.render(task, signal)
  if ('failure' in answer) return { problem: pictureSentence('broken'), mayPass: false }
  return { picture: answer.pictures[0] ?? Buffer.alloc(0) }
}

async function fetchBytes(
  fetch: GuardedFetch,
  logoUri: string,
  signal: AbortSignal,
): Promise<{ bytes: Buffer } | { problem: string; mayPass: boolean }> {
  try {
    const request = { method: 'GET', accept: mediaTypes, bytesMax, timeoutMs, signal } as const
    const { status, body } = await fetch(logoUri, request)
    if (status === 200) return { bytes: body }
    const problem = `${new URL(logoUri).host} answered ${status} instead of a picture.`
    return { problem, mayPass: status >= 500 || status === 429 }
  } catch (error) {
    if (!(error instanceof FetchFailed)) throw error
    // Nobody is at fault where this process ends.
    signal.throwIfAborted()
    return { problem: `${error.message}.`, mayPass: error.kind === 'failed' }
  }
}

/**
 * Threads that compute password hashes and nothing else. Hashes in the pool that libuv has for files and names would starve
 * those; and with as many threads as there are cores, a hash keeps its core and its caches.
 *
 * A thread that has to ask the event loop for each next hash idles while the loop is busy. So it may be given one ahead, to begin with as
 * soon as it is done. Nothing is put behind a hash from elsewhere, which may take a hundred times as long as ours.
 *
 * Threads are started when all others have work, and stay: the first hash of each takes 50 ms longer. One that ends fails the hash
 * that it was at, and the next is started for whoever comes then. None keeps the process from ending unless somebody waits for it.
 */

import { fileURLToPath } from 'node:url'
import { Worker } from 'node:worker_threads'
import { isOwnHash } from './argon2id.ts'

export interface HashThreads {
  /** A hash of our own form. */
  hash(password: string): Promise<string>
  /** Whether the password is the one that was hashed; a hash that nobody reads matches none. */
  verify(hash: string, password: string): Promise<boolean>
}

/** What a thread is asked for. */
export type HashTask =
  | { kind: 'hash'; password: string }
  | { kind: 'verify'; hash: string; password: string }

/** What it answers: the hash, or whether it matches; or why there is neither. */
export type HashAnswer = { value: string | boolean } | { failure: string }

interface HashThreadsOptions {
  /** Threads at the most. */
  threads: number
  program?: string
}

interface OpenTask {
  task: HashTask
  settle(answer: HashAnswer): void
}

interface HashThread {
  worker: Worker
  /** The one it works on and the one after that. */
  open: OpenTask[]
}

const ownProgram = fileURLToPath(new URL('./hash-thread.ts', import.meta.url))

/** It needs neither the secrets of the environment nor room for more than a few strings. */
const bare = {
  env: {},
  execArgv: [],
  resourceLimits: { maxOldGenerationSizeMb: 32, maxYoungGenerationSizeMb: 4 },
}

/** How much may be asked for at once, so that a thread seldom idles and nobody waits here who could wait in order of arrival. */
export function tasksAtOnce(threads: number): number {
  return threads + Math.ceil(threads / 2)
}

/** Threads of which none has been started yet. */
export function openHashThreads({
  threads: threadsMax,
  program = ownProgram,
}: HashThreadsOptions): HashThreads {
  const threads = new Set<HashThread>()
  /** Those for whom every thread has something slow to do. */
  const waiting: OpenTask[] = []

  function threadForNext(): HashThread | undefined {
    const all = [...threads]
    const idle = all.find(({ open }) => open.length === 0)
    if (idle !== undefined) return idle
    if (threads.size < threadsMax) {
      try {
        return startThread()
      } catch (error) {
        // The system has no further thread now: those that are there go on.
        if (threads.size === 0) throw error
      }
    }
    return all.find(({ open: [first, second] }) => second === undefined && isQuick(first))
  }

  function give(thread: HashThread, opened: OpenTask): void {
    if (thread.open.length === 0) thread.worker.ref()
    thread.open.push(opened)
    thread.worker.postMessage(opened.task)
  }

  function giveWaiting(): void {
    for (let next = waiting[0]; next !== undefined; next = waiting[0]) {
      try {
        const thread = threadForNext()
        if (thread === undefined) return
        give(thread, next)
      } catch (error) {
        next.settle({ failure: String(error) })
      }
      waiting.shift()
    }
  }

  function startThread(): HashThread {
    const thread: HashThread = { worker: new Worker(program, bare), open: [] }
    let why = 'the thread that computed it has ended'
    threads.add(thread)
    thread.worker.on('message', (answer: HashAnswer) => {
      thread.open.shift()?.settle(answer)
      if (thread.open.length === 0) thread.worker.unref()
      giveWaiting()
    })
    thread.worker.on('error', (error) => {
      why = String(error)
    })
    thread.worker.on('exit', () => {
      threads.delete(thread)
      const [first, ...others] = thread.open
      first?.settle({ failure: why })
      waiting.unshift(...others)
      giveWaiting()
    })
    return thread
  }

  function ask<Value>(task: HashTask): Promise<Value> {
    return new Promise((resolve, reject) => {
      const settle = (answer: HashAnswer) =>
        'failure' in answer ? reject(new Error(answer.failure)) : resolve(answer.value as Value)
      waiting.push({ task, settle })
      giveWaiting()
    })
  }

  return {
    hash: (password) => ask({ kind: 'hash', password }),
    verify: (hash, password) => ask({ kind: 'verify', hash, password }),
  }
}

/** Of our own cost. */
function isQuick(opened: OpenTask | undefined): boolean {
  return opened !== undefined && (opened.task.kind === 'hash' || isOwnHash(opened.task.hash))
}

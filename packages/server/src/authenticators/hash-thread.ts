/** The program of a thread that computes password hashes: one after the other, in the order in which it is asked for them. */

import { parentPort } from 'node:worker_threads'
import { hashArgon2id, isOwnHash, verifyArgon2 } from './argon2id.ts'
import { readForeignHash } from './foreign-hash.ts'
import type { HashAnswer, HashTask } from './hash-threads.ts'

parentPort?.on('message', (task: HashTask) => parentPort?.postMessage(answerTo(task)))

function answerTo(task: HashTask): HashAnswer {
  try {
    return { value: task.kind === 'hash' ? hashArgon2id(task.password) : verify(task) }
  } catch (error) {
    return { failure: String(error) }
  }
}

function verify({ hash, password }: HashTask & { kind: 'verify' }): boolean {
  if (isOwnHash(hash)) return verifyArgon2(hash, password)
  const foreign = readForeignHash(hash)
  return foreign.kind === 'verifiable' && foreign.verify(password)
}

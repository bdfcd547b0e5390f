/**
 * Processes that work for the benchmark: the parent asks, the child answers, one question at a time.
 *
 * A child ends with its parent, however that ends.
 */

import { fork } from 'node:child_process'
import { once } from 'node:events'

export interface Child {
  pid: number
  /** Answers what the child's `answerParent` returns; rejects with what it throws, or when the child ends. */
  ask<Answer>(question: object): Promise<Answer>
  stop(): Promise<void>
}

type Reply = { answer: unknown } | { error: string }

/** Starts a script of the benchmark in a process of its own. */
export function startChild(script: string): Child {
  const child = fork(new URL(script, import.meta.url), { serialization: 'advanced' })
  const { pid } = child
  if (pid === undefined) throw new Error(`${script} did not start`)
  return {
    pid,
    async ask<Answer>(question: object) {
      const abandoned = new AbortController()
      const options = { signal: abandoned.signal }
      const replied = once(child, 'message', options).then(([reply]) => reply as Reply)
      const ended = once(child, 'exit', options).then(() => ({ error: 'it ended' }))
      child.send(question)
      const reply = await Promise.race([replied, ended])
      abandoned.abort()
      await Promise.allSettled([replied, ended])
      if ('error' in reply) throw new Error(`${script}: ${reply.error}`)
      return reply.answer as Answer
    },
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGTERM')
      await exited
    },
  }
}

/** The child's side: answers each question of the parent until the parent is gone. */
export function answerParent<Question>(answer: (question: Question) => Promise<unknown>): void {
  process.on('message', (question) => {
    answer(question as Question).then(
      (value) => reply({ answer: value }),
      (error: unknown) => reply({ error: String(error) }),
    )
  })
  process.on('disconnect', () => process.exit())
}

function reply(message: Reply): void {
  process.send?.(message)
}

/**
 * Makes small squares of a picture, in a process of its own that is started for the first one and ends when none has come for a
 * while: until then nothing of the image library is loaded anywhere. One picture at a time; others wait.
 *
 * A picture that cannot be decoded, that takes too long, or on which the process dies is refused: a picture that kills its
 * decoder would kill it again.
 */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'

/** What is asked of the process. */
export interface PictureTask {
  bytes: Buffer
  /** The sides of the squares, in pixels. */
  sides: readonly number[]
  /** The square is filled, and what does not fit is cut off; or it holds the whole picture, on white. */
  fit: 'cover' | 'contain'
}

/** What it answers: a picture for each side, or why there is none. */
export type PictureAnswer = { pictures: Buffer[]; blurhash: string } | { failure: string }

export interface PictureRenderer {
  /** Rejects where the signal aborts. */
  render(task: PictureTask, signal: AbortSignal): Promise<PictureAnswer>
  /** Ends the process, if there is one. */
  close(): Promise<void>
}

interface RendererOptions {
  /** How long one picture may take. */
  timeoutMs?: number
  /** How long the process waits for another picture. */
  idleMs?: number
  program?: string
}

const ownProgram = fileURLToPath(new URL('./picture-process.ts', import.meta.url))

export function openPictureRenderer({
  timeoutMs = 20_000,
  idleMs = 30_000,
  program = ownProgram,
}: RendererOptions = {}): PictureRenderer {
  let child: ChildProcess | undefined
  let idle: NodeJS.Timeout | undefined
  let last: Promise<unknown> = Promise.resolve()

  const end = () => {
    clearTimeout(idle)
    child?.kill('SIGKILL')
    child = undefined
  }

  const ask = async (task: PictureTask, signal: AbortSignal): Promise<PictureAnswer> => {
    signal.throwIfAborted()
    clearTimeout(idle)
    child ??= startProcess(program)
    const answer = await answerOf(
      child,
      task,
      AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    )
    if (answer === undefined) end()
    signal.throwIfAborted()
    idle = setTimeout(end, idleMs).unref()
    return answer ?? { failure: 'the decoder ended, or took too long' }
  }

  return {
    render(task, signal) {
      const answer = last.then(() => ask(task, signal))
      last = answer.catch(() => undefined)
      return answer
    },
    async close() {
      await last
      child?.ref()
      const ended = child && once(child, 'exit')
      end()
      await ended
    },
  }
}

/** Without the environment of the service, which may hold secrets. */
function startProcess(program: string): ChildProcess {
  const child = fork(program, [], {
    env: {},
    execArgv: [],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  })
  // What it could not be told is seen by its end.
  child.on('error', () => undefined)
  // Nobody waits for a process that has nothing to do.
  child.unref()
  child.channel?.unref()
  return child
}

/** Undefined where the process ends first, or the signal aborts. */
async function answerOf(
  child: ChildProcess,
  task: PictureTask,
  signal: AbortSignal,
): Promise<PictureAnswer | undefined> {
  const { promise, resolve } = Promise.withResolvers<PictureAnswer | undefined>()
  const onAnswer = (answer: unknown) => resolve(answer as PictureAnswer)
  const onEnd = () => resolve(undefined)
  child.once('message', onAnswer).once('exit', onEnd)
  signal.addEventListener('abort', onEnd)
  child.channel?.ref()
  try {
    child.send(task, (error) => {
      if (error !== null) onEnd()
    })
    return await promise
  } finally {
    child.channel?.unref()
    child.off('message', onAnswer).off('exit', onEnd)
    signal.removeEventListener('abort', onEnd)
  }
}

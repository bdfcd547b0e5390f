/**
 * The logger: one JSON object per line, or lines for a person, to standard output or a file.
 *
 * Everything that is logged passes the one redaction list (redaction.ts) twice: each value before it is written, and
 * the finished line, which also holds what child loggers are bound to. A log that cannot be written, or that
 * nobody reads, never stops the service: what does not fit a bounded buffer is dropped and counted.
 */

import { type DestinationStream, destination, type Logger, pino, stdTimeFunctions } from 'pino'
import { readableLine } from './log-line.ts'
import { loggable, redactLine } from './redaction.ts'

export interface LoggerOptions {
  level: 'debug' | 'info' | 'warn' | 'error' | 'silent'
  format: 'json' | 'pretty'
  /** Lines are appended to it; made where missing, readable by its owner alone. */
  file?: string
  /** Instead of standard output or a file: for tests and the command line. */
  stream?: DestinationStream
}

/** Opens the log. */
export function createLogger(options: LoggerOptions): Logger {
  const stream: LogStream = options.stream ?? openStream(options)
  return pino(
    {
      level: options.level,
      base: null,
      timestamp: stdTimeFunctions.isoTime,
      serializers: { err: (error) => error },
      formatters: {
        log: (record) => loggable({ ...record }) as Record<string, unknown>,
      },
      hooks: {
        logMethod(args, method) {
          const [first, ...rest] = args
          method.apply(this, [first, ...rest.map((each) => loggable(each))] as typeof args)
        },
        streamWrite: redactLine,
      },
    },
    bounded(options.format === 'json' ? stream : readableStream(stream, options), stream),
  )
}

/** Where finished lines go, and how many bytes of them nobody has taken yet. */
interface LogStream extends DestinationStream {
  waitingBytes?(): number
}

function openStream({ file }: LoggerOptions): LogStream {
  if (file === undefined || file === '/dev/stdout') return standardOutput()
  const opened = destination({ dest: file, sync: true, mkdir: true, append: true, mode: 0o600 })
  // A full disk: the line is lost, the service goes on.
  opened.on('error', () => undefined)
  return opened
}

/** Node writes to a pipe as far as it takes something, and keeps the rest: nobody waits for whoever reads it. */
function standardOutput(): LogStream {
  const { stdout } = process
  // A closed pipe: the line is lost, the service goes on.
  if (stdout.listenerCount('error') === 0) stdout.on('error', () => undefined)
  return {
    write(line) {
      if (stdout.writable) stdout.write(line)
    },
    waitingBytes: () => stdout.writableLength,
  }
}

/** The most that is kept for a reader who does not read. */
const waitingBytesMax = 1_048_576

/** Drops lines while too much waits to be read, and afterwards says how many. */
function bounded(stream: DestinationStream, { waitingBytes }: LogStream): DestinationStream {
  if (waitingBytes === undefined) return stream
  let dropped = 0
  return {
    write(line) {
      if (waitingBytes() > waitingBytesMax) {
        dropped += 1
        return
      }
      if (dropped > 0) {
        const msg = 'log lines were dropped, because nobody read them in time'
        stream.write(`${JSON.stringify({ level: 40, time: new Date(), dropped, msg })}\n`)
        dropped = 0
      }
      stream.write(line)
    },
  }
}

function readableStream(stream: DestinationStream, options: LoggerOptions): DestinationStream {
  const toStdout = options.stream === undefined && options.file === undefined
  const colours = toStdout && process.stdout.isTTY === true
  return { write: (line) => stream.write(readableLine(line, colours)) }
}

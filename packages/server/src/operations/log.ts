/**
 * The logger: one JSON object per line, or lines for a person, to standard output or a file.
 *
 * Everything that is logged passes the one redaction list (redaction.ts) twice: each value before it is written, and
 * the finished line, which also holds what child loggers are bound to. A log that cannot be written never stops the service.
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
  const stream = options.stream ?? openStream(options)
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
    options.format === 'json' ? stream : readableStream(stream, options),
  )
}

function openStream(options: LoggerOptions): DestinationStream {
  const opened =
    options.file === undefined
      ? destination({ dest: 1, sync: true })
      : destination({ dest: options.file, sync: true, mkdir: true, append: true, mode: 0o600 })
  // A full disk or a closed pipe: the line is lost, the service goes on.
  opened.on('error', () => undefined)
  return opened
}

function readableStream(stream: DestinationStream, options: LoggerOptions): DestinationStream {
  const toStdout = options.stream === undefined && options.file === undefined
  const colours = toStdout && process.stdout.isTTY === true
  return { write: (line) => stream.write(readableLine(line, colours)) }
}

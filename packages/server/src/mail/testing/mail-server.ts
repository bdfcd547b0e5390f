/** A real mail server for tests, which misbehaves as it is told, and keeps what it takes, read by a parser we did not write. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import PostalMime, { type Email } from 'postal-mime'
import { SMTPServer, type SMTPServerOptions } from 'smtp-server'

export interface TestMailServer {
  port: number
  /** What was taken, in order. */
  mails: Email[]
  /** Set to refuse: the code of the answer to a recipient, or to the content. */
  refusing: { recipient?: number; content?: number }
  /** How many connections were opened. */
  connections: number
  close(): Promise<void>
}

/** Starts it, without TLS unless the options say otherwise. `port` 0 is any that is free. */
export async function startMailServer(
  options: SMTPServerOptions = {},
  port = 0,
): Promise<TestMailServer> {
  const mails: Email[] = []
  const refusing: TestMailServer['refusing'] = {}
  const refusal = (code: number, words: string) =>
    Object.assign(new Error(words), { responseCode: code })
  const server = new SMTPServer({
    authOptional: true,
    disableReverseLookup: true,
    disabledCommands: options.cert === undefined ? ['STARTTLS'] : [],
    logger: false,
    closeTimeout: 100,
    onConnect(_session, done) {
      started.connections += 1
      done()
    },
    onRcptTo({ address }, _session, done) {
      const { recipient } = refusing
      done(recipient === undefined ? null : refusal(recipient, `<${address}> is not welcome`))
    },
    onData(stream, _session, done) {
      const chunks: Buffer[] = []
      stream.on('data', (chunk: Buffer) => chunks.push(chunk))
      stream.on('end', () => {
        if (refusing.content !== undefined) return done(refusal(refusing.content, 'no'))
        PostalMime.parse(Buffer.concat(chunks)).then((mail) => {
          mails.push(mail)
          done()
        }, done)
      })
    },
    ...options,
  })
  server.on('error', () => undefined)
  const listening = server.listen(port, '127.0.0.1')
  await once(listening, 'listening')
  const started: TestMailServer = {
    port: (listening.address() as AddressInfo).port,
    mails,
    refusing,
    connections: 0,
    close: () => new Promise((resolve) => server.close(() => resolve())),
  }
  return started
}

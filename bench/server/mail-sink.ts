/** A mail server of the harness: tells of each mail that it took, and can be away and come back at the same address. */

import { startMailServer } from '../../packages/server/src/mail/testing/mail-server.ts'

export interface MailSink {
  port: number
  close(): Promise<void>
}

/** Takes mails. `onMail` is told the id, without angle brackets, once the mail is the sink's. */
export async function startMailSink(
  onMail: (messageId: string) => void,
  port = 0,
): Promise<MailSink> {
  return startMailServer(
    {
      onData(stream, _session, done) {
        let head = ''
        stream.on('data', (chunk: Buffer) => {
          if (head.length < 64_000) head += chunk.toString('latin1')
        })
        stream.on('end', () => {
          const [, id] = /^message-id:\s*<([^>]+)>/im.exec(head) ?? []
          // Ours before the sender hears of it: a copy comes only of what the sender does not know to be taken.
          if (id !== undefined) onMail(id)
          done()
        })
      },
    },
    port,
  )
}

/** How services are led to it. */
export function mailSettings(port: number): Record<string, string> {
  return { SIGNET_SMTP_ADDRESS: `127.0.0.1:${port}`, SIGNET_SMTP_TLS: 'none' }
}

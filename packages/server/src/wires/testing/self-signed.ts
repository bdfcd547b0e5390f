/** A certificate for tests, made on the spot: no file that expires, no key in the repository. */

import { generateKeyPairSync, sign } from 'node:crypto'

const sequence = 0x30
const ecdsaWithSha256 = der(sequence, oid([0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]))
const hourMs = 3_600_000

/** A self-signed certificate for 127.0.0.1 and its key, both as PEM. */
export function selfSigned(): { certificate: string; key: { reveal(): string } } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const commonName = der(sequence, oid([0x55, 0x04, 0x03]), der(0x0c, Buffer.from('signet.test')))
  const name = der(sequence, der(0x31, commonName))
  const validity = der(sequence, time(Date.now() - hourMs), time(Date.now() + hourMs))
  const subjectAltName = der(sequence, der(0x87, Buffer.from([127, 0, 0, 1])))
  const extension = der(sequence, oid([0x55, 0x1d, 0x11]), der(0x04, subjectAltName))
  const body = der(
    sequence,
    der(0xa0, der(0x02, Buffer.from([2]))),
    der(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    name,
    validity,
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, der(sequence, extension)),
  )
  const signature = der(0x03, Buffer.from([0]), sign('sha256', body, privateKey))
  const base64 = der(sequence, body, ecdsaWithSha256, signature).toString('base64')
  const lines = base64.match(/.{1,64}/g) ?? []
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`,
    key: { reveal: () => privateKey.export({ type: 'pkcs8', format: 'pem' }).toString() },
  }
}

function der(tag: number, ...contents: Buffer[]): Buffer {
  const content = Buffer.concat(contents)
  const length =
    content.length < 0x80
      ? [content.length]
      : content.length < 0x100
        ? [0x81, content.length]
        : [0x82, content.length >> 8, content.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), content])
}

function oid(bytes: number[]): Buffer {
  return der(0x06, Buffer.from(bytes))
}

function time(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/[-:T]|\.\d+/g, '')
  return der(0x17, Buffer.from(digits.slice(2)))
}

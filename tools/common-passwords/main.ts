/**
 * Makes packages/server/src/authenticators/common-passwords/fingerprints.bin from lists of common passwords.
 *
 *     node tools/common-passwords/main.ts LIST...
 *
 * A list is a JSON array of strings (*.json) or one password per line, plain or gzip (*.gz). Where the lists of the committed
 * file come from stands in the README beside it. The lists themselves are no dependency and are not committed.
 */

import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'
import {
  commonPasswordFingerprint,
  fingerprintBytes,
} from '../../packages/server/src/authenticators/common-passwords.ts'

/** Shorter entries would only be found as the beginning of a longer password, and refuse too much there. */
const lengthMin = 4
const target = new URL(
  '../../packages/server/src/authenticators/common-passwords/fingerprints.bin',
  import.meta.url,
)

function readList(path: string): string[] {
  const bytes = readFileSync(path)
  const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')
  return path.endsWith('.json') ? (JSON.parse(text) as string[]) : text.split(/\r?\n/)
}

const paths = process.argv.slice(2)
if (paths.length === 0) {
  process.stderr.write('Name at least one list: node tools/common-passwords/main.ts LIST...\n')
  process.exit(64)
}

const passwords = paths.flatMap(readList).filter((password) => [...password].length >= lengthMin)
const fingerprints = new Set(
  passwords.map((password) => commonPasswordFingerprint(password).toString('hex')),
)
const file = Buffer.from([...fingerprints].sort().join(''), 'hex')
writeFileSync(target, file)
process.stdout.write(
  `${file.length / fingerprintBytes} passwords, SHA-256 ${createHash('sha256').update(file).digest('hex')}\n`,
)

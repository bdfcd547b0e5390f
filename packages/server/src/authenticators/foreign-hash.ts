/**
 * Password hashes that were made elsewhere: which string forms are read, how each is verified, and how much work one may ask for.
 *
 * | Form | Known from |
 * |---|---|
 * | `$argon2{i,d,id}$[v=19$]m=…,t=…,p=…$salt$hash`, also after `argon2` | PHC; Django |
 * | `$2{a,b,y}$cost$…`, also after `bcrypt$` | bcrypt; Django |
 * | `bcrypt_sha256$$2b$cost$…` | Django: bcrypt of the hexadecimal SHA-256 |
 * | `$scrypt$ln=…,r=…,p=…$salt$hash` | PHC; passlib |
 * | `scrypt$N$salt$r$p$hash` | Django |
 * | `$fbscrypt$v=1,n=…,r=…,p=1,ss=…,sk=…$salt$hash` | Firebase, with the project's salt separator and signer key in base64 |
 * | `$pbkdf2-{sha1,sha256,sha512}$i=…,l=…$salt$hash` | PHC |
 * | `$pbkdf2[-{sha256,sha512}]$rounds$salt$hash` | passlib |
 * | `pbkdf2_{sha1,sha256}$rounds$salt$hash` | Django |
 *
 * Other systems store the same functions in other words; an import brings them into the PHC form. bcrypt reads 72 bytes of a
 * password, as it did where the hash was made. A verification takes its thread for up to two seconds, so it is made in one of
 * hash-threads.ts and never on the event loop.
 *
 * Specs: RFC 7914, RFC 8018 §5.2, RFC 9106.
 */

import { createCipheriv, createHash, pbkdf2Sync, scryptSync, timingSafeEqual } from 'node:crypto'
import { verifySync as bcryptVerify } from '@node-rs/bcrypt'
import { verifyArgon2 } from './argon2id.ts'

export type ForeignHash =
  | { kind: 'verifiable'; verify(password: string): boolean }
  /** `detail` says why, without quoting the hash. */
  | { kind: 'refused'; detail: string }

/** Bounds on what one hash may ask for: no more than 256 MiB, and about two seconds of one core. */
const bounds = {
  hashCharacters: 1024,
  derivedBytesMin: 16,
  derivedBytesMax: 128,
  argon2MemoryKib: 262_144,
  argon2MemoryPasses: 1_048_576,
  argon2Lanes: 16,
  bcryptCost: 15,
  scryptBytes: 256 * 1024 * 1024,
  scryptBlocks: 2_097_152,
  pbkdf2Rounds: 4_000_000,
}

const unknownForm = refused('the stored hash is in a form that is not read here')
const outOfBounds = refused('the stored hash asks for more or less work than is allowed')
const malformed = refused('the stored hash is not well formed')

/** Reads a hash that is not of our own making. */
export function readForeignHash(hash: string): ForeignHash {
  if (hash.length > bounds.hashCharacters) return unknownForm
  for (const { pattern, read } of forms) {
    const groups = pattern.exec(hash)?.groups
    if (groups !== undefined) return read(groups as Fields)
  }
  return unknownForm
}

/** The named groups of a form. A group that the pattern does not have reads as undefined. */
type Fields = Readonly<Record<string, string>>

const forms: readonly { pattern: RegExp; read: (fields: Fields) => ForeignHash }[] = [
  {
    pattern:
      /^(?:argon2)?(?<phc>\$argon2(?:id|i|d)\$(?:v=(?:16|19)\$)?m=(?<memory>\d{1,8}),t=(?<passes>\d{1,6}),p=(?<lanes>\d{1,3})\$(?<salt>[\w+/]+)\$(?<derived>[\w+/]+))$/,
    read: readArgon2,
  },
  {
    pattern: /^(?:bcrypt\$)?(?<modular>\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53})$/,
    read: (fields) => readBcrypt(fields, (password) => password),
  },
  {
    pattern: /^bcrypt_sha256\$(?<modular>\$2[aby]\$(?<cost>\d\d)\$[./A-Za-z0-9]{53})$/,
    read: (fields) =>
      readBcrypt(fields, (password) => createHash('sha256').update(password).digest('hex')),
  },
  {
    pattern:
      /^\$scrypt\$ln=(?<costLog2>\d{1,2}),r=(?<blocks>\d{1,4}),p=(?<lanes>\d{1,4})\$(?<salt>[\w+/]*)\$(?<derived>[\w+/]+)$/,
    read: (fields) => readScrypt({ ...fields, cost: log2Cost(fields) }, decodeBase64(fields.salt)),
  },
  {
    pattern:
      /^scrypt\$(?<cost>\d{1,9})\$(?<salt>[^$]+)\$(?<blocks>\d{1,4})\$(?<lanes>\d{1,4})\$(?<derived>[\w+/]+=*)$/,
    read: (fields) => readScrypt(fields, Buffer.from(fields.salt ?? '')),
  },
  {
    pattern:
      /^\$fbscrypt\$v=1,n=(?<costLog2>\d{1,2}),r=(?<blocks>\d{1,4}),p=(?<lanes>1),ss=(?<separator>[\w+/]*=*),sk=(?<signerKey>[\w+/]+=*)\$(?<salt>[\w+/]+=*)\$(?<derived>[\w+/]+=*)$/,
    read: readFirebaseScrypt,
  },
  {
    pattern:
      /^\$pbkdf2-(?<digest>sha1|sha256|sha512)\$i=(?<rounds>\d{1,8})(?:,l=\d{1,3})?\$(?<salt>[\w+/]*)\$(?<derived>[\w+/]+)$/,
    read: (fields) => readPbkdf2(fields, decodeBase64(fields.salt)),
  },
  {
    pattern:
      /^\$pbkdf2(?:-(?<digest>sha256|sha512))?\$(?<rounds>\d{1,8})\$(?<salt>[\w./]*)\$(?<derived>[\w./]+)$/,
    read: (fields) => readPbkdf2(fields, decodeBase64(fields.salt)),
  },
  {
    pattern:
      /^pbkdf2_(?<digest>sha1|sha256)\$(?<rounds>\d{1,8})\$(?<salt>[^$]+)\$(?<derived>[\w+/]+=*)$/,
    read: (fields) => readPbkdf2(fields, Buffer.from(fields.salt ?? '')),
  },
]

function readArgon2(fields: Fields): ForeignHash {
  const [memoryKib, passes, lanes] = numbers(fields.memory, fields.passes, fields.lanes)
  const salt = decodeBase64(fields.salt)
  const derived = decodeBase64(fields.derived)
  if (salt === undefined || derived === undefined || fields.phc === undefined) return malformed
  const allowed =
    within(memoryKib, 8 * lanes, bounds.argon2MemoryKib) &&
    within(memoryKib * passes, memoryKib, bounds.argon2MemoryPasses) &&
    within(lanes, 1, bounds.argon2Lanes) &&
    within(salt.length, 8, bounds.derivedBytesMax) &&
    within(derived.length, bounds.derivedBytesMin, bounds.derivedBytesMax)
  if (!allowed) return outOfBounds
  const { phc } = fields
  return verifiable((password) => verifyArgon2(phc, password))
}

function readBcrypt(fields: Fields, prepare: (password: string) => string): ForeignHash {
  const [cost] = numbers(fields.cost)
  if (fields.modular === undefined) return malformed
  if (!within(cost, 4, bounds.bcryptCost)) return outOfBounds
  const { modular } = fields
  return verifiable((password) => bcryptVerify(prepare(password), modular))
}

function readScrypt(fields: Fields, salt: Buffer | undefined): ForeignHash {
  const parameters = scryptParameters(fields)
  const derived = decodeBase64(fields.derived)
  if (salt === undefined || derived === undefined) return malformed
  if (parameters === undefined) return outOfBounds
  if (!within(derived.length, bounds.derivedBytesMin, bounds.derivedBytesMax)) return outOfBounds
  return verifiable((password) => {
    const given = deriveScrypt(password, salt, { ...parameters, bytes: derived.length })
    return timingSafeEqual(given, derived)
  })
}

/** Firebase encrypts the project's signer key under the derived key and stores that (AES-256-CTR, IV of zeros). */
function readFirebaseScrypt(fields: Fields): ForeignHash {
  const parameters = scryptParameters({ ...fields, cost: log2Cost(fields) })
  const salt = decodeBase64(fields.salt)
  const separator = decodeBase64(fields.separator)
  const signerKey = decodeBase64(fields.signerKey)
  const stored = decodeBase64(fields.derived)
  if (!salt || !separator || !signerKey || !stored) return malformed
  if (stored.length !== signerKey.length) return malformed
  if (parameters === undefined || stored.length < bounds.derivedBytesMin) return outOfBounds
  return verifiable((password) => {
    const seasoned = Buffer.concat([salt, separator])
    const key = deriveScrypt(password, seasoned, { ...parameters, bytes: 32 })
    const given = createCipheriv('aes-256-ctr', key, Buffer.alloc(16)).update(signerKey)
    return timingSafeEqual(given, stored)
  })
}

function readPbkdf2(fields: Fields, salt: Buffer | undefined): ForeignHash {
  const digest = fields.digest ?? 'sha1'
  const [rounds] = numbers(fields.rounds)
  const derived = decodeBase64(fields.derived)
  if (salt === undefined || derived === undefined) return malformed
  const digestBytes = { sha1: 20, sha256: 32, sha512: 64 }[digest] ?? 20
  const hmacs = rounds * Math.ceil(derived.length / digestBytes)
  const allowed =
    within(hmacs, 1, bounds.pbkdf2Rounds) &&
    within(derived.length, bounds.derivedBytesMin, bounds.derivedBytesMax)
  if (!allowed) return outOfBounds
  return verifiable((password) => {
    const given = pbkdf2Sync(password, salt, rounds, derived.length, digest)
    return timingSafeEqual(given, derived)
  })
}

interface ScryptParameters {
  cost: number
  blockSize: number
  parallelization: number
}

function scryptParameters(fields: Fields): ScryptParameters | undefined {
  const [cost, blockSize, parallelization] = numbers(fields.cost, fields.blocks, fields.lanes)
  const allowed =
    within(cost, 2, bounds.scryptBlocks) &&
    Number.isInteger(Math.log2(cost)) &&
    within(blockSize, 1, bounds.scryptBlocks) &&
    within(parallelization, 1, bounds.scryptBlocks) &&
    cost * blockSize * parallelization <= bounds.scryptBlocks &&
    128 * cost * blockSize <= bounds.scryptBytes
  return allowed ? { cost, blockSize, parallelization } : undefined
}

function log2Cost({ costLog2 }: Fields): string {
  return String(2 ** Number(costLog2))
}

function deriveScrypt(
  password: string,
  salt: Buffer,
  { bytes, ...parameters }: ScryptParameters & { bytes: number },
): Buffer {
  // OpenSSL counts a little more than 128·N·r; the bounds above are the ones that decide.
  return scryptSync(password, salt, bytes, { ...parameters, maxmem: 2 * bounds.scryptBytes })
}

/** Base64 in the standard alphabet or passlib's, padded or not; undefined where it does not decode to whole bytes. */
function decodeBase64(text = ''): Buffer | undefined {
  const standard = text.replaceAll('.', '+').replace(/=+$/, '')
  const bytes = Buffer.from(standard, 'base64')
  return bytes.toString('base64').replace(/=+$/, '') === standard ? bytes : undefined
}

function numbers(...texts: (string | undefined)[]): [number, number, number] {
  const [first, second, third] = texts.map(Number)
  return [first ?? Number.NaN, second ?? Number.NaN, third ?? Number.NaN]
}

function within(value: number, min: number, max: number): boolean {
  return value >= min && value <= max
}

function verifiable(verify: (password: string) => boolean): ForeignHash {
  return { kind: 'verifiable', verify }
}

function refused(detail: string): ForeignHash & { kind: 'refused' } {
  return { kind: 'refused', detail }
}

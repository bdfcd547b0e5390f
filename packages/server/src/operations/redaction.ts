/**
 * The one redaction list: what never appears in a log line, whoever logs it.
 *
 * Two nets. By name: a value whose key sounds like a secret is replaced, at any depth. By form: whatever looks like a
 * token, a password hash or a private key is replaced inside any text, messages and stacks included.
 *
 * Specs: OWASP ASVS 5.0 V16.2.5.
 */

const redacted = '[redacted]'

/** Parts of key names, in lower case and without separators. A key that contains one of them holds a secret. */
const secretParts = [
  'password',
  'passwd',
  'passphrase',
  'secret',
  'token',
  'authorization',
  'cookie',
  'credential',
  'apikey',
  'privatekey',
  'pepper',
  'assertion',
  'codeverifier',
  'otp',
  'hash',
  'signature',
]

/** Whole key names that would be too common as parts. */
const secretNames = new Set([
  'code',
  'usercode',
  'devicecode',
  'authcode',
  'authorizationcode',
  'verificationcode',
  'recoverycode',
  'recoverycodes',
  'backupcodes',
  'pin',
  'mac',
  'jwt',
  'jws',
  'jwe',
  'dpop',
  'nonce',
  'key',
])

/** Names that contain a part of the list and hold no secret. */
const harmlessNames = new Set(['tokentype', 'passwordminlength', 'hashmilliseconds', 'hashes'])

const forms: readonly [RegExp, string][] = [
  // JWS and JWE in compact form: a header that begins with {" in base64url.
  [/\beyJ[\w-]{6,}\.[\w-]*(?:\.[\w-]*){1,3}/g, redacted],
  // Tokens of ours: two letters, a version, base64url.
  [/\bs[a-z]\d_[\w-]{8,}/g, redacted],
  [/\b(Bearer|Basic|DPoP|Digest)(\s+|%20)[\w.~+/=-]{6,}/gi, `$1 ${redacted}`],
  // Password hashes: PHC strings and modular crypt.
  [/\$(?:argon2\w*|scrypt|pbkdf2[\w-]*|2[abxy]|[156])\$[^\s"'\\;)]+/g, redacted],
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)/g, redacted],
  // The password of a URL, and parameters of a query or a form.
  [/(\b[a-z][a-z+.-]*:\/\/[^\s:/@"'\\]*):[^\s@"'\\]+@/gi, `$1:${redacted}@`],
  [
    /([?&;]|\b)((?:access_|refresh_|id_|device_)?token|code|state|nonce|password|client_secret|secret|code_verifier|client_assertion|id_token_hint|user_code)=[^\s&"'\\]+/gi,
    `$1$2=${redacted}`,
  ],
]

/** Whether a value under this key must not be shown. */
function isSecretKey(key: string): boolean {
  const name = key.toLowerCase().replace(/[^a-z0-9]/g, '')
  if (harmlessNames.has(name)) return false
  return secretNames.has(name) || secretParts.some((part) => name.includes(part))
}

/** The text without anything that looks like a secret. JSON stays JSON. */
function scrub(text: string): string {
  return forms.reduce((scrubbed, [form, replacement]) => scrubbed.replace(form, replacement), text)
}

/** One finished JSON line, whoever put together what is in it. */
export function redactLine(line: string): string {
  const record: unknown = JSON.parse(line, (key, value) => (isSecretKey(key) ? redacted : value))
  return `${scrub(JSON.stringify(record))}\n`
}

const depthMax = 6
const entriesMax = 100

/** A copy fit to be logged: plain, bounded, errors with their causes, secrets replaced. */
export function loggable(value: unknown, depth = 0): unknown {
  if (typeof value === 'bigint') return value.toString()
  if (typeof value === 'function' || typeof value === 'symbol') return `[${typeof value}]`
  if (typeof value !== 'object' || value === null) return value
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? 'Invalid Date' : value
  if (ArrayBuffer.isView(value) || value instanceof ArrayBuffer)
    return `[${value.byteLength} bytes]`
  if (depth >= depthMax) return '[deeper]'
  if (value instanceof Error) return loggableError(value, depth)
  if (Array.isArray(value))
    return value.slice(0, entriesMax).map((element) => loggable(element, depth + 1))
  return loggableObject(value, depth)
}

function loggableObject(value: object, depth: number): unknown {
  const prototype = Object.getPrototypeOf(value)
  if (prototype !== Object.prototype && prototype !== null) return loggableInstance(value, depth)
  const copy: Record<string, unknown> = {}
  for (const [key, entry] of Object.entries(value).slice(0, entriesMax))
    copy[key] = isSecretKey(key) && entry !== undefined ? redacted : loggable(entry, depth + 1)
  return copy
}

/** A request shows its method and path, a response its status, anything else what it says about itself or its name. */
function loggableInstance(value: object, depth: number): unknown {
  if ('method' in value && 'url' in value && typeof value.url === 'string')
    return { method: value.method, url: value.url.split('?')[0] }
  if ('statusCode' in value) return { statusCode: value.statusCode }
  if (value instanceof URL) return value.href
  if ('toJSON' in value && typeof value.toJSON === 'function')
    return loggable(value.toJSON(), depth + 1)
  return `[${value.constructor?.name ?? 'object'}]`
}

/** Message, stack, code and causes. Other fields of an error may quote rows or requests, so they are left out. */
function loggableError(error: Error, depth: number): Record<string, unknown> {
  const { code, cause, reason } = error as { code?: unknown; cause?: unknown; reason?: unknown }
  return {
    type: error.name,
    message: error.message,
    stack: error.stack,
    ...((typeof code === 'string' || typeof code === 'number') && { errorCode: code }),
    ...(typeof reason === 'number' && { reason }),
    ...(error instanceof AggregateError && {
      errors: error.errors.slice(0, entriesMax).map((each) => loggable(each, depth + 1)),
    }),
    ...(cause !== undefined && { cause: loggable(cause, depth + 1) }),
  }
}

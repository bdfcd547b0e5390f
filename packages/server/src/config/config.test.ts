import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { describe, test } from 'node:test'
import { inspect } from 'node:util'
import { type Config, loadConfig } from './config.ts'
import { ConfigError, type Problem } from './config-error.ts'
import { variables } from './variables.ts'

type Environment = Record<string, string>

const goodSecret = 'q3TzVh0Jw8m1Kx5Rb7Yc2Nd9Lf4Gs6Pa'
const production: Environment = {
  SIGNET_ENV: 'production',
  SIGNET_ISSUER: 'https://auth.example.com',
  SIGNET_DATABASE_URL: 'postgresql://signet@db.example.com/signet?sslmode=verify-full',
  SIGNET_MASTER_SECRET: goodSecret,
}

function load(environment: Environment): Config {
  return loadConfig({ environment, directory: '/srv/signet' })
}

function problemsOf(environment: Environment): readonly Problem[] {
  try {
    load(environment)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.problems
  }
  return []
}

/** Expects one problem, with the one variable, and returns its message and fix. */
function problemOf(environment: Environment, variable: string): string {
  const problems = problemsOf(environment)
  assert.deepEqual(
    problems.map((problem) => problem.variable),
    [variable],
  )
  return `${problems[0]?.message}; ${problems[0]?.fix}`
}

describe('what starts', () => {
  test('nothing at all, in development', () => {
    const config = load({})
    assert.equal(config.environment, 'development')
    assert.equal(config.issuer, 'http://localhost:8080')
    assert.deepEqual(config.httpAddress, { host: '127.0.0.1', port: 8080 })
    assert.equal(config.dataDir, '/srv/signet/.signet')
    assert.equal(config.database.address, undefined)
    assert.equal(config.database.poolSize, 16)
    assert.equal(config.masterSecret, undefined)
    assert.equal(config.accessTokenLifetimeSeconds, 300)
    assert.equal(config.reflection, true)
    assert.equal(config.log.format, 'pretty')
  })

  test('a whole production configuration', () => {
    const config = load(production)
    assert.equal(config.issuer, 'https://auth.example.com')
    assert.equal(config.masterSecret?.current.reveal(), goodSecret)
    assert.equal(config.reflection, false)
    assert.equal(config.log.format, 'json')
    assert.deepEqual(config.database.address?.ssl, { rejectUnauthorized: true })
  })

  test('the result is frozen all the way down', () => {
    const config = load({ ...production, SIGNET_CORS_ORIGINS: 'https://app.example.com' })
    assert.ok(Object.isFrozen(config))
    assert.ok(Object.isFrozen(config.limits))
    assert.ok(Object.isFrozen(config.corsOrigins))
    assert.ok(Object.isFrozen(config.database.address))
  })

  test('an empty value is as good as none', () => {
    const empty = Object.fromEntries(
      Object.entries(variables).flatMap(([name, variable]) =>
        'secret' in variable ? [] : [[name, '']],
      ),
    )
    assert.deepEqual(inspect(load(empty)), inspect(load({})))
  })

  test('the issuer of development follows the port', () => {
    assert.equal(load({ SIGNET_HTTP_ADDRESS: '[::1]:9000' }).issuer, 'http://localhost:9000')
  })
})

describe('addresses', () => {
  test('hosts, IPv6 in brackets, and port 0', () => {
    const issuer = { SIGNET_ISSUER: 'http://localhost:1' }
    const read = (text: string) => load({ ...issuer, SIGNET_HTTP_ADDRESS: text }).httpAddress
    assert.deepEqual(read('0.0.0.0:80'), { host: '0.0.0.0', port: 80 })
    assert.deepEqual(read('[::]:443'), { host: '::', port: 443 })
    assert.deepEqual(read('[fe80::1%eth0]:1'), { host: 'fe80::1%eth0', port: 1 })
    assert.deepEqual(read('localhost:0'), { host: 'localhost', port: 0 })
    assert.deepEqual(read('auth-1.internal:65535'), { host: 'auth-1.internal', port: 65_535 })
  })

  const wrong: [string, RegExp][] = [
    [':8080', /names a port but no host.*0\.0\.0\.0:8080/],
    ['8080', /not host:port/],
    ['localhost', /not host:port/],
    ['localhost:', /not host:port/],
    ['::1:8080', /IPv6 address without brackets/],
    ['::1', /IPv6 address without brackets/],
    ['[127.0.0.1]:80', /no IPv6 address between/],
    ['[::1]', /not host:port/],
    ['127.0.0.1:65536', /above 65535/],
    ['127.0.0.1:-1', /not host:port/],
    ['300.1.1.1:80', /cannot exist/],
    ['*:80', /cannot exist/],
    ['http://localhost:80', /not host:port/],
    [' 127.0.0.1:80', /cannot exist/],
    ['a..b:80', /cannot exist/],
  ]
  for (const [text, message] of wrong) {
    test(`refuses ${text}`, () => {
      assert.match(problemOf({ SIGNET_HTTP_ADDRESS: text }, 'SIGNET_HTTP_ADDRESS'), message)
    })
  }

  test('two servers cannot have one address, unless the system chooses the port', () => {
    const same = { SIGNET_HTTP_ADDRESS: '127.0.0.1:90', SIGNET_METRICS_ADDRESS: '127.0.0.1:90' }
    assert.match(problemOf(same, 'SIGNET_METRICS_ADDRESS'), /address of SIGNET_HTTP_ADDRESS/)
    const issuer = 'http://localhost:1'
    const free = { SIGNET_HTTP_ADDRESS: '[::1]:0', SIGNET_GRPC_ADDRESS: '[::1]:0' }
    assert.deepEqual(problemsOf({ ...free, SIGNET_ISSUER: issuer }), [])
  })

  test('a port that the system chooses needs an issuer', () => {
    assert.match(problemOf({ SIGNET_HTTP_ADDRESS: '127.0.0.1:0' }, 'SIGNET_ISSUER'), /is needed/)
  })
})

describe('origins and ranges', () => {
  const issuers: [string, RegExp][] = [
    ['https://auth.example.com/', /write https:\/\/auth\.example\.com$/],
    ['https://auth.example.com/path', /not a plain origin/],
    ['https://auth.example.com?x=1', /not a plain origin/],
    ['https://AUTH.example.com', /write https:\/\/auth\.example\.com/],
    ['https://auth.example.com:443', /write https:\/\/auth\.example\.com$/],
    ['ftp://auth.example.com', /neither https nor http/],
    ['auth.example.com', /not a URL/],
    ['https://user:word@auth.example.com', /user name or a password/],
  ]
  for (const [text, message] of issuers) {
    test(`refuses the issuer ${text}`, () => {
      assert.match(problemOf({ SIGNET_ISSUER: text }, 'SIGNET_ISSUER'), message)
    })
  }

  test('origins are exact, and doubles count once', () => {
    const text = 'https://a.example.com , http://localhost:3000,https://a.example.com,'
    const { corsOrigins } = load({ SIGNET_CORS_ORIGINS: text })
    assert.deepEqual(corsOrigins, ['https://a.example.com', 'http://localhost:3000'])
    for (const bad of [
      '*',
      'null',
      'https://a.example.com/',
      'https://*.example.com',
      'a.example.com',
    ])
      assert.notEqual(problemsOf({ SIGNET_CORS_ORIGINS: bad }).length, 0, bad)
  })

  test('proxies are address ranges, and never everybody', () => {
    const { trustedProxies } = load({
      SIGNET_TRUSTED_PROXIES: '10.0.0.0/8, 192.0.2.1, fd00::/8,::1',
    })
    assert.deepEqual(trustedProxies, ['10.0.0.0/8', '192.0.2.1/32', 'fd00::/8', '::1/128'])
    for (const bad of [
      '0.0.0.0/0',
      '::/0',
      '10.0.0.0/33',
      '10.0.0/8',
      'proxy',
      '10.0.0.0/8/8',
      '::1/129',
      '10.0.0.0/',
    ])
      assert.notEqual(problemsOf({ SIGNET_TRUSTED_PROXIES: bad }).length, 0, bad)
  })
})

describe('numbers and words', () => {
  const wrong: [string, string, RegExp][] = [
    ['SIGNET_ACCESS_TOKEN_LIFETIME_SECONDS', '901', /above the maximum of 900/],
    ['SIGNET_ACCESS_TOKEN_LIFETIME_SECONDS', '0', /below the minimum/],
    ['SIGNET_ACCESS_TOKEN_LIFETIME_SECONDS', '5m', /not a whole number/],
    ['SIGNET_ACCESS_TOKEN_LIFETIME_SECONDS', '1e2', /not a whole number/],
    ['SIGNET_ACCESS_TOKEN_LIFETIME_SECONDS', '-300', /not a whole number/],
    // Verifiers hang up after five seconds without a step.
    ['SIGNET_REVOCATION_HEARTBEAT_MS', '5000', /above the maximum of 2500/],
    ['SIGNET_PASSWORD_MIN_LENGTH', '7', /below the minimum of 8/],
    ['SIGNET_PASSWORD_MIN_LENGTH', '65', /above the maximum of 64/],
    ['SIGNET_DATABASE_POOL_SIZE', '0', /below the minimum of 1/],
    ['SIGNET_LOG_LEVEL', 'INFO', /not one of: debug, info/],
    ['SIGNET_LOG_FORMAT', 'xml', /not one of/],
    ['SIGNET_REFLECTION', 'true', /neither on nor off/],
    ['SIGNET_OTLP_ENDPOINT', 'grpc://localhost:4317', /neither https nor http/],
    ['SIGNET_ENV', 'prod', /not one of: development, production/],
    ['SIGNET_DATABASE_EMBEDDED', 'yes', /not one of: allow/],
  ]
  for (const [name, text, message] of wrong) {
    test(`refuses ${name}=${text}`, () => {
      assert.match(problemOf({ [name]: text }, name), message)
    })
  }

  test('an idle session cannot outlive the session', () => {
    const environment = {
      SIGNET_SESSION_IDLE_LIFETIME_SECONDS: '601',
      SIGNET_SESSION_LIFETIME_SECONDS: '600',
    }
    const message = problemOf(environment, 'SIGNET_SESSION_IDLE_LIFETIME_SECONDS')
    assert.match(message, /longer than SIGNET_SESSION_LIFETIME_SECONDS \(600\)/)
  })

  test('an unpacked body cannot be limited below the packed one', () => {
    const environment = {
      SIGNET_LIMIT_BODY_BYTES: '4096',
      SIGNET_LIMIT_INFLATED_BODY_BYTES: '4095',
    }
    assert.match(problemOf(environment, 'SIGNET_LIMIT_INFLATED_BODY_BYTES'), /less than/)
  })
})

describe('names that mean nothing', () => {
  const nearest: [string, string][] = [
    ['SIGNET_ISUER', 'SIGNET_ISSUER'],
    ['SIGNET_MASTER_SECERT', 'SIGNET_MASTER_SECRET'],
    ['SIGNET_MASTER_SECRET_FIEL', 'SIGNET_MASTER_SECRET_FILE'],
    ['signet_issuer', 'SIGNET_ISSUER'],
    ['SIGNET_HTTP_ADDR', 'SIGNET_HTTP_ADDRESS'],
    ['SIGNET_DATABSE_URL', 'SIGNET_DATABASE_URL'],
    ['SIGNET_ISSUER_FILE', 'SIGNET_ISSUER'],
  ]
  for (const [name, suggestion] of nearest) {
    test(`${name} suggests ${suggestion}`, () => {
      assert.ok(problemOf({ [name]: 'x' }, name).includes(`Did you mean ${suggestion}?`))
    })
  }

  test('nothing near is not guessed at', () => {
    assert.doesNotMatch(problemOf({ SIGNET_XYZZY: 'x' }, 'SIGNET_XYZZY'), /Did you mean/)
    assert.doesNotMatch(problemOf({ SIGNET_PORT: '8080' }, 'SIGNET_PORT'), /Did you mean/)
  })

  test("the tests' own names and what Kubernetes sets are not ours to judge", () => {
    const environment = {
      SIGNET_TEST_POSTGRES: 'x',
      SIGNET_SERVICE_HOST: '10.96.0.7',
      SIGNET_SERVICE_PORT: '8080',
      SIGNET_SERVICE_PORT_HTTP: '8080',
      SIGNET_PORT: 'tcp://10.96.0.7:8080',
      SIGNET_PORT_8080_TCP: 'tcp://10.96.0.7:8080',
      SIGNET_PORT_8080_TCP_ADDR: '10.96.0.7',
      PATH: '/bin',
    }
    assert.deepEqual(problemsOf(environment), [])
  })
})

test('all problems come at once, each with value, origin and fix', () => {
  const environment = {
    SIGNET_ENV: 'production',
    SIGNET_ISSUER: 'http://auth.example.com',
    SIGNET_HTTP_ADDRESS: ':80',
    SIGNET_LOG_LEVEL: 'loud',
    SIGNET_DATABASE_POOL: '3',
  }
  assert.throws(
    () => load(environment),
    (error) => {
      assert.ok(error instanceof ConfigError)
      const names = error.problems.map((problem) => problem.variable).sort()
      assert.deepEqual(names, [
        'SIGNET_DATABASE_POOL',
        'SIGNET_DATABASE_URL',
        'SIGNET_HTTP_ADDRESS',
        'SIGNET_ISSUER',
        'SIGNET_LOG_LEVEL',
        'SIGNET_MASTER_SECRET',
      ])
      const text = error.message
      assert.ok(text.startsWith('The configuration has 6 problems.\n'))
      assert.match(
        text,
        /SIGNET_ISSUER {3}http:\/\/auth\.example\.com {3}\(from the environment\)\n +must be https outside development\n +Fix: write https/,
      )
      assert.match(text, /npm run signet -- config check/)
      return true
    },
  )
})

describe('production refuses', () => {
  const wrong: [string, Environment, string, RegExp][] = [
    ['a missing issuer', { SIGNET_ISSUER: '' }, 'SIGNET_ISSUER', /needed in production/],
    ['http', { SIGNET_ISSUER: 'http://auth.example.com' }, 'SIGNET_ISSUER', /must be https/],
    ['loopback', { SIGNET_ISSUER: 'https://localhost' }, 'SIGNET_ISSUER', /only this machine/],
    ['127.1.2.3', { SIGNET_ISSUER: 'https://127.1.2.3' }, 'SIGNET_ISSUER', /only this machine/],
    ['[::1]', { SIGNET_ISSUER: 'https://[::1]:8443' }, 'SIGNET_ISSUER', /only this machine/],
    [
      'no database',
      { SIGNET_DATABASE_URL: '' },
      'SIGNET_DATABASE_URL',
      /SIGNET_DATABASE_EMBEDDED=allow/,
    ],
    [
      'an embedded database in a default place',
      { SIGNET_DATABASE_URL: '', SIGNET_DATABASE_EMBEDDED: 'allow' },
      'SIGNET_DATA_DIR',
      /needed in production/,
    ],
    [
      'a remote database without a word about TLS',
      { SIGNET_DATABASE_URL: 'postgresql://signet@db.example.com/signet' },
      'SIGNET_DATABASE_URL',
      /sslmode=verify-full/,
    ],
    [
      'pages over http',
      { SIGNET_CORS_ORIGINS: 'http://app.example.com' },
      'SIGNET_CORS_ORIGINS',
      /must be https/,
    ],
    [
      'a short secret',
      { SIGNET_MASTER_SECRET: 'k'.repeat(31) },
      'SIGNET_MASTER_SECRET',
      /31 bytes/,
    ],
  ]
  for (const [what, change, variable, message] of wrong) {
    test(what, () => {
      assert.match(problemOf({ ...production, ...change }, variable), message)
    })
  }

  test('a missing master secret', () => {
    const { SIGNET_MASTER_SECRET: _, ...rest } = production
    assert.match(problemOf(rest, 'SIGNET_MASTER_SECRET'), /openssl rand/)
  })

  const weak = [
    'a'.repeat(64),
    'abcdefghijklmnopqrstuvwxyzabcdefghijklmnopqrstuvwxyz',
    '0123456789abcdef0123456789abcdef',
    'passwordpasswordpasswordpassword',
    'change-me-change-me-change-me-please-1',
    'for-development-only-this-is-not-a-secret',
    `${'x7'.repeat(20)}`,
    '11111111111111112222222222222222',
    '20240101202401022024010320240104',
  ]
  for (const secret of weak) {
    test(`the weak secret ${secret.slice(0, 12)}…, here and as the previous one`, () => {
      assert.notEqual(
        problemOf({ ...production, SIGNET_MASTER_SECRET: secret }, 'SIGNET_MASTER_SECRET'),
        '',
      )
      const previous = { ...production, SIGNET_MASTER_SECRET_PREVIOUS: secret }
      assert.notEqual(problemOf(previous, 'SIGNET_MASTER_SECRET_PREVIOUS'), '')
    })
  }

  test('but not what was allowed in so many words', () => {
    const allowed = {
      ...production,
      SIGNET_ISSUER: 'https://localhost:8443',
      SIGNET_ISSUER_LOOPBACK: 'allow',
      SIGNET_DATABASE_URL: '',
      SIGNET_DATABASE_EMBEDDED: 'allow',
      SIGNET_DATA_DIR: '/var/lib/signet',
      SIGNET_CORS_ORIGINS: 'http://localhost:5173',
    }
    assert.deepEqual(problemsOf(allowed), [])
  })
})

test('random secrets are never called weak', () => {
  for (let i = 0; i < 2000; i++) {
    const bytes = randomBytes(48)
    const forms = [
      bytes.toString('base64'),
      bytes.toString('base64url'),
      bytes.subarray(0, 16).toString('hex'),
    ]
    for (const secret of forms)
      assert.deepEqual(problemsOf({ ...production, SIGNET_MASTER_SECRET: secret }), [], secret)
  }
})

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, test } from 'node:test'
import { selfSigned } from '../wires/testing/self-signed.ts'
import { type Config, loadConfig } from './config.ts'
import { ConfigError } from './config-error.ts'

const directory = realpathSync(mkdtempSync(join(tmpdir(), 'signet-config-')))
chmodSync(directory, 0o755)
after(() => rmSync(directory, { recursive: true }))

type Environment = Record<string, string>

/** Writes a file into the test's directory and returns its path. */
function file(name: string, text: string | Buffer, mode = 0o644): string {
  const path = join(directory, name)
  writeFileSync(path, text)
  chmodSync(path, mode)
  return path
}

function load(environment: Environment, envFile?: string): Config {
  return loadConfig({ environment, directory, ...(envFile === undefined ? {} : { envFile }) })
}

function messageOf(environment: Environment, envFile?: string): string {
  try {
    load(environment, envFile)
  } catch (error) {
    assert.ok(error instanceof ConfigError, String(error))
    return error.message
  }
  return assert.fail('expected a refusal')
}

const secret = 'q3TzVh0Jw8m1Kx5Rb7Yc2Nd9Lf4Gs6Pa'

describe('a secret in a file', () => {
  const masterSecret = (path: string) => ({ SIGNET_MASTER_SECRET_FILE: path })

  test('is read, without the one line break at its end', () => {
    for (const [name, text] of Object.entries({
      a: secret,
      b: `${secret}\n`,
      c: `${secret}\r\n`,
    })) {
      const config = load(masterSecret(file(name, text)))
      assert.equal(config.masterSecret?.current.reveal(), secret)
    }
    const config = load(masterSecret(file('two', `${secret}\n\n`)))
    assert.equal(config.masterSecret?.current.reveal(), `${secret}\n`)
  })

  test('may be named from the working directory', () => {
    mkdirSync(join(directory, 'secrets'))
    file('secrets/master', secret)
    assert.equal(load(masterSecret('secrets/master')).masterSecret?.current.reveal(), secret)
  })

  test('works for every secret', () => {
    const url = { SIGNET_DATABASE_URL: 'postgres://a@db/d' }
    const config = load({ ...url, SIGNET_DATABASE_PASSWORD_FILE: file('password', 'hush\n') })
    assert.equal(config.database.address?.password, 'hush')
    const previous = file('previous', `${secret}previous`)
    const both = { SIGNET_MASTER_SECRET: secret, SIGNET_MASTER_SECRET_PREVIOUS_FILE: previous }
    assert.equal(load(both).masterSecret?.previous?.reveal(), `${secret}previous`)
  })

  test('set in both ways is refused, even where they agree', () => {
    const both = { SIGNET_MASTER_SECRET: secret, ...masterSecret(file('both', secret)) }
    assert.match(
      messageOf(both),
      /SIGNET_MASTER_SECRET_FILE.*\n.*is set, and so is SIGNET_MASTER_SECRET/,
    )
  })

  const wrong: [string, () => string, RegExp][] = [
    ['missing', () => join(directory, 'absent'), /does not exist/],
    ['empty', () => file('empty', ''), /is empty/],
    ['one line break', () => file('newline', '\n'), /is empty/],
    ['a directory', () => directory, /names a directory/],
    ['a device', () => '/dev/zero', /not a file/],
    ['too large', () => file('large', 'x'.repeat(300_000)), /more than 262144 bytes/],
    ['not text', () => file('binary', Buffer.from([0xff, 0xfe, 0x00, 0x80])), /not UTF-8 text/],
    ['below a file', () => join(file('plain', 'x'), 'child'), /does not exist/],
    ['too short inside', () => file('short', 'k'.repeat(31)), /has 31 bytes/],
  ]
  for (const [what, path, message] of wrong) {
    test(`that is ${what} is refused`, () => {
      assert.match(messageOf(masterSecret(path())), message)
    })
  }

  test('is named with mode, owner and our uid where it is unreadable', () => {
    const isRoot = process.geteuid?.() === 0
    const path = file('forbidden', secret, isRoot ? 0o600 : 0o000)
    // Root reads everything, so a child asks as nobody there. It loads the code first: nobody may not enter every home.
    const module = JSON.stringify(join(import.meta.dirname, 'config.ts'))
    const script = `
      const { loadConfig } = await import(${module})
      if (${isRoot}) { process.setgroups([]); process.setgid(65534); process.setuid(65534) }
      try { loadConfig({ environment: { SIGNET_MASTER_SECRET_FILE: ${JSON.stringify(path)} } }) }
      catch (error) { console.log(error.message) }`
    const child = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      cwd: directory,
      encoding: 'utf8',
    })
    const uid = isRoot ? 65_534 : process.geteuid?.()
    const facts = isRoot ? 'mode 600, owner 0' : `mode 000, owner ${uid}`
    const said = `exists but is not readable by uid ${uid} (${facts})`
    assert.ok(child.stdout.includes(said), child.stdout + child.stderr)
    assert.ok(child.stdout.includes(`chown ${uid} ${path}`))
  })

  test('put where its file should be named is not shown', () => {
    const message = messageOf({ SIGNET_MASTER_SECRET_FILE: secret })
    assert.ok(!message.includes(secret))
    assert.match(message, /in case it is the secret itself/)
  })
})

describe('an env file', () => {
  test('is read with comments, quotes and export', () => {
    const path = file(
      'good.env',
      [
        '\uFEFF# a comment',
        '',
        'export SIGNET_ISSUER = https://auth.example.com  # a remark',
        "SIGNET_DATABASE_URL='postgres://a:b%23c@db/d'",
        `SIGNET_MASTER_SECRET="${secret}\\n\\"#x"`,
        'OTHER=ignored',
        'SIGNET_LOG_LEVEL=warn\r',
      ].join('\n'),
    )
    const config = load({}, path)
    assert.equal(config.issuer, 'https://auth.example.com')
    assert.equal(config.database.address?.password, 'b#c')
    assert.equal(config.masterSecret?.current.reveal(), `${secret}\n"#x`)
    assert.equal(config.log.level, 'warn')
  })

  test('gives each message its line', () => {
    const path = file('bad.env', '\n\nSIGNET_LOG_LEVEL=loud\nSIGNET_ISUER=x\n')
    const message = messageOf({ SIGNET_ENV_FILE: path })
    assert.match(message, /SIGNET_LOG_LEVEL {3}loud {3}\(from .*bad\.env line 3\)/)
    assert.match(message, /SIGNET_ISUER {3}\(from .*bad\.env line 4\)/)
  })

  test('that is another kind of file is told in a few lines', () => {
    const path = file('prose.env', 'once upon a time\n'.repeat(25))
    const message = messageOf({}, path)
    assert.equal(message.match(/is not an assignment/g)?.length, 10)
    assert.match(message, /has 15 more lines that are not assignments/)
  })

  test('gives way to the process environment, in either form of a secret', () => {
    const path = file('way.env', `SIGNET_LOG_LEVEL=warn\nSIGNET_MASTER_SECRET=${secret}\n`)
    const other = file('other', `${secret}other`)
    const config = load({ SIGNET_LOG_LEVEL: 'error', SIGNET_MASTER_SECRET_FILE: other }, path)
    assert.equal(config.log.level, 'error')
    assert.equal(config.masterSecret?.current.reveal(), `${secret}other`)
  })

  test('that is missing or broken is refused, without showing its lines', () => {
    assert.match(
      messageOf({}, join(directory, 'absent.env')),
      /--settings.*absent\.env\n.*does not exist/,
    )
    assert.match(
      messageOf({ SIGNET_ENV_FILE: join(directory, 'absent.env') }),
      /SIGNET_ENV_FILE.*absent\.env\n.*does not exist/,
    )
    const path = file(
      'broken.env',
      `${secret}\nSIGNET_LOG_LEVEL="warn\nSIGNET_ENV=production\nSIGNET_ENV=production\n`,
    )
    const message = messageOf({}, path)
    assert.match(message, /line 1\)\n +is not an assignment/)
    assert.match(message, /line 2\)\n +has a quote that does not end/)
    assert.match(message, /line 4\)\n +is also set in line 3/)
    assert.ok(!message.includes(secret))
  })

  test('for development, which is in the repository, is right', () => {
    const path = join(import.meta.dirname, '../../../../config/dev.env')
    assert.equal(load({}, path).log.level, 'debug')
  })
})

describe('certificates', () => {
  const make = (name: string) => {
    const { certificate, key } = selfSigned()
    return {
      SIGNET_TLS_CERTIFICATE_FILE: file(`${name}.pem`, certificate),
      SIGNET_TLS_KEY_FILE: file(`${name}.key`, key.reveal()),
    }
  }
  const one = make('one')
  const other = make('other')

  test('a pair is taken, and its key does not print', () => {
    const config = load(one)
    assert.match(config.tls?.certificate ?? '', /BEGIN CERTIFICATE/)
    assert.match(config.tls?.key.reveal() ?? '', /PRIVATE KEY/)
    assert.doesNotMatch(JSON.stringify(config), /PRIVATE KEY/)
    assert.equal(config.issuer, 'https://localhost:8080')
    assert.deepEqual(config.warnings, [])
  })

  test('half a pair, a foreign key, and what is neither are refused', () => {
    assert.match(
      messageOf({ SIGNET_TLS_KEY_FILE: one.SIGNET_TLS_KEY_FILE }),
      /SIGNET_TLS_CERTIFICATE_FILE is not/,
    )
    const { SIGNET_TLS_KEY_FILE: foreign } = other
    assert.match(
      messageOf({ ...one, SIGNET_TLS_KEY_FILE: foreign }),
      /does not belong to the certificate/,
    )
    const { SIGNET_TLS_CERTIFICATE_FILE: certificate } = one
    assert.match(
      messageOf({ ...one, SIGNET_TLS_KEY_FILE: certificate }),
      /without a private key in PEM/,
    )
    const message = messageOf({ ...one, SIGNET_TLS_CERTIFICATE_FILE: file('no.pem', 'x') })
    assert.match(message, /without a certificate in PEM/)
  })

  test('one that is out of date starts with a warning', () => {
    const late = new Date(Date.now() + 3 * 24 * 60 * 60 * 1000)
    const early = new Date(Date.now() - 24 * 60 * 60 * 1000)
    assert.match(String(loadConfig({ environment: one, now: late }).warnings), /expired at/)
    assert.match(String(loadConfig({ environment: one, now: early }).warnings), /not valid before/)
  })
})

test('a data directory that is a file is refused; one that is missing is made later', () => {
  const path = file('plain-file', 'x')
  assert.match(messageOf({ SIGNET_DATA_DIR: path }), /plain-file.*\n.*is a file, not a directory/)
  assert.equal(load({ SIGNET_DATA_DIR: `${path}-none` }).dataDir, `${path}-none`)
})

/** Hashes made elsewhere: published test vectors, edges of each function, and bounds on what a hash may ask for. */

import assert from 'node:assert/strict'
import { createHash, pbkdf2Sync } from 'node:crypto'
import { describe, test } from 'node:test'
import { hashSync } from '@node-rs/bcrypt'
import { readForeignHash } from './foreign-hash.ts'

async function matches(hash: string, password: string): Promise<boolean> {
  const foreign = readForeignHash(hash)
  assert.equal(foreign.kind, 'verifiable', `${hash} is read`)
  return foreign.kind === 'verifiable' && foreign.verify(password)
}

/** The hash matches this password, and neither a longer, nor a shorter, nor a differently cased one. */
async function assertMatchesOnly(hash: string, password: string): Promise<void> {
  assert.equal(await matches(hash, password), true, `${hash} matches`)
  assert.equal(await matches(hash, `${password} `), false, 'longer')
  assert.equal(await matches(hash, password.slice(0, -1)), false, 'shorter')
  assert.equal(await matches(hash, password.toUpperCase()), false, 'other case')
}

function unpadded(base64: string): string {
  return base64.replace(/=+$/, '')
}

function dotted(base64: string): string {
  return unpadded(base64).replaceAll('+', '.')
}

function fromHex(hex: string): string {
  return Buffer.from(hex, 'hex').toString('base64')
}

describe('Argon2', () => {
  const vectors = [
    '$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8',
    '$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4',
    '$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc',
    '$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc',
    '$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ',
  ]
  for (const vector of vectors) {
    test(`reference vector ${vector.slice(0, 32)}`, async () => {
      assert.equal(await matches(vector, 'password'), true)
      assert.equal(await matches(vector, 'Password'), false)
    })
  }

  test("Django's prefix", () => assertMatchesOnly(`argon2${vectors[1]}`, 'password'))
})

describe('bcrypt', () => {
  const vectors = [
    ['$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW', 'U*U'],
    ['$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK', 'U*U*'],
    ['$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a', 'U*U*U'],
  ] as const
  for (const [hash, password] of vectors) {
    test(`reference vector ${password}`, async () => {
      assert.equal(await matches(hash, password), true)
      assert.equal(await matches(hash, `${password}U`), false)
      for (const version of ['$2b$', '$2y$']) {
        assert.equal(await matches(hash.replace('$2a$', version), password), true, version)
      }
    })
  }

  test('72 bytes count, what follows does not, and the 72nd does', async () => {
    const hash = '$2a$05$abcdefghijklmnopqrstuu5s2v8.iXieOjg/.AySBTTZIIVFJeBui'
    const read = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789'
    assert.equal(read.length, 72)
    assert.equal(await matches(hash, `${read}chars after 72 are ignored`), true)
    assert.equal(await matches(hash, read), true)
    assert.equal(await matches(hash, read.slice(0, 71)), false)
  })

  test('72 bytes are counted in UTF-8, through the middle of a character', async () => {
    const cut = `${'a'.repeat(71)}é`
    const hash = hashSync(cut, { cost: 4 })
    assert.equal(await matches(hash, cut), true)
    // é and è begin with the same byte.
    assert.equal(await matches(hash, `${'a'.repeat(71)}è`), true)
    assert.equal(await matches(hash, `${'a'.repeat(71)}e`), false)
  })

  test("Django's forms: plain, and the hexadecimal SHA-256, where byte 73 counts", async () => {
    const long = 'x'.repeat(73)
    const digest = createHash('sha256').update(long).digest('hex')
    await assertMatchesOnly(`bcrypt$${hashSync('lètmein', { cost: 4 })}`, 'lètmein')
    await assertMatchesOnly(`bcrypt_sha256$${hashSync(digest, { cost: 4 })}`, long)
  })
})

describe('scrypt', () => {
  // RFC 7914 §12.
  const short =
    'fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b3731622eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640'
  const long =
    '7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887'

  test('PHC form, RFC 7914 vectors', async () => {
    const salt = (text: string) => unpadded(Buffer.from(text).toString('base64'))
    await assertMatchesOnly(
      `$scrypt$ln=10,r=8,p=16$${salt('NaCl')}$${unpadded(fromHex(short))}`,
      'password',
    )
    await assertMatchesOnly(
      `$scrypt$ln=14,r=8,p=1$${salt('SodiumChloride')}$${unpadded(fromHex(long))}`,
      'pleaseletmein',
    )
  })

  test("Django's form, RFC 7914 vector", () =>
    assertMatchesOnly(`scrypt$16384$SodiumChloride$8$1$${fromHex(long)}`, 'pleaseletmein'))

  test("Firebase's published vector", async () => {
    const project =
      'ss=Bw==,sk=jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA=='
    const user =
      '42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ=='
    await assertMatchesOnly(`$fbscrypt$v=1,n=14,r=8,p=1,${project}$${user}`, 'user1password')
    const otherProject = project.replace('ss=Bw==', 'ss=CA==')
    assert.equal(
      await matches(`$fbscrypt$v=1,n=14,r=8,p=1,${otherProject}$${user}`, 'user1password'),
      false,
    )
  })
})

describe('PBKDF2', () => {
  // RFC 6070, RFC 7914 §11, and the example of passlib's documentation.
  const sha1 = fromHex('4b007901b765489abead49d926f721d065a429c1')
  const sha256 = fromHex(
    '55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783',
  )

  test('SHA-1, RFC 6070: PHC, passlib and Django forms', async () => {
    const salt = unpadded(Buffer.from('salt').toString('base64'))
    await assertMatchesOnly(`$pbkdf2-sha1$i=4096,l=20$${salt}$${unpadded(sha1)}`, 'password')
    await assertMatchesOnly(`$pbkdf2$4096$${salt}$${dotted(sha1)}`, 'password')
    await assertMatchesOnly(`pbkdf2_sha1$4096$salt$${sha1}`, 'password')
  })

  test('SHA-256, RFC 7914 §11: PHC and Django forms, more than one block', async () => {
    const salt = unpadded(Buffer.from('salt').toString('base64'))
    await assertMatchesOnly(`$pbkdf2-sha256$i=1,l=64$${salt}$${unpadded(sha256)}`, 'passwd')
    await assertMatchesOnly(`pbkdf2_sha256$1$salt$${sha256}`, 'passwd')
  })

  test("SHA-256 in passlib's alphabet, which has a dot for a plus", () =>
    assertMatchesOnly(
      '$pbkdf2-sha256$6400$.6UI/S.nXIk8jcbdHx3Fhg$98jZicV16ODfEsEZeYPGHU3kbrUrvUEXOPimVSQDD44',
      'password',
    ))

  test('SHA-512', async () => {
    const derived = pbkdf2Sync('lètmein', Buffer.from('c2FsdA', 'base64'), 10, 64, 'sha512')
    const hash = `$pbkdf2-sha512$10$c2FsdA$${dotted(derived.toString('base64'))}`
    await assertMatchesOnly(hash, 'lètmein')
  })
})

describe('what is refused', () => {
  const salt = 'c29tZXNhbHQ'
  const derived = 'A'.repeat(43)
  const refusals = {
    'a form that nobody knows': ['', 'secret', 'plain:secret', '$1$salt$hash', '$2x$05$'],
    'MD5, crypt and friends': [
      '$6$rounds=5000$salt$hash',
      '5f4dcc3b5aa765d61d8327deb882cf99',
      '$apr1$a$b',
    ],
    'bcrypt with the label of a broken implementation': [
      '$2x$05$/OK.fbVrR/bpIqNJ5ianF.CE5elHaaO4EbggVDjb8P19RukzXSM3e',
    ],
    'a gigabyte of memory': [
      `$argon2id$v=19$m=1048576,t=1,p=1$${salt}$${derived}`,
      `$scrypt$ln=20,r=8,p=1$${salt}$${derived}`,
      `$scrypt$ln=99,r=8,p=1$${salt}$${derived}`,
      `scrypt$1048576$salt$8$1$${derived}=`,
    ],
    'a minute of work': [
      `$argon2id$v=19$m=65536,t=999,p=1$${salt}$${derived}`,
      `$2b$16$${'.'.repeat(53)}`,
      `$2b$31$${'.'.repeat(53)}`,
      `$scrypt$ln=14,r=8,p=9999$${salt}$${derived}`,
      `$pbkdf2-sha256$i=99999999$${salt}$${derived}`,
      `pbkdf2_sha1$2000000$salt$${'A'.repeat(170)}==`,
    ],
    'no work at all': [
      `$argon2id$v=19$m=0,t=0,p=0$${salt}$${derived}`,
      `$2b$03$${'.'.repeat(53)}`,
      `$scrypt$ln=0,r=8,p=1$${salt}$${derived}`,
      `$scrypt$ln=14,r=0,p=1$${salt}$${derived}`,
      `$pbkdf2-sha256$i=0$${salt}$${derived}`,
    ],
    'a cost that is no power of two': [`scrypt$16383$salt$8$1$${derived}=`],
    'a hash so short that guesses match': [
      `$argon2id$v=19$m=256,t=2,p=1$${salt}$AAAA`,
      `$scrypt$ln=14,r=8,p=1$${salt}$AAAA`,
      `$pbkdf2-sha256$i=10$${salt}$AAAA`,
    ],
    'base64 that does not decode': [
      `$argon2id$v=19$m=256,t=2,p=1$${salt}$${'A'.repeat(41)}`,
      `$pbkdf2-sha256$i=10$${salt}$${'A'.repeat(42)}B`,
      `$scrypt$ln=14,r=8,p=1$_${salt}$${derived}`,
    ],
    'a very long string': [`pbkdf2_sha256$1$${'s'.repeat(2000)}$${derived}=`],
    'something before or after': [
      ` $2b$05$${'.'.repeat(53)}`,
      `$2b$05$${'.'.repeat(53)}
`,
      `$argon2id$v=19$m=256,t=2,p=1$${salt}$${derived}$more`,
    ],
  }
  for (const [what, hashes] of Object.entries(refusals)) {
    test(what, () => {
      for (const hash of hashes) {
        const foreign = readForeignHash(hash)
        assert.equal(foreign.kind, 'refused', hash)
        if (hash.length > 8 && foreign.kind === 'refused') {
          assert.equal(foreign.detail.includes(hash.slice(-8)), false, 'the hash is not quoted')
        }
      }
    })
  }
})

import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { parseEmail } from './identifier.ts'

function canonical(text: string): string {
  const parsed = parseEmail(text, 'email')
  if ('violations' in parsed) assert.fail(`${text}: ${parsed.violations[0]?.rule}`)
  return parsed.identifier.canonical
}

function rule(text: string): string | undefined {
  const parsed = parseEmail(text, 'email')
  return 'violations' in parsed ? parsed.violations[0]?.rule : undefined
}

describe('addresses that are the same', () => {
  const same: [string, string][] = [
    ['ada@example.com', 'ada@example.com'],
    ['ADA@EXAMPLE.COM', 'ada@example.com'],
    ['Ada+News@Example.Com', 'ada+news@example.com'],
    ['jose\u0301@example.com', 'jos\u00e9@example.com'], // a combining accent
    ['JOSÉ@example.com', 'josé@example.com'],
    ['ａｄａ@example.com', 'ada@example.com'], // full-width letters
    ['H\u0331a@example.com', '\u1e96a@example.com'], // composes in lower case alone
    ['ﬁona@example.com', 'fiona@example.com'], // a ligature
    ['\u212Aarl@example.com', 'karl@example.com'], // the Kelvin sign
    ['ada@ｅｘａｍｐｌｅ．ｃｏｍ', 'ada@example.com'],
    ['ada@例え。テスト', 'ada@xn--r8jz45g.xn--zckzah'],
    ['ada@BÜCHER.example', 'ada@xn--bcher-kva.example'],
    ['ada@bu\u0308cher.example', 'ada@xn--bcher-kva.example'],
    ['ada@XN--BCHER-KVA.example', 'ada@xn--bcher-kva.example'],
    ['ada@straße.example', 'ada@xn--strae-oqa.example'],
    ['почта@пример.example', 'почта@xn--e1afmkfd.example'],
    ["o'brien@example.com", "o'brien@example.com"],
    ['a/b=c@example.co.uk', 'a/b=c@example.co.uk'],
  ]
  for (const [written, expected] of same) {
    it(`${JSON.stringify(written)} is ${expected}`, () => {
      assert.equal(canonical(written), expected)
    })
  }

  it('keeps the address as it was written, in NFC', () => {
    const parsed = parseEmail('Jose\u0301@BÜCHER.example', 'email')
    assert.ok('identifier' in parsed)
    assert.equal(parsed.identifier.value, 'José@BÜCHER.example')
  })
})

describe('addresses that are not the same', () => {
  const different: [string, string][] = [
    ['ada@example.com', 'a.da@example.com'],
    ['ada@example.com', 'ada+x@example.com'],
    ['ada@example.com', 'ada@example.org'],
    ['ada@example.com', 'аda@example.com'], // a Cyrillic а
    ['ada@straße.example', 'ada@strasse.example'],
    ['mike@example.com', 'mıke@example.com'], // a dotless i
    ['a@b.example', 'a@b.b.example'],
  ]
  for (const [one, other] of different) {
    it(`${one} and ${other}`, () => {
      assert.notEqual(canonical(one), canonical(other))
    })
  }
})

describe('addresses that are refused', () => {
  const refused: [string, string][] = [
    ['', 'email.at'],
    ['ada', 'email.at'],
    ['ada@', 'email.domain'],
    ['@example.com', 'email.local'],
    ['@', 'email.local'],
    [' ada@example.com', 'email.space'],
    ['ada@example.com ', 'email.space'],
    ['ada@example.com\n', 'email.space'],
    ['\u00a0ada@example.com', 'email.space'],
    ['\ufeffada@example.com', 'email.space'],
    ['ada\u0000@example.com', 'email.invisible'],
    ['ada@exam\u0000ple.com', 'email.invisible'],
    ['ada\u007f@example.com', 'email.invisible'],
    ['ada@example.com\u0000', 'email.invisible'],
    ['ada\r\nBcc:eve@example.com', 'email.invisible'],
    ['a\u202eda@example.com', 'email.invisible'],
    ['ada\u200b@example.com', 'email.invisible'],
    ['ada@exam\u200dple.com', 'email.invisible'],
    ['ada@exam\u00adple.com', 'email.invisible'],
    ['ada\u2066@example.com', 'email.invisible'],
    ['ada\ue000@example.com', 'email.invisible'],
    ['ada\ud800@example.com', 'email.invisible'],
    ['\u3164@example.com', 'email.invisible'], // Hangul filler: a letter that shows nothing
    ['"ada"@example.com', 'email.quoted'],
    ['"a@b"@example.com', 'email.quoted'],
    ['"ada lovelace"@example.com', 'email.quoted'],
    ['ada"@example.com', 'email.local'],
    ['ada lovelace@example.com', 'email.local'],
    ['.ada@example.com', 'email.local'],
    ['ada.@example.com', 'email.local'],
    ['a..da@example.com', 'email.local'],
    ['ada@eve@example.com', 'email.local'],
    ['ada(comment)@example.com', 'email.local'],
    ['<ada@example.com>', 'email.local'],
    ['ada,eve@example.com', 'email.local'],
    ['ada;eve@example.com', 'email.local'],
    ['a\\da@example.com', 'email.local'],
    ['a:da@example.com', 'email.local'],
    ['🦊@example.com', 'email.local'],
    ['ada＠example.com', 'email.at'],
    ['a﹫da@example.com', 'email.local'],
    ['\ufdfa@example.com', 'email.local'], // one letter that NFKC makes words of
    ['ada@example', 'email.domain'],
    ['ada@localhost', 'email.domain'],
    ['ada@example..com', 'email.domain'],
    ['ada@.example.com', 'email.domain'],
    ['ada@example.com.', 'email.domain'],
    ['ada@-example.com', 'email.domain'],
    ['ada@example-.com', 'email.domain'],
    ['ada@exa_mple.com', 'email.domain'],
    ['ada@exa mple.com', 'email.domain'],
    ['ada@example.com/path', 'email.domain'],
    ['ada@example.com:25', 'email.domain'],
    ['ada@example.com#x', 'email.domain'],
    ['ada@ex%41mple.com', 'email.domain'],
    ['ada@127.0.0.1', 'email.domain'],
    ['ada@0x7f.1', 'email.domain'],
    ['ada@[127.0.0.1]', 'email.domain'],
    ['ada@[IPv6:::1]', 'email.domain'],
    ['ada@example.123', 'email.domain'],
    ['ada@xn--a.example', 'email.domain'],
    ['ada@xn--.example', 'email.domain'],
    [`ada@${'a'.repeat(64)}.example`, 'email.domain'],
    ['ada@🦊.example\u2028', 'email.space'],
    [`${'a'.repeat(65)}@example.com`, 'email.length'],
    [`${'é'.repeat(33)}@example.com`, 'email.length'],
    [`${'a'.repeat(64)}@${'b.'.repeat(100)}example`, 'email.length'],
  ]
  for (const [text, expected] of refused) {
    it(`${JSON.stringify(text).slice(0, 60)} breaks ${expected}`, () => {
      assert.equal(rule(text), expected)
    })
  }

  it('names the field and says what to do', () => {
    const parsed = parseEmail('ada', 'identifier')
    assert.deepEqual(parsed, {
      violations: [
        {
          field: 'identifier',
          rule: 'email.at',
          message: 'An email address has an @, as in name@example.com.',
        },
      ],
    })
  })
})

describe('any text at all', () => {
  const pieces = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 12 }),
    fc.emailAddress(),
    fc.constantFrom('@', '.', 'xn--', 'ﷺ', 'İ', 'ß', '\u0345', '\u0130', '..', 'é', 'ﬁ', '。'),
  )
  const texts = fc.array(pieces, { maxLength: 6 }).map((parts) => parts.join(''))

  it('is accepted or refused, never anything else, and the canonical form is its own', () => {
    fc.assert(
      fc.property(fc.oneof(texts, fc.emailAddress()), (text) => {
        const parsed = parseEmail(text, 'email')
        if ('violations' in parsed) {
          assert.equal(parsed.violations.length, 1)
          return
        }
        const { value, canonical: found } = parsed.identifier
        assert.equal(canonical(found), found)
        assert.equal(canonical(value), found)
        assert.equal(canonical(value.normalize('NFD')), found)
        assert.ok(found.length <= 254)
      }),
      { numRuns: 3000 },
    )
  })
})

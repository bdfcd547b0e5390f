import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, it } from 'node:test'
import { CountryFileError, openCountryRanges } from './country-ranges.ts'

const directory = mkdtempSync(join(tmpdir(), 'signet-countries-'))
after(() => rmSync(directory, { recursive: true }))

function open(...lines: string[]) {
  const path = join(directory, 'countries.csv')
  writeFileSync(path, lines.join('\n'))
  return openCountryRanges(path)
}

it('finds the first and the last address of a range and none beside it, in any order and spelling', () => {
  const { find } = open(
    '# a comment',
    '"2001:db8::","2001:db8:0:ffff:ffff:ffff:ffff:ffff","FR","France"',
    '198.51.100.0,198.51.100.255,IT\r',
    '192.0.2.0,192.0.2.127,DE',
    '192.0.2.128,192.0.2.255,ZZ',
    '203.0.113.9,203.0.113.9,CH',
    '',
  )
  const expected = {
    '192.0.1.255': undefined,
    '192.0.2.0': 'DE',
    '192.0.2.127': 'DE',
    '192.0.2.128': undefined,
    '198.51.100.255': 'IT',
    '198.51.101.0': undefined,
    '203.0.113.9': 'CH',
    '::ffff:192.0.2.5': 'DE',
    '::ffff:c000:205': 'DE',
    '2001:db7:ffff:ffff:ffff:ffff:ffff:ffff': undefined,
    '2001:DB8::': 'FR',
    '2001:db8:0:ffff:ffff:ffff:ffff:ffff': 'FR',
    '2001:db8:1::': undefined,
    '2001:db8::1%eth0': 'FR',
    '::1': undefined,
    '': undefined,
    'unix:': undefined,
  }
  for (const [address, country] of Object.entries(expected)) {
    assert.equal(find(address), country, address)
  }
  assert.equal(open('').find('192.0.2.0'), undefined)
})

for (const [line, says] of [
  ['192.0.2.0/24,DE', /Line 2 .* is not "first address/],
  ['192.0.2.9,192.0.2.1,DE', /Line 2 /],
  ['192.0.2.0,2001:db8::,DE', /Line 2 /],
  ['192.0.2.0,192.0.2.9,Germany', /Line 2 /],
  ['192.0.2.0,192.0.2.9,de', /Line 2 /],
  ['10.0.0.255,10.0.1.0,DE', /Line 2 .* overlaps line 1/],
] as const) {
  it(`refuses ${line}, and says where`, () => {
    assert.throws(
      () => open('10.0.0.0,10.0.0.255,FR', line),
      (error) => {
        assert.ok(error instanceof CountryFileError)
        assert.match(error.message, says)
        return true
      },
    )
  })
}

it('says which file is missing', () => {
  const path = join(directory, 'missing.csv')
  assert.throws(() => openCountryRanges(path), /missing\.csv cannot be read \(ENOENT\)/)
})

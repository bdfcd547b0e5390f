import assert from 'node:assert/strict'
import { it } from 'node:test'
import { maskedPhone, parsePhone } from './phone-number.ts'

const verdict = (text: string, prefixes: string[] = []) => {
  const parsed = parsePhone(text, 'phone', prefixes)
  return 'canonical' in parsed ? parsed.canonical : parsed.violations[0]?.rule
}

it('a number is read in E.164, however its digits are grouped', () => {
  for (const text of [
    '+4915112345678',
    '+49 151 1234 5678',
    '+49-151-12345678',
    '+49.151.12345678',
  ])
    assert.equal(verdict(text), '+4915112345678')
  assert.equal(verdict('+1 555 0100'), '+15550100')
  assert.equal(verdict(`+1${'2'.repeat(14)}`), `+1${'2'.repeat(14)}`)
})

it('nothing else is repaired', () => {
  const refused: [string, string][] = [
    ['', 'phone.country'],
    ['0151 12345678', 'phone.country'],
    ['0049 151 12345678', 'phone.country'],
    ['49 151 12345678', 'phone.country'],
    ['+0151 12345678', 'phone.country'],
    [' +4915112345678', 'phone.country'],
    ['\u202a+4915112345678', 'phone.country'],
    ['\uff0b4915112345678', 'phone.country'],
    ['+49 (0)151 12345678', 'phone.form'],
    ['+49  151 12345678', 'phone.form'],
    ['+4915112345678 ', 'phone.form'],
    ['+4915112345678\n', 'phone.form'],
    ['+49151123456x8', 'phone.form'],
    ['+49151\u0661\u0662\u0663\u0664\u0665\u0666\u0667', 'phone.form'],
    ['+4915112345678;ext=9', 'phone.form'],
    ['+', 'phone.form'],
    ['+123456', 'phone.length'],
    [`+1${'2'.repeat(15)}`, 'phone.length'],
  ]
  for (const [text, rule] of refused) assert.equal(verdict(text), rule, JSON.stringify(text))
})

it('only numbers that are served are taken, where the operator says which', () => {
  assert.equal(verdict('+49 151 12345678', ['+41', '+4915']), '+4915112345678')
  assert.equal(verdict('+49 30 12345678', ['+41', '+4915']), 'phone.not_served')
})

it('a number is shown by its end', () => {
  assert.equal(maskedPhone('+4915112345678'), '…5678')
})

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { ErrorReason } from '@signet/contract'
import { acceptedLocales, languageNames, languageTags, translatorFor } from './page-texts.ts'
import { en } from './texts/en.ts'
import { es } from './texts/es.ts'

const factsIn = (text: string) => [...text.matchAll(/\{\{?\w+\}\}?/gu)].map(([fact]) => fact).sort()

describe('every language', () => {
  it('has each text, with the same facts', () => {
    assert.deepEqual(Object.keys(es).sort(), Object.keys(en).sort())
    for (const [key, text] of Object.entries(en))
      assert.deepEqual(factsIn(es[key as keyof typeof en] ?? ''), factsIn(text), key)
  })

  it('has a name of its own', () => {
    for (const tag of languageTags) assert.ok(languageNames[tag], tag)
  })
})

describe('texts whose names are put together', () => {
  it('are of reasons that there are', () => {
    const reasons = Object.keys(en).filter((key) => key.startsWith('reason_'))
    for (const key of reasons) assert.ok(key.slice(7).toUpperCase() in ErrorReason, key)
  })

  it('are there for every rule of passwords, addresses, numbers and texts', () => {
    const rules = ['../authenticators/password-policy.ts', '../users/printable.ts'].flatMap(
      (file) => {
        const source = readFileSync(new URL(file, import.meta.url), 'utf8')
        return [...source.matchAll(/rule: '([\w.]+)'/gu)].map(([, rule = '']) => rule)
      },
    )
    const identifier = readFileSync(new URL('../users/identifier.ts', import.meta.url), 'utf8')
    const emailRules = [...identifier.matchAll(/broken\('(\w+)'\)/gu)].map(
      ([, rule]) => `email.${rule}`,
    )
    const number = readFileSync(new URL('../phones/phone-number.ts', import.meta.url), 'utf8')
    const sentences = /const sentences = \{(.*?)\n\}/su.exec(number)?.[1] ?? ''
    const phoneRules = [...sentences.matchAll(/^ {2}(\w+):/gmu)].map(([, rule]) => `phone.${rule}`)
    assert.ok(rules.length >= 7 && emailRules.length >= 7 && phoneRules.length >= 4)
    for (const rule of [...rules, ...emailRules, ...phoneRules])
      assert.ok(`rule_${rule.replaceAll('.', '_')}` in en, rule)
  })

  it('are all used', () => {
    const directory = new URL('.', import.meta.url)
    const source = readdirSync(directory)
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => readFileSync(new URL(name, directory), 'utf8'))
      .join('\n')
    const composed = /^(?:reason|rule|scope|notice|done|verify|confirm|undo|wait|provider)_/u
    for (const key of Object.keys(en)) {
      const name = key.replace(/_(?:one|other)$/u, '')
      if (!composed.test(key)) assert.ok(source.includes(`'${name}'`), `nothing says ${key}`)
    }
  })
})

it('the locales of a header come in the order in which they are wanted', () => {
  assert.deepEqual(acceptedLocales('fr;q=0.5, es-MX, *, en;q=0.9, x-;q=1, de;q=0'), [
    'es-MX',
    'en',
    'fr',
  ])
  assert.deepEqual(acceptedLocales(undefined), [])
})

it('counts in the plural of the language', async () => {
  const [english, spanish] = [await translatorFor('en'), await translatorFor('es-AR')]
  assert.match(english.text('wait_minutes', { count: 1 }), /1 minute,/u)
  assert.match(spanish.text('wait_minutes', { count: 1200 }), /1200 minutos|1\.200 minutos/u)
})

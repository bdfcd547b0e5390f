/**
 * Texts by language: which one a person reads, and how facts and numbers are put into it.
 *
 * A language is a file in `texts/` and a line here; it is loaded when somebody reads it. A key that it lacks is read in
 * English.
 *
 * Specs: BCP 47 §3.4 (lookup), UTS 35 (plural categories, by `Intl.PluralRules`).
 */

import { en } from './texts/en.ts'

type English = typeof en
type Base<K> = K extends `${infer B}_${'one' | 'other'}` ? B : K

/** The names of texts, without the endings for plurals. */
export type TextKey = Base<keyof English>

type Text<K extends TextKey> = K extends keyof English
  ? English[K]
  : `${K}_other` extends keyof English
    ? English[`${K}_other`]
    : never
type Names<S> = S extends `${string}{{${infer P}}}${infer R}` ? P | Names<R> : never

/** The facts that stand in a text; `count` chooses the plural. */
export type Facts<K extends TextKey> = {
  [P in Names<Text<K>>]: P extends 'count' ? number : string
}
type KeysOf<Prefix extends string> = Extract<keyof English, `${Prefix}_${string}`>

/** The facts in all texts whose keys begin so, beside those that every mail knows. */
export type FactsOf<Prefix extends string> = Exclude<
  { [K in KeysOf<Prefix>]: Names<English[K]> }[KeysOf<Prefix>],
  'brand' | 'host' | 'to'
>

type Args<K extends TextKey> = keyof Facts<K> extends never ? [] : [facts: Facts<K>]

/** The texts of one language. Further plural categories of a language are further keys. */
export type Catalogue = { readonly [K in keyof English]?: string } & {
  readonly [K in `${TextKey}_${'zero' | 'two' | 'few' | 'many'}`]?: string
}

const languages: ReadonlyMap<string, () => Promise<Catalogue>> = new Map<
  string,
  () => Promise<Catalogue>
>([
  ['en', async () => en],
  ['es', async () => (await import('./texts/es.ts')).es],
])

/** Every language that mails are written in. */
export const languageTags: readonly string[] = [...languages.keys()]

export interface Translator {
  /** The language that was found, for `lang` and `Intl`. */
  readonly language: string
  /** The locale that was asked for where its language was found; dates and numbers are written in it. */
  readonly locale: string
  text<K extends TextKey>(key: K, ...args: Args<K>): string
  /** A text whose name is put together from others: checked by a test rather than by its type. */
  named(key: string, facts: Readonly<Record<string, string | number>>): string
}

/** The translator for a reader of this locale: the language of it that there is, else English. */
export async function translatorFor(locale: string): Promise<Translator> {
  const subtags = locale.toLowerCase().split('-')
  while (subtags.length > 0 && !languages.has(subtags.join('-'))) subtags.pop()
  const language = subtags.length > 0 ? subtags.join('-') : 'en'
  const catalogue: Texts = (await languages.get(language)?.()) ?? en
  const spelled = subtags.length > 0 ? canonicalLocale(locale, language) : language
  const plurals = new Intl.PluralRules(spelled)
  const named = (key: string, facts: Readonly<Record<string, string | number>>) => {
    const category = typeof facts.count === 'number' ? plurals.select(facts.count) : ''
    const keys = category === '' ? [key] : [`${key}_${category}`, `${key}_other`]
    const text =
      keys.map((each) => catalogue[each]).find(isText) ?? keys.map(inEnglish).find(isText)
    if (text === undefined) throw new Error(`there is no text ${key}`)
    return fill(text, facts, spelled)
  }
  return {
    language,
    locale: spelled,
    text: (key, ...[facts]) => named(key, facts ?? {}),
    named,
  }
}

type Texts = Readonly<Record<string, string | undefined>>

const isText = (text: string | undefined): text is string => text !== undefined
const inEnglish = (key: string) => (en as Texts)[key]

function canonicalLocale(locale: string, language: string): string {
  try {
    return Intl.getCanonicalLocales(locale)[0] ?? language
  } catch {
    return language
  }
}

function fill(
  text: string,
  facts: Readonly<Record<string, string | number>>,
  locale: string,
): string {
  return text.replace(/\{\{(\w+)\}\}/gu, (_, name: string) => {
    const fact = facts[name]
    if (fact === undefined) throw new Error(`a mail lacks the fact ${name}`)
    return typeof fact === 'number' ? new Intl.NumberFormat(locale).format(fact) : fact
  })
}

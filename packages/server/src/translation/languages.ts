/**
 * Texts by language: which one a person reads, and how facts and numbers are put into it.
 *
 * A room that speaks to people has a catalogue in English, and others that are held against it; each is loaded when somebody
 * reads it. A key that a language lacks is read in English.
 *
 * Specs: BCP 47 §3.4 (lookup), UTS 35 (plural categories, by `Intl.PluralRules`).
 */

type Texts = Readonly<Record<string, string>>
type Base<K> = K extends `${infer B}_${'one' | 'other'}` ? B : K

/** The names of the texts of a catalogue, without the endings for plurals. */
export type TextKey<E> = Base<keyof E & string>

type Text<E, K extends string> = K extends keyof E
  ? E[K]
  : `${K}_other` extends keyof E
    ? E[`${K}_other`]
    : never
type Names<S> = S extends `${string}{{${infer P}}}${infer R}` ? P | Names<R> : never

/** The facts that stand in a text; `count` chooses the plural. */
type Facts<E, K extends string> = {
  [P in Names<Text<E, K>>]: P extends 'count' ? number : string
}

/** The facts in all texts whose keys begin so. */
export type FactsOf<E, Prefix extends string> = {
  [K in Extract<keyof E, `${Prefix}_${string}`>]: Names<E[K]>
}[Extract<keyof E, `${Prefix}_${string}`>]

type Args<E, K extends string> = keyof Facts<E, K> extends never ? [] : [facts: Facts<E, K>]

/** The texts of one more language. Further plural categories of a language are further keys. */
export type Catalogue<E> = { readonly [K in keyof E]?: string } & {
  readonly [K in `${TextKey<E>}_${'zero' | 'two' | 'few' | 'many'}`]?: string
}

export interface Translator<E> {
  /** The language that was found, for `lang` and `Intl`. */
  readonly language: string
  /** The locale that was asked for where its language was found; dates and numbers are written in it. */
  readonly locale: string
  text<K extends TextKey<E>>(key: K, ...args: Args<E, K>): string
  /** A text whose name is put together from others: checked by a test rather than by its type. */
  named(key: string, facts: Readonly<Record<string, string | number>>): string
  /** Whether there is a text of this name, in whatever language it would be read. */
  has(key: string): boolean
}

export interface Languages<E> {
  /** Every language that there is. */
  readonly tags: readonly string[]
  /** The translator for a reader of these locales, the most wanted first: the first one whose language there is, else English. */
  translatorFor(...locales: string[]): Promise<Translator<E>>
}

/** The languages of a catalogue. */
export function openLanguages<E extends Texts>(
  english: E,
  others: Readonly<Record<string, () => Promise<Catalogue<E>>>>,
): Languages<E> {
  const tags = ['en', ...Object.keys(others)]
  return {
    tags,
    async translatorFor(...locales) {
      const wanted = locales.find((locale) => languageOf(locale, tags) !== undefined)
      const language = (wanted !== undefined && languageOf(wanted, tags)) || 'en'
      const catalogue = language === 'en' ? english : ((await others[language]?.()) ?? english)
      const spelled = wanted === undefined ? language : canonicalLocale(wanted, language)
      return translator(catalogue as Texts, { english, language, locale: spelled })
    },
  }
}

const rightToLeft: ReadonlySet<string> = new Set(['ar', 'fa', 'he', 'ur'])

/** In which direction a language is written. */
export function directionOf(locale: string): 'ltr' | 'rtl' {
  return rightToLeft.has(locale.split('-')[0] ?? '') ? 'rtl' : 'ltr'
}

/** The language of a locale, where it is among these. */
function languageOf(locale: string, tags: readonly string[]): string | undefined {
  const subtags = locale.toLowerCase().split('-')
  while (subtags.length > 0 && !tags.includes(subtags.join('-'))) subtags.pop()
  return subtags.length > 0 ? subtags.join('-') : undefined
}

function translator<E extends Texts>(
  catalogue: Texts,
  { english, language, locale }: { english: E; language: string; locale: string },
): Translator<E> {
  const plurals = new Intl.PluralRules(locale)
  const find = (keys: string[]) =>
    keys.map((key) => catalogue[key]).find(isText) ?? keys.map((key) => english[key]).find(isText)
  const named = (key: string, facts: Readonly<Record<string, string | number>>) => {
    const category = typeof facts.count === 'number' ? plurals.select(facts.count) : ''
    const text = find(category === '' ? [key] : [`${key}_${category}`, `${key}_other`])
    if (text === undefined) throw new Error(`there is no text ${key}`)
    return fill(text, facts, locale)
  }
  return {
    language,
    locale,
    text: (key, ...[facts]) => named(key, facts ?? {}),
    named,
    has: (key) => find([key, `${key}_other`]) !== undefined,
  }
}

const isText = (text: string | undefined): text is string => text !== undefined

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
    if (fact === undefined) throw new Error(`a text lacks the fact ${name}`)
    return typeof fact === 'number' ? new Intl.NumberFormat(locale).format(fact) : fact
  })
}

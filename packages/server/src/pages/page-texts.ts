/** The languages that pages are written in, and which of them a visitor reads. A language is a file in `texts/` and a line here. */

import {
  type Catalogue as CatalogueOf,
  openLanguages,
  type Translator as TranslatorOf,
} from '../translation/languages.ts'
import { en } from './texts/en.ts'

type English = typeof en

/** The texts of pages in one language. */
export type Catalogue = CatalogueOf<English>
export type Translator = TranslatorOf<English>

export const { tags: languageTags, translatorFor } = openLanguages(en, {
  es: async () => (await import('./texts/es.ts')).es,
})

/** The languages by their own names, for a reader who looks for another one. */
export const languageNames: Readonly<Record<string, string>> = { en: 'English', es: 'Español' }

const acceptedMax = 10

/** The locales of an `Accept-Language` header, the most wanted first (RFC 9110 §12.5.4). */
export function acceptedLocales(header: string | undefined): string[] {
  return (header ?? '')
    .split(',', acceptedMax)
    .map((part) => {
      const [tag = '', weight] = part.trim().split(/\s*;\s*q=/u)
      return { tag, weight: weight === undefined ? 1 : Number(weight) }
    })
    .filter(({ tag, weight }) => /^[a-z]{1,8}(-[a-z\d]{1,8})*$/iu.test(tag) && weight > 0)
    .sort((a, b) => b.weight - a.weight)
    .map(({ tag }) => tag)
}

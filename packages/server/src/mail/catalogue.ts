/** The languages that mails are written in. A language is a file in `texts/` and a line here. */

import {
  type Catalogue as CatalogueOf,
  type FactsOf as FactsIn,
  openLanguages,
  type Translator as TranslatorOf,
} from '../translation/languages.ts'
import { en } from './texts/en.ts'

type English = typeof en

/** The texts of mails in one language. */
export type Catalogue = CatalogueOf<English>
export type Translator = TranslatorOf<English>

/** The facts in all texts whose keys begin so, beside those that every mail knows. */
export type FactsOf<Prefix extends string> = Exclude<
  FactsIn<English, Prefix>,
  'brand' | 'host' | 'to'
>

export const { tags: languageTags, translatorFor } = openLanguages(en, {
  es: async () => (await import('./texts/es.ts')).es,
})

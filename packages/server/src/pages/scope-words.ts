/** Scopes in words, as people read them before they allow something and after. */

import type { Translator } from './page-texts.ts'

/** What a scope lets an app do; one that the catalogue does not know is named. */
export function scopeWords(words: Translator, scope: string): string {
  const key = `scope_${scope.replace('*', 'all').replaceAll(/[^a-z0-9]+/gu, '_')}`
  return words.has(key) ? words.named(key, {}) : words.text('scope_named', { scope })
}

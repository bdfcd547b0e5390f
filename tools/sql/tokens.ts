/**
 * Splits SQL text into tokens, just well enough to know what is not code: strings, quoted names, dollar quotes and
 * comments. Every character of the text belongs to exactly one token.
 *
 * Specs: PostgreSQL, "Lexical structure".
 */

export type TokenKind =
  | 'space'
  | 'comment'
  | 'string'
  | 'quoted'
  | 'word'
  | 'number'
  /** `:name` or `:name?` */
  | 'parameter'
  /** `$1`, `:1` and the like, which our queries do not use. */
  | 'foreign'
  | 'symbol'

export interface Token {
  kind: TokenKind
  text: string
  /** Offset of its first character in the whole text. */
  offset: number
}

const identifier = String.raw`[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*`

// The first that matches wins, so the order matters: a dollar quote before `$1`, a cast before a parameter.
const rules: readonly (readonly [TokenKind, RegExp])[] = [
  ['space', /\s+/y],
  ['comment', /--[^\n]*/y],
  ['string', /[eE]'(?:[^'\\]|\\[\s\S]|'')*'/y],
  ['string', /(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'/y],
  ['quoted', /(?:[uU]&)?"(?:[^"]|"")*"/y],
  ['string', /\$((?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?)\$[\s\S]*?\$\1\$/y],
  ['word', new RegExp(identifier, 'y')],
  ['number', /\d[\w.]*|\.\d\w*/y],
  ['symbol', /::|:=|=>/y],
  ['parameter', new RegExp(`:${identifier}\\??`, 'y')],
  ['foreign', /\$\d+|:\d+/y],
  ['symbol', /[\s\S]/y],
]

/** All tokens of the text, in order. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = []
  let brackets = 0
  for (let offset = 0; offset < text.length; ) {
    const token = text.startsWith('/*', offset)
      ? blockComment(text, offset)
      : nextToken(text, offset)
    if (token.text === '[') brackets++
    if (token.text === ']') brackets--
    const colonOfSlice = brackets > 0 && token.text.startsWith(':') && endsOperand(tokens.at(-1))
    const read: Token =
      colonOfSlice && token.text !== '::' ? { ...token, kind: 'symbol', text: ':' } : token
    tokens.push(read)
    offset += read.text.length
  }
  return tokens
}

/** Whether a token is code: neither space nor comment. */
export function isCode(token: Token): boolean {
  return token.kind !== 'space' && token.kind !== 'comment'
}

/** The line of an offset, counted from 1. */
export function lineAt(text: string, offset: number): number {
  return text.slice(0, offset).split('\n').length
}

function nextToken(text: string, offset: number): Token {
  for (const [kind, pattern] of rules) {
    pattern.lastIndex = offset
    const match = pattern.exec(text)
    if (match !== null) return { kind, text: match[0], offset }
  }
  throw new Error(`no token at offset ${offset}`)
}

// Block comments nest, which a regular expression cannot follow.
function blockComment(text: string, start: number): Token {
  let depth = 0
  let offset = start
  do {
    const mark = text.slice(offset, offset + 2)
    if (mark === '/*') depth++
    if (mark === '*/') depth--
    offset += mark === '/*' || mark === '*/' ? 2 : 1
  } while (depth > 0 && offset < text.length)
  return { kind: 'comment', text: text.slice(start, offset), offset: start }
}

// In `list[1:n]` the colon follows an operand; in `array[:a, :b]` it does not.
function endsOperand(token: Token | undefined): boolean {
  const kinds: (TokenKind | undefined)[] = ['word', 'number', 'parameter']
  return kinds.includes(token?.kind) || token?.text === ')' || token?.text === ']'
}

/** The fields of a message as a table: name, type, rules, meaning. */

import { type Html, html } from '../html/html.ts'
import { type ApiDocument, type ApiSchema, referredName, resolveSchema } from './api-document.ts'
import { prose, scrollTable } from './page-frame.ts'

/** One row: a field of a message, or a parameter of a path or a query. */
export interface FieldRow {
  name: string
  required: boolean
  /** Where it stands, where that is not the body. */
  where?: string
  schema: ApiSchema
  description: string
}

/** The rows of a message. */
export function messageRows(document: ApiDocument, schema: ApiSchema): FieldRow[] {
  const { properties = {}, required = [] } = resolveSchema(document, schema)
  return Object.entries(properties).map(([name, field]) => ({
    name,
    required: required.includes(name),
    schema: field,
    description: field.description ?? '',
  }))
}

interface FieldTableOptions {
  /** What the table shows, for those who do not see where it stands. */
  label: string
  rows: readonly FieldRow[]
  /** Whether the caller writes these fields, so that it matters which ones must be there. */
  given: boolean
}

/** The table, in a box of its own that scrolls. */
export function fieldTable({ label, rows, given }: FieldTableOptions): Html {
  return scrollTable(
    label,
    html`<thead><tr><th scope="col">Field</th><th scope="col">Type</th><th scope="col">Meaning</th></tr></thead>
<tbody>${rows.map(
      (row) => html`<tr>
<th scope="row"><code>${row.name}</code>${given && row.required && html` <span class="tag">required</span>`}${
        row.where !== undefined && html` <span class="tag">${row.where}</span>`
      }</th>
<td>${typeOf(row.schema)}${rulesOf(row.schema).map((rule) => html`<br><span class="rule">${rule}</span>`)}</td>
<td>${prose(row.description)}</td>
</tr>
`,
    )}</tbody>`,
  )
}

/** The values of an enum as a table. */
export function enumTable(label: string, meanings: Record<string, string>): Html {
  return scrollTable(
    label,
    html`<thead><tr><th scope="col">Value</th><th scope="col">Meaning</th></tr></thead>
<tbody>${Object.entries(meanings).map(
      ([value, meaning]) =>
        html`<tr><th scope="row"><code>${value}</code></th><td>${prose(meaning)}</td></tr>\n`,
    )}</tbody>`,
  )
}

const formats: Record<string, string> = {
  'date-time': 'timestamp (RFC 3339)',
  int64: 'integer in a string',
  uint64: 'natural number in a string',
  email: 'email address',
  uuid: 'UUID',
  uri: 'URI',
  'uri-reference': 'URI reference',
}

function typeOf(schema: ApiSchema): Html {
  const name = referredName(schema)
  if (name !== undefined) return html`<a href="#${name}">${name}</a>`
  if (schema.type === 'array') return html`list of ${typeOf(schema.items ?? {})}`
  if (schema.type === 'object' && typeof schema.additionalProperties === 'object')
    return html`map of text to ${typeOf(schema.additionalProperties)}`
  const { type = 'any value', format = '' } = schema
  return html`${formats[format] ?? type}`
}

/** What a value must be like, in words. */
function rulesOf(schema: ApiSchema): (Html | string)[] {
  const { minLength, maxLength, minimum, maximum, minItems, maxItems } = schema
  const rules: (Html | string)[] = [
    ...between(minLength, maxLength, 'characters'),
    ...between(minimum, maximum, ''),
    ...between(minItems, maxItems, 'entries'),
  ]
  if (schema.exclusiveMinimum !== undefined) rules.push(`more than ${schema.exclusiveMinimum}`)
  if (schema.exclusiveMaximum !== undefined) rules.push(`less than ${schema.exclusiveMaximum}`)
  if (schema.uniqueItems === true) rules.push('each once')
  if (schema.const !== undefined) rules.push(`always ${String(schema.const)}`)
  if (schema.enum !== undefined && schema['x-enumDescriptions'] === undefined)
    rules.push(`one of ${schema.enum.join(', ')}`)
  if (schema.pattern !== undefined && schema.format === undefined)
    rules.push(html`matches <code>${schema.pattern}</code>`)
  return rules
}

function between(least: number | undefined, most: number | undefined, unit: string): string[] {
  const words = unit === '' ? '' : ` ${unit}`
  if (least !== undefined && most !== undefined) return [`${least} to ${most}${words}`]
  if (least !== undefined) return [`at least ${least}${words}`]
  return most === undefined ? [] : [`at most ${most}${words}`]
}

/** The OpenAPI document as the pages read it: the parts that the generator always writes, and nothing else. */

import { readFileSync } from 'node:fs'

export interface ApiDocument {
  info: { title: string; version: string; description: string }
  tags: { name: string; description: string }[]
  paths: Record<string, Record<string, ApiOperation>>
  components: {
    schemas: Record<string, ApiSchema>
    examples: Record<string, { value: { detail: string } }>
  }
}

export interface ApiOperation {
  operationId: string
  tags: string[]
  summary: string
  description: string
  'x-signet-rpc': string
  'x-signet-access': { level: string; permission?: string }
  parameters?: ApiParameter[]
  requestBody?: { required: boolean; content: { 'application/json': ApiContent } }
  responses: Record<string, { description: string; content: Record<string, ApiContent> }>
}

interface ApiParameter {
  name: string
  in: 'path' | 'query'
  required: boolean
  description: string
  schema: ApiSchema
  example: unknown
}

interface ApiContent {
  schema: ApiSchema
  example?: unknown
  examples?: Record<string, unknown>
}

export interface ApiSchema {
  $ref?: string
  type?: string
  format?: string
  description?: string
  properties?: Record<string, ApiSchema>
  required?: string[]
  items?: ApiSchema
  additionalProperties?: ApiSchema | boolean
  enum?: unknown[]
  'x-enumDescriptions'?: Record<string, string>
  const?: unknown
  pattern?: string
  minLength?: number
  maxLength?: number
  minimum?: number
  maximum?: number
  exclusiveMinimum?: number
  exclusiveMaximum?: number
  minItems?: number
  maxItems?: number
  uniqueItems?: boolean
}

/** The generated document, as text and read. */
export function readApiDocument(): { text: string; document: ApiDocument } {
  const text = readFileSync(new URL('./gen/openapi.json', import.meta.url), 'utf8')
  return { text, document: JSON.parse(text) as ApiDocument }
}

/** The name of the component that a schema refers to; undefined for a schema in place. */
export function referredName(schema: ApiSchema): string | undefined {
  return schema.$ref?.replace('#/components/schemas/', '')
}

/** The schema itself, whether it stands in place or in the components. */
export function resolveSchema(document: ApiDocument, schema: ApiSchema): ApiSchema {
  const name = referredName(schema)
  return name === undefined ? schema : (document.components.schemas[name] ?? {})
}

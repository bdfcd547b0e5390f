/**
 * The page /docs/api: every method with who may call it, where it lives on each wire, its fields, its refusals and two
 * calls to copy.
 */

import { problemMediaType } from '../errors.ts'
import { type Html, html } from '../html/html.ts'
import {
  type ApiDocument,
  type ApiOperation,
  type ApiSchema,
  referredName,
  resolveSchema,
} from './api-document.ts'
import { curlCommand, grpcCommand, type ReferenceMethod } from './calls.ts'
import { enumTable, type FieldRow, fieldTable, messageRows } from './field-table.ts'
import { pageFrame, paragraphs, scrollTable } from './page-frame.ts'

interface ApiPageOptions {
  document: ApiDocument
  issuer: string
  style: Html
}

/** The whole page. */
export function apiPage({ document, issuer, style }: ApiPageOptions): Html {
  const methods = methodsOf(document)
  const schemas = sharedSchemas(document, methods)
  return pageFrame({
    title: 'API reference',
    style,
    issuer,
    navigation: navigation(document, methods, schemas),
    content: html`<h1>API reference</h1>
${introduction(issuer)}
${document.tags.map((service) =>
  serviceSection({ document, issuer, service, methods: ofService(methods, service.name) }),
)}
<section aria-labelledby="messages">
<h2 id="messages">Messages</h2>
<p>What fields of the methods above refer to.</p>
${schemas.map(([name, schema]) => schemaSection(document, name, schema))}
</section>`,
  })
}

/** Every method, in the order of the document. */
export function methodsOf(document: ApiDocument): ReferenceMethod[] {
  return Object.entries(document.paths).flatMap(([path, verbs]) =>
    Object.entries(verbs).map(([verb, operation]) => ({
      name: operation.operationId.replace('_', '.'),
      verb: verb.toUpperCase(),
      path,
      operation,
      streams: operation.responses[200]?.content['text/event-stream'] !== undefined,
    })),
  )
}

function ofService(methods: readonly ReferenceMethod[], service: string): ReferenceMethod[] {
  return methods.filter(({ operation }) => operation.tags.includes(service))
}

/** The schemas that stand on their own: those that no method takes or answers as a whole. */
function sharedSchemas(
  document: ApiDocument,
  methods: readonly ReferenceMethod[],
): [string, ApiSchema][] {
  const shown = new Set(
    methods.flatMap(({ operation }) =>
      [requestSchema(operation), responseSchema(operation)].map(referredName),
    ),
  )
  return Object.entries(document.components.schemas).filter(([name]) => !shown.has(name))
}

function requestSchema({ requestBody }: ApiOperation): ApiSchema {
  return requestBody?.content['application/json'].schema ?? {}
}

function responseSchema({ responses }: ApiOperation): ApiSchema {
  const { content = {} } = responses[200] ?? {}
  return (content['application/json'] ?? content['text/event-stream'])?.schema ?? {}
}

function navigation(
  document: ApiDocument,
  methods: readonly ReferenceMethod[],
  schemas: readonly [string, ApiSchema][],
): Html {
  return html`<ul>
<li><a href="#calling">Calling Signet</a></li>
${document.tags.map(
  ({ name }) => html`<li><a href="#${name}">${name}</a>
<ul>${ofService(methods, name).map((method) => html`<li><a href="#${method.name}">${shortName(method)}</a></li>\n`)}</ul></li>
`,
)}<li><a href="#messages">Messages</a>
<ul>${schemas.map(([name]) => html`<li><a href="#${name}">${name}</a></li>\n`)}</ul></li>
</ul>`
}

function introduction(issuer: string): Html {
  return html`<section aria-labelledby="calling">
<h2 id="calling">Calling Signet</h2>
<p>Every method answers the same over four wires, all at <code>${issuer}</code>:</p>
<dl class="wires">
<dt>REST</dt><dd>JSON over the paths below. Lists in a query repeat the parameter; fields of a message are written <code>outer.inner</code>. Unknown fields and parameters are refused. Streams are server-sent events.</dd>
<dt>gRPC</dt><dd>Over HTTP/2, with reflection and health. The examples use <code>buf curl</code>; any generated client does.</dd>
<dt>gRPC-Web, Connect</dt><dd>For browsers and simple clients, at the same paths as gRPC.</dd>
</dl>
<p>JSON is proto3 JSON: names in lowerCamelCase, 64-bit integers as strings, times in RFC 3339. A call that needs a token carries it as <code>Authorization: Bearer</code>; <a href="#AuthService.SignIn">SignIn</a> answers one. A client calls for itself with its id and secret as <code>Authorization: Basic</code>. Each answer has a <code>Signet-Reference</code>, and each refusal a <a href="/docs/errors">reason</a> that programs can rely on.</p>
</section>`
}

interface ServiceSectionOptions {
  document: ApiDocument
  issuer: string
  service: { name: string; description: string }
  methods: readonly ReferenceMethod[]
}

function serviceSection({ document, issuer, service, methods }: ServiceSectionOptions): Html {
  return html`<section aria-labelledby="${service.name}">
<h2 id="${service.name}">${service.name}</h2>
${paragraphs(service.description)}
${methods.map((method) => methodSection(document, issuer, method))}
</section>
`
}

function methodSection(document: ApiDocument, issuer: string, method: ReferenceMethod): Html {
  const { operation, name } = method
  const request = requestRows(document, operation)
  const response = messageRows(document, responseSchema(operation))
  return html`<article aria-labelledby="${name}">
<h3 id="${name}"><a href="#${name}">${shortName(method)}</a> ${accessTag(operation)}</h3>
<dl class="lines">
<dt>REST</dt><dd><code><b>${method.verb}</b> ${method.path}</code></dd>
<dt>RPC</dt><dd><code>${operation['x-signet-rpc']}</code></dd>
</dl>
${paragraphs(operation.description)}
<h4>Request</h4>
${
  request.length === 0
    ? html`<p>No fields.</p>`
    : fieldTable({ label: `Fields of the request of ${name}`, rows: request, given: true })
}
<h4>Response${method.streams && ', once for each event of the stream'}</h4>
${
  response.length === 0
    ? html`<p>No fields.</p>`
    : fieldTable({ label: `Fields of the response of ${name}`, rows: response, given: false })
}
<h4>Calls</h4>
${codeBlock(`${name} with curl`, curlCommand(method, issuer))}
${codeBlock(`${name} with buf curl`, grpcCommand(method, issuer))}
<h4>Refusals</h4>
${refusalTable(document, method)}
</article>
`
}

function shortName({ name }: ReferenceMethod): string {
  return name.slice(name.indexOf('.') + 1)
}

function accessTag({ 'x-signet-access': access }: ApiOperation): Html {
  const text = access.permission ?? access.level
  return html`<span class="access ${access.level}">${access.permission !== undefined && 'permission '}${text}</span>`
}

function requestRows(document: ApiDocument, operation: ApiOperation): FieldRow[] {
  const parameters = (operation.parameters ?? []).map(({ in: where, ...rest }) => ({
    ...rest,
    where,
  }))
  return [...parameters, ...messageRows(document, requestSchema(operation))]
}

function codeBlock(label: string, code: string): Html {
  return html`<pre tabindex="0" role="region" aria-label="${label}"><code>${code}</code></pre>`
}

function refusalTable(document: ApiDocument, { name, operation }: ReferenceMethod): Html {
  const refusals = Object.entries(operation.responses).flatMap(([status, { content }]) =>
    Object.keys(content[problemMediaType]?.examples ?? {}).map((anchor) => ({
      status,
      anchor,
      sentence: document.components.examples[anchor]?.value.detail,
    })),
  )
  return scrollTable(
    `Refusals of ${name}`,
    html`<thead><tr><th scope="col">Status</th><th scope="col">Reason</th><th scope="col">What the caller reads</th></tr></thead>
<tbody>${refusals.map(
      ({ status, anchor, sentence }) =>
        html`<tr><td>${status}</td><th scope="row"><a href="/docs/errors#${anchor}"><code>${reasonOf(anchor)}</code></a></th><td>${sentence}</td></tr>\n`,
    )}</tbody>`,
  )
}

function reasonOf(anchor: string): string {
  return anchor.toUpperCase().replaceAll('-', '_')
}

function schemaSection(document: ApiDocument, name: string, schema: ApiSchema): Html {
  const meanings = schema['x-enumDescriptions']
  return html`<article aria-labelledby="${name}">
<h3 id="${name}"><a href="#${name}">${name}</a></h3>
${paragraphs(schema.description ?? '')}
${
  meanings === undefined
    ? fieldTable({
        label: `Fields of ${name}`,
        rows: messageRows(document, resolveSchema(document, schema)),
        given: schema.additionalProperties === false,
      })
    : enumTable(`Values of ${name}`, meanings)
}
</article>
`
}

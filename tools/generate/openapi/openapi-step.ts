/** The OpenAPI 3.1 document of the REST wire, made from the contract: what /openapi.json serves and /docs/api shows. */

import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { JsonObject } from '@bufbuild/protobuf'
import { type Contract, readContract } from '../contract.ts'
import { repositoryRoot, syncFiles } from '../generated-file.ts'
import { createMessageSchemas } from './message-schemas.ts'
import { pathsOf } from './operations.ts'
import { problemExamples, problemSchema } from './problem.ts'

const documentPath = 'packages/server/src/reference/gen/openapi.json'

const securitySchemes: Record<string, JsonObject> = {
  bearer: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: "An access token for Signet's own API (RFC 6750), as SignIn answers it.",
  },
  clientSecret: {
    type: 'http',
    scheme: 'basic',
    description: 'The identifier and secret of a registered client (RFC 6749 §2.3.1).',
  },
}

/** Makes the document current. */
export async function generateOpenApi({ check }: { check: boolean }): Promise<string[]> {
  const contract = await readContract(join(repositoryRoot, 'proto'))
  const document = openApiDocument(contract, await contractVersion())
  return syncFiles(new Map([[documentPath, `${JSON.stringify(document, null, 2)}\n`]]), { check })
}

/** The document of a contract. */
export function openApiDocument(contract: Contract, version: string): JsonObject {
  const schemas = createMessageSchemas(contract)
  const paths = pathsOf({ contract, schemas })
  const problem = problemSchema(contract, schemas)
  const used = JSON.stringify(paths)
  return {
    openapi: '3.1.0',
    info: {
      title: 'Signet API',
      version,
      summary: 'Sign-in for every app of a company.',
      description:
        'The same methods answer over REST, gRPC, gRPC-Web and Connect. JSON is proto3 JSON: names in lowerCamelCase, 64-bit integers as strings, enums by name.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/', description: 'The server that served this document.' }],
    tags: contract.services.map((service) => ({
      name: service.name,
      description: contract.commentOf(service),
    })),
    paths,
    components: {
      schemas: { ...schemas.components(), Problem: problem },
      examples: problemExamples(contract, (anchor) =>
        used.includes(`"#/components/examples/${anchor}"`),
      ),
      headers: {
        SignetReference: {
          description: 'Finds the log line and the event of this call, such as "7K3Q-90XD-2M1B".',
          schema: { type: 'string' },
        },
      },
      securitySchemes: Object.fromEntries(
        Object.entries(securitySchemes).filter(([name]) => used.includes(`{"${name}":[]}`)),
      ),
    },
  }
}

async function contractVersion(): Promise<string> {
  const path = join(repositoryRoot, 'packages/contract/package.json')
  return (JSON.parse(await readFile(path, 'utf8')) as { version: string }).version
}

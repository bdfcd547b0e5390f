/** Writes docs/reference/configuration.md from the schema of the environment. */

import { variableTable } from './reading.ts'
import { syncReferencePage } from './reference-page.ts'
import { type Default, sections, type Variable } from './variable.ts'

/** Brings the reference up to date, or with `check` only looks. Returns the files that were stale. */
export async function generateConfigurationReference(options: {
  check: boolean
}): Promise<string[]> {
  return syncReferencePage('docs/reference/configuration.md', configurationReference(), options)
}

const opening = `<!-- Written by \`npm run generate\`. Edits are lost. -->

# Configuration

Signet is configured by its environment. Everything has a default in development; production refuses to start with
anything that is only good enough for trying it out. \`npm run signet -- config check\` tells what is wrong without starting.

- A **secret** may stand in a file instead: set its name with \`_FILE\` at the end to the path. Setting both is an error.
  One line break at the end of the file is not part of the secret.
- An **env file** holds \`NAME=value\` lines: name it with \`--settings\` or \`SIGNET_ENV_FILE\`. The process environment wins
  over it. \`config/dev.env\` is one.
- An empty value is as good as none, except for a secret, where it is an error.
- A \`SIGNET_\` name that is not listed here is an error, so that a typing mistake cannot go unnoticed. Exempt are
  \`SIGNET_TEST_…\` and what Kubernetes sets in each pod beside a Service called signet.

## Errors

Every problem is reported at once, and the process ends with exit code 78. Each problem names the variable, its value
(never that of a secret), where the value came from, what is wrong, and what to do:

    The configuration has 2 problems.

      SIGNET_ISSUER   http://auth.example.com   (from config/production.env line 3)
                        must be https outside development
                        Fix: write https://…, or set SIGNET_ENV=development

      SIGNET_MASTER_SECERT   (from the environment)
                        is not a variable of Signet. Did you mean SIGNET_MASTER_SECRET?
                        Fix: rename it, or unset it
`

/** The whole page. */
function configurationReference(): string {
  const entries = Object.entries(variableTable)
  const parts = sections.map((section) => {
    const own = entries.filter(([, variable]) => variable.section === section)
    const texts = own.map(([name, variable]) => describe(name, variable))
    return `## ${section}\n\n${texts.join('\n\n')}\n`
  })
  return [opening, ...parts].join('\n')
}

function describe(name: string, variable: Variable<unknown> & { default?: Default }): string {
  const lines = [`### \`${name}\``, '', variable.about, '', `- Value: ${variable.kind.form}`]
  lines.push(`- Default: ${variable.defaultText ?? describeDefault(variable.default)}`)
  if (variable.secret) lines.push(`- Secret: may stand in a file named by \`${name}_FILE\``)
  return lines.join('\n')
}

function describeDefault(fallback: Default | undefined): string {
  if (fallback === undefined || fallback === '') return 'none'
  if (typeof fallback === 'string') return `\`${fallback}\``
  return `\`${fallback.development}\` in development, \`${fallback.production}\` in production`
}

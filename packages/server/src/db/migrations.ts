/**
 * Which migrations this code knows: the numbered files in `migrations/`, and what a database that has some of them lacks.
 *
 * Errors: MigrationError for file names that are not numbered in order.
 */

import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

/** One file `NNNN-name.sql`. */
export interface Migration {
  /** The file name without `.sql`; its number decides the order. */
  name: string
  /** SHA-256 of the text, in hexadecimal. */
  checksum: string
  text: string
}

/** Why a database cannot be migrated, in one sentence for the operator. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError'
}

/** How a database stands to the migrations of this code, by name. */
export interface MigrationState {
  applied: string[]
  /** Known here, not applied there. */
  pending: string[]
  /** Applied there, not known here: the database was migrated by a later version. */
  unknown: string[]
}

const directory = join(import.meta.dirname, 'migrations')

/** All migrations in a directory, in order. */
export function readMigrations(from = directory): Migration[] {
  const files = readdirSync(from)
    .filter((file) => file.endsWith('.sql'))
    .sort()
  let last = 0
  return files.map((file) => {
    const number = Number(/^(\d{4})-[a-z0-9-]+\.sql$/.exec(file)?.[1])
    if (!(number > last)) {
      throw new MigrationError(
        `${file}: migration files are named NNNN-name.sql, each number once; this one should begin with a number above ${String(last).padStart(4, '0')}.`,
      )
    }
    last = number
    // A checkout on Windows may rewrite line ends, which change nothing.
    const text = readFileSync(join(from, file), 'utf8').replaceAll('\r\n', '\n')
    const checksum = createHash('sha256').update(text).digest('hex')
    return { name: file.slice(0, -'.sql'.length), checksum, text }
  })
}

/** Compares what this code knows with what a database has. */
export function compareMigrations(
  known: readonly Migration[],
  applied: readonly { name: string }[],
): MigrationState {
  const knownNames = new Set(known.map(({ name }) => name))
  const appliedNames = new Set(applied.map(({ name }) => name))
  return {
    applied: [...appliedNames],
    pending: [...knownNames].filter((name) => !appliedNames.has(name)),
    unknown: [...appliedNames].filter((name) => !knownNames.has(name)),
  }
}

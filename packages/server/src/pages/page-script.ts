/** The script of the pages, under an address that names its content: what a browser has kept of it is never another one. */

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'

const source = readFileSync(new URL('page-script.js', import.meta.url))
const digest = createHash('sha256').update(source).digest('hex').slice(0, 16)

export const pageScript = { path: `/pages/${digest}.js`, source }

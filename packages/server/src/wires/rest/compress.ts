/** Whether and how an answer is compressed: gzip, where the caller takes it and the text is worth it. */

import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const gzipBytes = promisify(gzip)
const worthwhileLength = 1024

/** The compressed text; undefined where it goes out as it is. */
export async function compressed(
  text: string,
  acceptEncoding: string | string[] | undefined,
): Promise<Buffer | undefined> {
  if (text.length < worthwhileLength || acceptEncoding === undefined) return undefined
  return acceptsGzip(String(acceptEncoding)) ? gzipBytes(text) : undefined
}

/** RFC 9110 §12.5.3: a weight of zero is a refusal. */
function acceptsGzip(header: string): boolean {
  for (const part of header.split(',')) {
    const [name = '', ...parameters] = part.split(';').map((each) => each.trim().toLowerCase())
    if (name === 'gzip' || name === '*')
      return !parameters.some((each) => /^q=0(\.0*)?$/.test(each))
  }
  return false
}

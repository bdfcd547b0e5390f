/** Whether and how an answer is compressed: gzip, where the caller takes it and the text is worth it. */

import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const worthwhileLength = 1024

/** The text as gzip. */
export const gzipText: (text: string) => Promise<Buffer> = promisify(gzip)

/** Whether this text is long enough, and the caller takes gzip. */
export function worthCompressing(
  text: string,
  acceptEncoding: string | string[] | undefined,
): boolean {
  return (
    text.length >= worthwhileLength &&
    acceptEncoding !== undefined &&
    acceptsGzip(String(acceptEncoding))
  )
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

/**
 * Which country an address is in, by a file that an operator supplies. Every line names a range of addresses, its first
 * and its last, and a country as ISO 3166-1 alpha-2; this is how free lists are commonly offered:
 *
 *     192.0.2.0,192.0.2.255,DE
 *     "2001:db8::","2001:db8::ffff","FR"
 *
 * Quotes may be there or not, the order does not matter, further columns are ignored, and so are empty lines and those
 * that begin with #. `ZZ` and an empty country mean that nobody knows. Ranges must not overlap. The file is read at start.
 *
 * Errors: CountryFileError, one sentence with the line.
 * Specs: RFC 4180 (without line ends inside of fields), ISO 3166-1.
 */

import { readFileSync } from 'node:fs'
import { isIP } from 'node:net'

export interface CountryRanges {
  /** Two capital letters; undefined where no range holds the address, or it is no address. */
  find(address: string): string | undefined
}

/** Why the file cannot be used, for an operator. */
export class CountryFileError extends Error {
  override readonly name = 'CountryFileError'
}

interface Range {
  first: bigint
  last: bigint
  country: string
  line: number
}

/** Reads the file. 700,000 ranges take about a second and 40 MB. */
export function openCountryRanges(path: string): CountryRanges {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException
    throw new CountryFileError(
      `The country file ${path} cannot be read (${code}). Correct SIGNET_COUNTRY_FILE, or unset it.`,
      { cause },
    )
  }
  return indexRanges(readRanges(text, path), path)
}

function readRanges(text: string, path: string): Range[] {
  const ranges: Range[] = []
  text.split('\n').forEach((row, i) => {
    const content = row.trim()
    if (content === '' || content.startsWith('#')) return
    const [from = '', to = '', country = ''] = content
      .split(',', 3)
      .map((field) => field.trim().replace(/^"(.*)"$/u, '$1'))
    const [first, last] = [numberOf(from), numberOf(to)]
    const isRange = first !== undefined && last !== undefined && first <= last
    if (!isRange || isIP(from) !== isIP(to) || !/^([A-Z]{2})?$/u.test(country)) {
      throw unusable(path, i + 1, 'is not "first address,last address,country"')
    }
    if (country !== '' && country !== 'ZZ') ranges.push({ first, last, country, line: i + 1 })
  })
  return ranges.sort((a, b) => (a.first < b.first ? -1 : 1))
}

function indexRanges(ranges: Range[], path: string): CountryRanges {
  ranges.forEach(({ first, line }, i) => {
    const before = ranges[i - 1]
    if (before !== undefined && before.last >= first)
      throw unusable(path, line, `overlaps line ${before.line}`)
  })
  return {
    find(address) {
      const number = numberOf(address)
      if (number === undefined) return undefined
      let [low, high] = [0, ranges.length]
      while (low < high) {
        const middle = (low + high) >> 1
        if ((ranges[middle] as Range).first <= number) low = middle + 1
        else high = middle
      }
      const found = ranges[low - 1]
      return found !== undefined && number <= found.last ? found.country : undefined
    },
  }
}

function unusable(path: string, line: number, what: string): CountryFileError {
  return new CountryFileError(`Line ${line} of the country file ${path} ${what}. Correct the file.`)
}

/** The 128 bits of an address; an IPv4 address as IPv6 writes it (RFC 4291 §2.5.5.2). */
function numberOf(address: string): bigint | undefined {
  const bare = address.split('%', 1)[0] ?? ''
  const version = isIP(bare)
  if (version === 4) return 0xffff_0000_0000n + BigInt(dotted(bare))
  return version === 6 ? groups(bare) : undefined
}

function dotted(address: string): number {
  return address.split('.').reduce((bits, byte) => bits * 256 + Number(byte), 0)
}

function groups(address: string): bigint {
  const [, head = address, dots] = /^(.*:)(\d+\.\d+\.\d+\.\d+)$/u.exec(address) ?? []
  const low = dots === undefined ? 0 : dotted(dots)
  const plain =
    dots === undefined ? head : `${head}${(low >>> 16).toString(16)}:${(low & 0xffff).toString(16)}`
  const [before = '', after] = plain.split('::')
  const left = before === '' ? [] : before.split(':')
  const right = after === undefined || after === '' ? [] : after.split(':')
  const zeros = Array<string>(8 - left.length - right.length).fill('0')
  const all = after === undefined ? left : [...left, ...zeros, ...right]
  return all.reduce((bits, group) => (bits << 16n) | BigInt(`0x${group}`), 0n)
}

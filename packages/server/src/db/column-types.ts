/**
 * How the values of each Postgres type look in TypeScript: the one table that the query compiler and the driver share.
 *
 * A type that is not listed cannot be used in a query: the compiler refuses it.
 */

import pg from 'pg'

/** One Postgres type: its fixed oid and that of its array, its TypeScript type, and how its text is read. */
interface ColumnType {
  oid: number
  arrayOid: number
  typescript: string
  parse: (text: string) => unknown
}

const asText = (text: string): string => text

function builtIn(oid: number): (text: string) => unknown {
  // The driver's types name only some of the oids that it can read.
  return (pg.types.getTypeParser as (oid: number) => (text: string) => unknown)(oid)
}

/** By the name that Postgres gives the type. */
export const columnTypes: Readonly<Record<string, ColumnType>> = {
  bool: { oid: 16, arrayOid: 1000, typescript: 'boolean', parse: (text) => text === 't' },
  bytea: { oid: 17, arrayOid: 1001, typescript: 'Buffer', parse: builtIn(17) },
  int8: { oid: 20, arrayOid: 1016, typescript: 'bigint', parse: BigInt },
  int2: { oid: 21, arrayOid: 1005, typescript: 'number', parse: Number },
  int4: { oid: 23, arrayOid: 1007, typescript: 'number', parse: Number },
  oid: { oid: 26, arrayOid: 1028, typescript: 'number', parse: Number },
  text: { oid: 25, arrayOid: 1009, typescript: 'string', parse: asText },
  json: { oid: 114, arrayOid: 199, typescript: 'Json', parse: JSON.parse },
  float4: { oid: 700, arrayOid: 1021, typescript: 'number', parse: Number },
  float8: { oid: 701, arrayOid: 1022, typescript: 'number', parse: Number },
  inet: { oid: 869, arrayOid: 1041, typescript: 'string', parse: asText },
  varchar: { oid: 1043, arrayOid: 1015, typescript: 'string', parse: asText },
  date: { oid: 1082, arrayOid: 1182, typescript: 'string', parse: asText },
  timestamptz: { oid: 1184, arrayOid: 1185, typescript: 'Date', parse: builtIn(1184) },
  interval: { oid: 1186, arrayOid: 1187, typescript: 'string', parse: asText },
  numeric: { oid: 1700, arrayOid: 1231, typescript: 'string', parse: asText },
  uuid: { oid: 2950, arrayOid: 2951, typescript: 'string', parse: asText },
  jsonb: { oid: 3802, arrayOid: 3807, typescript: 'Json', parse: JSON.parse },
}

// As an array of text, whatever its elements are.
const arrayText = builtIn(1009) as (text: string) => unknown

function mapNested(value: unknown, parse: (text: string) => unknown): unknown {
  if (Array.isArray(value)) return value.map((element) => mapNested(element, parse))
  return value === null ? null : parse(value as string)
}

const parsers = new Map<number, (text: string) => unknown>()
for (const type of Object.values(columnTypes)) {
  parsers.set(type.oid, type.parse)
  parsers.set(type.arrayOid, (text) => mapNested(arrayText(text), type.parse))
}

/** For the `types` of our own connections. The driver's global parsers stay as other libraries expect them. */
export const driverTypes = {
  getTypeParser: (oid: number) => parsers.get(oid) ?? asText,
}

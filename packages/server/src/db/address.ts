/** Where a Postgres is, and how the driver is told so. */

import type { ClientConfig } from 'pg'

export interface DatabaseAddress {
  /** A host name, an IP address, or the directory of a Unix socket. */
  host: string
  port: number
  user: string
  database: string
  password?: string
  ssl?: { ca?: string; rejectUnauthorized: boolean }
}

/** The address as the driver takes it. Nothing is left for the driver to look up in the environment or a file. */
export function driverAddress(address: DatabaseAddress): ClientConfig {
  return {
    host: address.host,
    port: address.port,
    user: address.user,
    database: address.database,
    password: () => address.password ?? '',
    ssl: address.ssl ?? false,
  }
}

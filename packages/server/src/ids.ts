/**
 * Identifiers: UUIDv7 (RFC 9562 §5.7), sortable by time, made here and not by the database.
 *
 * The last 16 bits are a shard key. A user draws its own; what belongs to a user copies it, so that all rows of one
 * user can live on one node of a distributed Postgres later.
 */

import { uniqueBytes } from './unique-bytes.ts'

declare const brand: unique symbol
type Id<Name extends string> = string & { readonly [brand]: Name }

export type UserId = Id<'user'>
export type SessionId = Id<'session'>
export type GrantId = Id<'grant'>
export type ClientId = Id<'client'>
export type EventId = Id<'event'>

const shardKeyOffset = 14

/** The shard key of what belongs to a user: four hexadecimal digits. */
export function shardKeyOf(userId: UserId): string {
  return userId.slice(-4)
}

/** A new UUIDv7, with a random shard key or, where `owner` is given, with the shard key of that user. */
export function newId<T extends string>(now: Date, owner?: UserId | string): T {
  const bytes = uniqueBytes(16)
  bytes.writeUIntBE(now.getTime(), 0, 6)
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x70, 6)
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8)
  if (owner !== undefined) bytes.write(owner.slice(-4), shardKeyOffset, 'hex')
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}` as T
}

/**
 * How revocations stand in Redis. docs/reference/revocation-redis.md says the same to those who read them.
 *
 * What a key names is hashed as in the feed, so one Redis can serve several issuers. All keys have one hash tag: a cluster
 * keeps them on one node, where one MGET finds them. A value is a list of positions, each with the hash of the session
 * that goes on, where one does: "4711 4720:0123…". It grows by merging, so that any number of writers, in any order and as
 * often as they like, come to the same value.
 */

import type { LoggedEntry } from './feed-entries.ts'
import { hashIdentifier } from './hashed-identifier.ts'

const prefix = '{signet}:'

/** The key that says that everything is there. Its content is when it ends, in milliseconds since 1970. */
export const freshKey = (issuer: string) => `${prefix}fresh:${issuer}`
/** Names the life of the data: who finds another content than it saw knows that everything was lost. */
export const lifeKey = (issuer: string) => `${prefix}life:${issuer}`

/** The key of what an entry names. Everything is named by the issuer. */
export function entryKey(issuer: string, { scope, value }: Pick<LoggedEntry, 'scope' | 'value'>) {
  const hashed =
    scope === 'all' ? hashIdentifier(issuer, 'iss', issuer) : hashIdentifier(issuer, scope, value)
  return prefix + hashed.toString('hex')
}

/** What `mergeScript` takes for one entry. */
export function entryArguments(issuer: string, entry: LoggedEntry): [string, string, string] {
  const { position, exceptSid, remainingMs } = entry
  const kept = exceptSid === null ? '' : hashIdentifier(issuer, 'sid', exceptSid).toString('hex')
  return [String(position), kept, String(Math.max(1000, Math.ceil(remainingMs)))]
}

/**
 * Merges entries into their keys. A position without an exception covers those before it; of more than 32 with one, all
 * become the greatest without, which refuses more, never less.
 */
export const mergeScript = `
for i, key in ipairs(KEYS) do
  local position, kept, ttl = ARGV[3 * i - 2], ARGV[3 * i - 1], tonumber(ARGV[3 * i])
  local whole, parts, count = '0', {}, 0
  local function take(place, except)
    if except == '' then
      if tonumber(place) > tonumber(whole) then whole = place end
    elseif parts[except] == nil or tonumber(parts[except]) < tonumber(place) then
      parts[except] = place
    end
  end
  for place, except in string.gmatch(redis.call('GET', key) or '', '(%d+):?(%x*)') do take(place, except) end
  take(position, kept)
  for _ in pairs(parts) do count = count + 1 end
  if count > 32 then
    for _, place in pairs(parts) do take(place, '') end
  end
  local value = {}
  if whole ~= '0' then value[1] = whole end
  for except, place in pairs(parts) do
    if tonumber(place) > tonumber(whole) then value[#value + 1] = place .. ':' .. except end
  end
  redis.call('SET', key, table.concat(value, ' '), 'PX', math.max(ttl, redis.call('PTTL', key)))
end
return #KEYS`

/**
 * Says that everything which was committed before a time stands here, until the budget after that time. Times are of this
 * Redis alone, so a writer that was held up in between says nothing that is not so. Answers "lost" where the data are not
 * those that the writer completed, and "late" where the time is over.
 */
export const refreshScript = `
local fresh, life = KEYS[1], KEYS[2]
if redis.call('GET', life) ~= ARGV[1] then return 'lost' end
if string.match(redis.call('INFO', 'server'), 'run_id:(%w+)') ~= ARGV[2] then return 'lost' end
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local budget = tonumber(ARGV[4])
local deadline = tonumber(ARGV[3]) + budget
if deadline <= now then return 'late' end
redis.call('PEXPIRE', life, 86400000)
local before = tonumber(redis.call('GET', fresh) or '0')
if before >= deadline and before <= now + budget then return 'fresh' end
redis.call('SET', fresh, string.format('%.0f', deadline), 'PX', math.min(deadline - now, budget))
return 'fresh'`

import { Script } from './script.ts'
import { NOW } from './server-time.ts'

/*
 * The board of breakers on the server. Entries are a hash by deployment, each `ID PHASE FAILURES EJECTIONS SINCE UNTIL ENDS`; the limits of providers
 * are a hash of times. The rules of breakers are not here: the server compares ids and replaces, and turns spans into times and back.
 *
 * The version is the id of the last change: a server that lost its memory does not count up to one that was seen before.
 */

const SHARED = `
local function spanText(at) return string.format('%.0f', tonumber(at) - now) end
local function entryOf(text)
  local id, phase, failures, ejections, since, till, ends = string.match(text, '^(%S+) (%S+) (%S+) (%S+) (%S+) (%S+) (%S+)$')
  return { id, phase, failures, ejections, string.format('%.0f', now - tonumber(since)), spanText(till) }, tonumber(ends)
end
local function changed(key, version, keepMs)
  redis.call('SET', key, version, 'PX', string.format('%.0f', math.max(keepMs, redis.call('PTTL', key), 1)))
end
local function keep(key, keepMs)
  if redis.call('PTTL', key) < keepMs then redis.call('PEXPIRE', key, string.format('%.0f', keepMs)) end
end
`

/**
 * KEYS: entries, version. ARGV: now, deployment, keep ms, id, phase, failures, ejections, ago ms, for ms, and the ids that may be replaced.
 * Gives the entry that is there then.
 */
export const POST = new Script(`${NOW}${SHARED}
local standing = redis.call('HGET', KEYS[1], ARGV[2])
if standing then
  local entry, ends = entryOf(standing)
  local isKnown = ends <= now
  for i = 10, #ARGV do
    if ARGV[i] == entry[1] then isKnown = true end
  end
  if not isKnown then return entry end
end
local keepMs = tonumber(ARGV[3])
local since, till = now - tonumber(ARGV[8]), now + tonumber(ARGV[9])
local text = string.format('%s %s %s %s %.0f %.0f %.0f', ARGV[4], ARGV[5], ARGV[6], ARGV[7], since, till, now + keepMs)
redis.call('HSET', KEYS[1], ARGV[2], text)
keep(KEYS[1], keepMs)
changed(KEYS[2], ARGV[4], keepMs)
return (entryOf(text))
`)

/**
 * KEYS: entries, limited, version. ARGV: now, the version that is known, an id for what is noted; for each deployment without room its name, for ms.
 * Gives the version, and unless it is known the entries (each with its deployment before it) and the limits.
 */
export const LOOK = new Script(`${NOW}${SHARED}
for i = 4, #ARGV, 2 do
  local forMs = tonumber(ARGV[i + 1])
  local known = tonumber(redis.call('HGET', KEYS[2], ARGV[i]) or 0)
  if now + forMs > known then
    redis.call('HSET', KEYS[2], ARGV[i], string.format('%.0f', now + forMs))
    keep(KEYS[2], forMs)
    changed(KEYS[3], ARGV[3], forMs)
  end
end
local version = redis.call('GET', KEYS[3]) or 'nothing'
if version == ARGV[2] then return { version } end
local entries, limits = {}, {}
local flat = redis.call('HGETALL', KEYS[1])
for i = 1, #flat, 2 do
  local entry, ends = entryOf(flat[i + 1])
  if ends <= now then
    redis.call('HDEL', KEYS[1], flat[i])
  else
    table.insert(entry, 1, flat[i])
    entries[#entries + 1] = entry
  end
end
flat = redis.call('HGETALL', KEYS[2])
for i = 1, #flat, 2 do
  if tonumber(flat[i + 1]) <= now then
    redis.call('HDEL', KEYS[2], flat[i])
  else
    limits[#limits + 1] = { flat[i], spanText(flat[i + 1]) }
  end
end
return { version, entries, limits }
`)

import { Script } from './script.ts'
import { NOW } from './server-time.ts'

/*
 * The counts on the server. `take` does there what `protocol/gcra.ts` and `protocol/slot-pool.ts` do in one process, line by line; the contract suite runs
 * both on the same random asks and compares every answer.
 *
 * A rate is a string `DEBT AT`. The places of a rule are three keys: leases (a sorted set of `LEASE⏎HOLDER` by the time they lapse),
 * held (a hash of places by holder) and wants (a hash of `SINCE UNTIL HOLDER` by lease). A lease lapses unless it is renewed, so the places of a process that died
 * come back. Every key has a time to live that ends when it means nothing any more, so the server never holds more than what counts now.
 *
 * The time is the server's own, in ms, so that instances need not agree on one; a number in ARGV[1] is taken instead, for tests.
 */

/** Beyond the time at which a debt is paid: what is forgotten too late costs nothing, too early a second burst. */
const RATE = `
local function debtOf(key, limit)
  local state = redis.call('GET', key)
  if not state then return 0, 0 end
  local debt, at = string.match(state, '^(%S+) (%S+)$')
  debt, at = tonumber(debt), tonumber(at)
  if now > at then debt = math.max(0, debt - (now - at) * limit) end
  return debt, at
end
local function write(key, limit, debt)
  if debt > 0 and limit > 0 then
    redis.call('SET', key, string.format('%.0f %.0f', debt, now), 'PX', string.format('%.0f', math.ceil(debt / limit) + 5000))
  else
    redis.call('DEL', key)
  end
end
`

const SLOTS = `
local function count(held, holder, by)
  if redis.call('HINCRBY', held, holder, by) <= 0 then redis.call('HDEL', held, holder) end
end
local function lapse(leases, held)
  for _, member in ipairs(redis.call('ZRANGEBYSCORE', leases, '-inf', string.format('%.0f', now))) do
    redis.call('ZREM', leases, member)
    count(held, string.match(member, '\\n(.*)$'), -1)
  end
end
local function occupy(leases, held, lease, holder, leaseMs)
  local lapsesAt = string.format('%.0f', now + leaseMs)
  if redis.call('ZADD', leases, lapsesAt, lease .. '\\n' .. holder) == 1 then count(held, holder, 1) end
  redis.call('PEXPIRE', leases, leaseMs)
  redis.call('PEXPIRE', held, leaseMs)
end
`

/**
 * KEYS: one a rate, then leases, held and wants of each slot.
 * ARGV: now, rates, slots, lease ms, patience, want ms; for each rate limit, window ms, amount; for each slot limit, lease, holder.
 * Gives admitted, wanting; for each rate remaining, reset ms, wait ms; for each slot held, refused.
 */
export const TAKE = new Script(`${NOW}${RATE}${SLOTS}
local rates, slots = tonumber(ARGV[2]), tonumber(ARGV[3])
local leaseMs, patience, wantMs = tonumber(ARGV[4]), ARGV[5], tonumber(ARGV[6])

local function rateAt(i)
  local at = 6 + (i - 1) * 3
  return KEYS[i], tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
end
local function slotAt(i)
  local key, at = rates + (i - 1) * 3, 6 + rates * 3 + (i - 1) * 3
  return KEYS[key + 1], KEYS[key + 2], KEYS[key + 3], tonumber(ARGV[at + 1]), ARGV[at + 2], ARGV[at + 3]
end

local function standing(limit, window, debt, amount)
  if limit == 0 then return 0, window, window end
  local room = limit * window - debt
  local lack = math.min(amount, limit) * window - room
  local wait = 0
  if lack > 0 then wait = math.ceil(lack / limit) end
  return math.max(0, math.floor(room / window)), math.ceil(debt / limit), wait
end

local function placesOf(held, holder)
  return tonumber(redis.call('HGET', held, holder) or 0)
end
local function standingWants(key)
  local wants, flat, size = {}, redis.call('HGETALL', key), 0
  for i = 1, #flat, 2 do
    local since, till, holder = string.match(flat[i + 1], '^(%S+) (%S+) (.*)$')
    if tonumber(till) <= now then
      redis.call('HDEL', key, flat[i])
    else
      wants[flat[i]] = { since = tonumber(since), holder = holder }
      size = size + 1
    end
  end
  return wants, size
end
local function ahead(held, wants, lease, holder)
  local mine, own, found = placesOf(held, holder), wants[lease], 0
  for other, want in pairs(wants) do
    if other ~= lease then
      local theirs = placesOf(held, want.holder)
      local first = not own or want.since < own.since or (want.since == own.since and other < lease)
      if theirs < mine or (theirs == mine and first) then found = found + 1 end
    end
  end
  return found
end
local function isOwed(held, wants, limit, lease, holder)
  local holders, known, wanted = 0, {}, 0
  local function meet(name)
    if not known[name] then known[name] = true; holders = holders + 1 end
  end
  meet(holder)
  for _, name in ipairs(redis.call('HKEYS', held)) do meet(name) end
  for other, want in pairs(wants) do
    meet(want.holder)
    if want.holder == holder and other ~= lease then wanted = wanted + 1 end
  end
  return limit > 0 and placesOf(held, holder) + wanted < math.max(1, math.floor(limit / holders))
end

local fits, free, debts, standings = true, true, {}, {}
for i = 1, rates do
  local key, limit, window, amount = rateAt(i)
  local debt, at = debtOf(key, limit)
  local remaining, reset, wait = standing(limit, window, debt, amount)
  if wait > 0 then fits = false end
  -- The clock went back: from here on the debt is paid off by the new one.
  if at > now then write(key, limit, debt) end
  debts[i], standings[i] = debt, { remaining, reset, wait }
end
local answers, mayWait = {}, true
for i = 1, slots do
  local leases, held, wanted, limit, lease, holder = slotAt(i)
  lapse(leases, held)
  local wants, size = standingWants(wanted)
  local answer = 'full'
  if limit - redis.call('ZCARD', leases) > ahead(held, wants, lease, holder) then
    answer = 'free'
  else
    free = false
    if isOwed(held, wants, limit, lease, holder) then answer = 'owed' elseif patience ~= 'any' then mayWait = false end
  end
  answers[i] = { answer, wants, size }
end

local admitted = fits and free
local wanting = not admitted and fits and mayWait and patience ~= 'none'
local reply = { 0, 0 }
for i = 1, rates do
  local remaining, reset, wait = unpack(standings[i])
  if admitted then
    local key, limit, window, amount = rateAt(i)
    local debt = math.max(0, debts[i] + amount * window)
    write(key, limit, debt)
    remaining, reset = standing(limit, window, debt, 0)
    wait = 0
  end
  reply[#reply + 1], reply[#reply + 2], reply[#reply + 3] = remaining, reset, wait
end
for i = 1, slots do
  local leases, held, wanted, limit, lease, holder = slotAt(i)
  local answer, wants, size = unpack(answers[i])
  if admitted then
    if size > 0 then redis.call('HDEL', wanted, lease) end
    occupy(leases, held, lease, holder, leaseMs)
  elseif wanting and answer ~= 'free' then
    local known = wants[lease]
    if known or size < math.max(limit, 100) then
      local since = known and known.since or now
      redis.call('HSET', wanted, lease, string.format('%.0f %.0f %s', since, now + wantMs, holder))
      redis.call('PEXPIRE', wanted, wantMs + 5000)
    else
      wanting = false
    end
  end
  reply[#reply + 1] = redis.call('ZCARD', leases)
  reply[#reply + 1] = answer == 'free' and 0 or 1
end
reply[1], reply[2] = admitted and 1 or 0, wanting and 1 or 0
return reply
`)

/** KEYS: one a change. ARGV: now; for each change limit, window ms, amount, most (empty for no bound). */
export const CORRECT = new Script(`${NOW}${RATE}
for i = 1, #KEYS do
  local at = 1 + (i - 1) * 4
  local limit, window, amount, most = tonumber(ARGV[at + 1]), tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3]), tonumber(ARGV[at + 4])
  local debt = math.max(0, debtOf(KEYS[i], limit) + amount * window)
  if most then debt = math.min(debt, most * window) end
  write(KEYS[i], limit, debt)
end
`)

/** KEYS: leases, held and wants of each slot. ARGV: now, lease ms; for each slot lease, holder. */
export const HOLD = new Script(`${NOW}${SLOTS}
for i = 1, #KEYS, 3 do
  local at = 2 + (i - 1) / 3 * 2
  lapse(KEYS[i], KEYS[i + 1])
  occupy(KEYS[i], KEYS[i + 1], ARGV[at + 1], ARGV[at + 2], tonumber(ARGV[2]))
  redis.call('HDEL', KEYS[i + 2], ARGV[at + 1])
end
`)

/** KEYS: leases, held and wants of each slot. ARGV: now; for each slot lease, holder. */
export const RELEASE = new Script(`${NOW}${SLOTS}
for i = 1, #KEYS, 3 do
  local at = 1 + (i - 1) / 3 * 2
  if redis.call('ZREM', KEYS[i], ARGV[at + 1] .. '\\n' .. ARGV[at + 2]) == 1 then count(KEYS[i + 1], ARGV[at + 2], -1) end
  redis.call('HDEL', KEYS[i + 2], ARGV[at + 1])
end
`)

/** KEYS: one a look: a rate, or the leases of a slot. ARGV: now; for each look the rate's limit, or empty for a slot. Gives debts and places. Writes nothing. */
export const PEEK = new Script(`${NOW}${RATE}
local reply = {}
for i = 1, #KEYS do
  local limit = tonumber(ARGV[1 + i])
  if limit then
    reply[i] = string.format('%.0f', (debtOf(KEYS[i], limit)))
  else
    reply[i] = redis.call('ZCOUNT', KEYS[i], string.format('(%.0f', now), '+inf')
  end
end
return reply
`)

/** KEYS: instances. ARGV: now, instance, ms that it counts as alive. Gives how many are. */
export const BEAT = new Script(`${NOW}
redis.call('ZADD', KEYS[1], string.format('%.0f', now + tonumber(ARGV[3])), ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now))
redis.call('PEXPIRE', KEYS[1], ARGV[3])
return redis.call('ZCARD', KEYS[1])
`)

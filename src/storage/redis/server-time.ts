/** Lua that begins a script with the time as `now`, in ms: the server's own, so that instances need not agree on one; a number in ARGV[1] is taken instead, for tests. */
export const NOW = `
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = tonumber(time[1]) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
`

-- Charges one unit to each of KEYS, if all of them have room, by GCRA. `steward_domain::rate_limit::gcra` is the same
-- algorithm in Rust. Returns, for each key, the microseconds that had not drained before.
--
-- ARGV: the time in microseconds since the epoch, or '' for the time of this server, which all processes share; the
-- milliseconds to keep a key after it has drained; then, for each key, its interval and capacity in microseconds.
--
-- A value consists of the instant at which the key drains, a point, and the distance of that instant from the time of
-- the write, in microseconds. Read as one number, it is the instant.
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local function keep(key, after)
  -- By default, Lua writes only 14 of the 16 digits of an instant.
  local value = string.format('%.0f.%.0f', now + after, after)
  redis.call('SET', key, value, 'PX', math.ceil(after / 1000) + ARGV[2])
end
local stored = redis.call('MGET', unpack(KEYS))
local filled, granted, set_back = {}, true, {}
for i = 1, #KEYS do
  local interval, capacity = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  local instant, after = string.match(stored[i] or '', '^(%d+)%.?(%d*)$')
  local ahead = (tonumber(instant or '') or 0) - now
  after = tonumber(after or '')
  if after and ahead > after then
    -- The clock was set back after the write. The undrained part is at most what it was then.
    ahead = after
    set_back[i] = after
  end
  filled[i] = math.min(math.max(ahead, 0), capacity)
  granted = granted and filled[i] + interval <= capacity
end
for i, key in ipairs(KEYS) do
  if granted then
    keep(key, filled[i] + ARGV[2 * i + 1])
  elseif set_back[i] then
    -- Otherwise the key would not drain until the clock has caught up.
    keep(key, set_back[i])
  end
end
return filled

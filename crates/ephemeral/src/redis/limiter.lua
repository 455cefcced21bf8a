-- Charges one to each of KEYS, if there is room in all of them, by GCRA: steward_domain::rate_limit::gcra says the same
-- in Rust. Answers, for each key, how many microseconds were yet to drain before.
--
-- ARGV: now in microseconds since the epoch, or '' for the time of this server, which is one clock for every process;
-- milliseconds to keep a key for after it has drained; then, for each key, its interval and capacity in microseconds.
--
-- A key holds the instant at which it drains, and behind a point how many microseconds that was ahead of the write.
-- Whoever reads it as one number gets the instant.
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local function keep(key, after)
  -- Lua by itself would write 14 digits of the instant's 16.
  local value = string.format('%.0f.%.0f', now + after, after)
  redis.call('SET', key, value, 'PX', math.ceil(after / 1000) + ARGV[2])
end
local kept = redis.call('MGET', unpack(KEYS))
local filled, granted, set_back = {}, true, {}
for i = 1, #KEYS do
  local interval, capacity = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  local instant, after = string.match(kept[i] or '', '^(%d+)%.?(%d*)$')
  local ahead = (tonumber(instant or '') or 0) - now
  after = tonumber(after or '')
  if after and ahead > after then
    -- It was written in the future: the clock was set back since. No more is to drain than was then.
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
    -- Or it would begin to drain only when the clock has caught up.
    keep(key, set_back[i])
  end
end
return filled

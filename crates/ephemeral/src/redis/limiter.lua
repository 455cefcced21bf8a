-- Charges one to each of KEYS, if there is room in all of them, by GCRA: steward_domain::rate_limit::gcra says the same
-- in Rust. Answers, for each key, how many microseconds were yet to drain before.
--
-- ARGV: now in microseconds since the epoch, or '' for the time of this server, which is one clock for every process;
-- milliseconds to keep a key for after it has drained; then, for each key, its interval and capacity in microseconds.
local now = tonumber(ARGV[1])
if not now then
  local time = redis.call('TIME')
  now = time[1] * 1000000 + time[2]
end
local kept = redis.call('MGET', unpack(KEYS))
local filled, granted = {}, true
for i = 1, #KEYS do
  local interval, capacity = tonumber(ARGV[2 * i + 1]), tonumber(ARGV[2 * i + 2])
  filled[i] = math.min(math.max((tonumber(kept[i] or '') or 0) - now, 0), capacity)
  granted = granted and filled[i] + interval <= capacity
end
if granted then
  for i, key in ipairs(KEYS) do
    local after = filled[i] + ARGV[2 * i + 1]
    -- Lua by itself would write 14 digits of the instant's 16.
    redis.call('SET', key, string.format('%.0f', now + after), 'PX', math.ceil(after / 1000) + ARGV[2])
  end
end
return filled

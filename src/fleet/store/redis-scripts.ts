/*
 * Lua for the operations that must be atomic. Redis runs a script as a whole, and answers when all of it is in its log. A
 * document is a field of its collection's hash: its version, a line feed, its text.
 */

const common = `
local prefix = ARGV[1]
local function now() local t = redis.call('TIME') return t[1] * 1000 + math.floor(t[2] / 1000) end
local function docs(collection) return prefix .. ':docs:' .. collection end
local function split(value)
  local at = string.find(value, '\\n', 1, true)
  return tonumber(string.sub(value, 1, at - 1)), string.sub(value, at + 1)
end
local function version(at)
  local value = redis.call('HGET', docs(at.collection), at.key)
  if not value then return 0 end
  return (split(value))
end
local function read(addresses, answer)
  for _, at in ipairs(addresses) do
    local value = redis.call('HGET', docs(at[1]), at[2])
    table.insert(answer, value or false)
  end
  return answer
end
`;

/** ARGV: prefix, schema version. Returns the schema that there is. */
export const openScript = `
local there = redis.call('GET', ARGV[1])
if there then return there end
redis.call('SET', ARGV[1], ARGV[2])
return ARGV[2]
`;

/** ARGV: prefix, addresses. Returns the time and the values. */
export const readScript = `${common}
return read(cjson.decode(ARGV[2]), { now() })
`;

/** ARGV: prefix, collection. Returns keys and values in turn. */
export const listScript = `${common}
return redis.call('HGETALL', docs(ARGV[2]))
`;

/** ARGV: prefix, the change. Returns 1 when it was written. */
export const writeScript = `${common}
local change = cjson.decode(ARGV[2])
for _, at in ipairs(change.expect or {}) do
  if version(at) ~= at.version then return 0 end
end
for _, hash in ipairs(change.needs or {}) do
  if redis.call('HEXISTS', prefix .. ':artifacts', hash) == 0 then return 0 end
end
for _, at in ipairs(change.put or {}) do
  redis.call('HSET', docs(at.collection), at.key, string.format('%d', version(at) + 1) .. '\\n' .. at.text)
end
for _, at in ipairs(change.remove or {}) do redis.call('HDEL', docs(at.collection), at.key) end
for _, collection in ipairs(change.clear or {}) do redis.call('DEL', docs(collection)) end
for _, hash in ipairs(change.drop or {}) do
  redis.call('HDEL', prefix .. ':artifacts', hash)
  redis.call('DEL', prefix .. ':artifact:' .. hash)
end
if change.hint then redis.call('PUBLISH', prefix .. ':hints', change.hint) end
return 1
`;

/** ARGV: prefix, the beat, addresses. Returns the time, whether it was kept, and the values. */
export const beatScript = `${common}
local beat = cjson.decode(ARGV[2])
local members = prefix .. ':members'
local kept = 1
if not beat.take then
  local before = redis.call('HGET', members, beat.id)
  if not before or cjson.decode(before).incarnation ~= beat.incarnation then kept = 0 end
end
if kept == 1 then
  local row = { incarnation = beat.incarnation, text = beat.text, expires = string.format('%.0f', now() + beat.lease) }
  redis.call('HSET', members, beat.id, cjson.encode(row))
end
redis.call('PUBLISH', prefix .. ':echo:' .. beat.id, '')
return read(cjson.decode(ARGV[3]), { now(), kept })
`;

/** ARGV: prefix. Returns the time, then ids and rows in turn. */
export const leasesScript = `${common}
local answer = { now() }
for _, value in ipairs(redis.call('HGETALL', prefix .. ':members')) do table.insert(answer, value) end
return answer
`;

/** ARGV: prefix, id, incarnation. */
export const leaveScript = `${common}
local row = redis.call('HGET', prefix .. ':members', ARGV[2])
if row and cjson.decode(row).incarnation == ARGV[3] then redis.call('HDEL', prefix .. ':members', ARGV[2]) end
return 1
`;

/** ARGV: prefix, id, time. */
export const forgetScript = `${common}
local row = redis.call('HGET', prefix .. ':members', ARGV[2])
if row and tonumber(cjson.decode(row).expires) < tonumber(ARGV[3]) then redis.call('HDEL', prefix .. ':members', ARGV[2]) end
return 1
`;

/** ARGV: prefix, key of the uploaded bytes, hash, size. */
export const keepArtifactScript = `${common}
redis.call('RENAME', ARGV[2], prefix .. ':artifact:' .. ARGV[3])
redis.call('PERSIST', prefix .. ':artifact:' .. ARGV[3])
redis.call('HSET', prefix .. ':artifacts', ARGV[3], ARGV[4])
return 1
`;

-- The keys by which sign-in attempts and open sessions are found. Null in rows of an earlier release, which a background
-- task completes.
--
-- address_key: the family and the bits of the address as hexadecimal digits, so that a network is one range of an index.
-- device_key: the name of the device in lower case.
ALTER TABLE sign_in_events
    ADD COLUMN address_key varchar(40) COLLATE "C",
    ADD COLUMN device_key varchar(100) COLLATE "C";
ALTER TABLE sessions
    ADD COLUMN address_key varchar(40) COLLATE "C",
    ADD COLUMN device_key varchar(100) COLLATE "C";

-- Attempts newest first: all, and those that pass a filter. idx_sign_in_events_user serves the attempts of a user.
CREATE INDEX IF NOT EXISTS idx_sign_in_events_time ON sign_in_events (at, id);
CREATE INDEX IF NOT EXISTS idx_sign_in_events_outcome ON sign_in_events (outcome, at, id);
CREATE INDEX IF NOT EXISTS idx_sign_in_events_address ON sign_in_events (address_key, at, id);
CREATE INDEX IF NOT EXISTS idx_sign_in_events_device ON sign_in_events (device_key, at, id);
-- idx_sign_in_events_time begins with the same column.
DROP INDEX idx_sign_in_events_at;

-- Open sessions from a network or on a device.
CREATE INDEX IF NOT EXISTS idx_sessions_open_address ON sessions (address_key, created_at, id) WHERE ended_at IS NULL;
CREATE INDEX IF NOT EXISTS idx_sessions_open_device ON sessions (device_key, created_at, id) WHERE ended_at IS NULL;

-- Rows without keys.
CREATE INDEX IF NOT EXISTS idx_sign_in_events_without_keys ON sign_in_events (id) WHERE device_key IS NULL;
CREATE INDEX IF NOT EXISTS idx_sessions_without_keys ON sessions (id) WHERE device_key IS NULL AND ended_at IS NULL;

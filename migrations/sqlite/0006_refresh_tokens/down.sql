DROP TABLE refresh_tokens;
DROP INDEX idx_sessions_open_from;
DROP INDEX idx_sessions_open_of_user;
DROP INDEX idx_sessions_open;
ALTER TABLE sessions DROP COLUMN last_seen_at;
ALTER TABLE sessions DROP COLUMN ends_at;

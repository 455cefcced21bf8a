-- The absolute end of a session, which a refresh does not change. Null for sessions of the release before, which have
-- no refresh token and end at expires_at.
ALTER TABLE sessions ADD COLUMN ends_at TEXT;
-- Written at intervals; null means the time of the sign-in.
ALTER TABLE sessions ADD COLUMN last_seen_at TEXT;

-- Sessions that have not ended, newest first: of all users, of one user, from one address. Most rows of the table have
-- ended and are purged later.
CREATE INDEX idx_sessions_open ON sessions (created_at DESC, id DESC) WHERE ended_at IS NULL;
CREATE INDEX idx_sessions_open_of_user ON sessions (user_id, created_at DESC, id DESC) WHERE ended_at IS NULL;
CREATE INDEX idx_sessions_open_from ON sessions (ip_address, created_at DESC, id DESC) WHERE ended_at IS NULL;

-- Tokens are stored as SHA-256, so that a reader of the table cannot use them. A used token remains as long as its
-- session, so that a second use is detected.
CREATE TABLE refresh_tokens (
    token_hash BLOB NOT NULL PRIMARY KEY,
    session_id INTEGER NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    used_at TEXT,
    -- The token that it was exchanged for.
    successor_hash BLOB,

    CONSTRAINT valid_token_hash CHECK (length(token_hash) = 32),
    CONSTRAINT used_for_a_successor CHECK ((used_at IS NULL) = (successor_hash IS NULL))
) STRICT, WITHOUT ROWID;
CREATE INDEX idx_refresh_tokens_session_id ON refresh_tokens (session_id);

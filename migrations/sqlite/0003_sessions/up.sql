-- One row per sign-in. The public id has 128 random bits, so that sessions can be neither guessed nor counted.
CREATE TABLE sessions (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    sid BLOB NOT NULL,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    expires_at TEXT NOT NULL,
    ended_at TEXT,
    ip_address TEXT,
    user_agent TEXT,
    -- The time at which it ended or will expire, by which it is purged.
    over_at TEXT NOT NULL GENERATED ALWAYS AS (min(expires_at, coalesce(ended_at, expires_at))) STORED,

    CONSTRAINT valid_sid CHECK (length(sid) = 16)
) STRICT;
CREATE UNIQUE INDEX idx_sessions_sid ON sessions (sid);
CREATE INDEX idx_sessions_user_id ON sessions (user_id);
CREATE INDEX idx_sessions_over_at ON sessions (over_at);

-- Tokens are stored as hashes, so that a reader of the table cannot use them.
CREATE TABLE password_reset_tokens (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    expires_at TEXT NOT NULL,
    used_at TEXT
) STRICT;
CREATE UNIQUE INDEX idx_password_reset_tokens_token_hash ON password_reset_tokens (token_hash);
CREATE INDEX idx_password_reset_tokens_user_id ON password_reset_tokens (user_id);

CREATE TABLE user_profiles (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    phone TEXT,
    avatar_url TEXT,
    bio TEXT,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now'))
) STRICT;
CREATE UNIQUE INDEX idx_user_profiles_user_id ON user_profiles (user_id);

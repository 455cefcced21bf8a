-- A session's absolute end, which no refresh moves. Empty for those of the release before, which have no refresh token
-- and end at expires_at.
ALTER TABLE sessions ADD COLUMN ends_at timestamptz;
-- Written now and then; empty until the first time, which is the sign-in.
ALTER TABLE sessions ADD COLUMN last_seen_at timestamptz;

-- Sessions that have not been ended, newest first: of everybody, of one user, from one address. Most of the table has
-- ended and waits to be removed.
CREATE INDEX idx_sessions_open ON sessions (created_at DESC, id DESC) WHERE ended_at IS NULL;
CREATE INDEX idx_sessions_open_of_user ON sessions (user_id, created_at DESC, id DESC) WHERE ended_at IS NULL;
CREATE INDEX idx_sessions_open_from ON sessions (ip_address, created_at DESC, id DESC) WHERE ended_at IS NULL;

-- Tokens are kept as SHA-256: who reads the table cannot use them. One that was used stays as long as its session, so
-- that a second use is noticed.
CREATE TABLE refresh_tokens (
    token_hash bytea PRIMARY KEY,
    session_id bigint NOT NULL REFERENCES sessions (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    used_at timestamptz,
    -- What it was exchanged for.
    successor_hash bytea,

    CONSTRAINT valid_token_hash CHECK (octet_length(token_hash) = 32),
    CONSTRAINT used_for_a_successor CHECK ((used_at IS NULL) = (successor_hash IS NULL))
);
CREATE INDEX idx_refresh_tokens_session_id ON refresh_tokens (session_id);

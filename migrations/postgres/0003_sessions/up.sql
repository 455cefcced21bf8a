-- One row per sign-in. The public id has 128 random bits, so that sessions can be neither guessed nor counted.
CREATE TABLE sessions (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sid bytea NOT NULL,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    ended_at timestamptz,
    ip_address varchar(50),
    user_agent text,
    -- The time at which it ended or will expire, by which it is purged.
    over_at timestamptz NOT NULL GENERATED ALWAYS AS (LEAST(expires_at, ended_at)) STORED,

    CONSTRAINT valid_sid CHECK (octet_length(sid) = 16)
);
CREATE UNIQUE INDEX idx_sessions_sid ON sessions (sid);
CREATE INDEX idx_sessions_user_id ON sessions (user_id);
CREATE INDEX idx_sessions_over_at ON sessions (over_at);

-- Tokens are stored as hashes, so that a reader of the table cannot use them.
CREATE TABLE password_reset_tokens (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    token_hash bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz NOT NULL,
    used_at timestamptz
);
CREATE UNIQUE INDEX idx_password_reset_tokens_token_hash ON password_reset_tokens (token_hash);
CREATE INDEX idx_password_reset_tokens_user_id ON password_reset_tokens (user_id);

CREATE TABLE user_profiles (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    phone varchar(50),
    avatar_url text,
    bio text,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE UNIQUE INDEX idx_user_profiles_user_id ON user_profiles (user_id);

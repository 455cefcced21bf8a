-- Who guesses at which account. `source` is a device, a session or a network; '' stands for all unknown ones together.
-- No foreign key: an id that is nobody's is guarded like any other, so that nobody learns from it which ids exist.
CREATE TABLE login_failures (
    account varchar(100) COLLATE "C" NOT NULL,
    source varchar(60) COLLATE "C" NOT NULL,
    -- Counted before a password is compared, and taken back if it is right.
    failures integer NOT NULL,
    last_failure timestamptz NOT NULL,
    locked_until timestamptz,
    -- Whether the lock has turned anybody away, which is kept among sign_in_events once per lock.
    turned_away boolean NOT NULL DEFAULT false,
    -- When it began to be of no interest: what counting and cleaning up go by.
    over_at timestamptz NOT NULL GENERATED ALWAYS AS (GREATEST(last_failure, locked_until)) STORED,

    PRIMARY KEY (account, source)
);
CREATE INDEX idx_login_failures_over_at ON login_failures (over_at);

-- Every attempt to sign in. What was typed for an id is kept nowhere, unless it is a user's: people type passwords.
CREATE TABLE sign_in_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    user_id bigint REFERENCES users (id) ON DELETE CASCADE,
    outcome varchar(10) COLLATE "C" NOT NULL,
    reason varchar(30) COLLATE "C",
    session bytea,
    -- An IPv4 address, or the /64 of an IPv6 address: what one person has all addresses of.
    network varchar(50) COLLATE "C" NOT NULL,
    ip_address varchar(50),
    user_agent text,

    CONSTRAINT valid_outcome CHECK (outcome IN ('success', 'failure')),
    CONSTRAINT valid_reason CHECK ((outcome = 'failure') = (reason IS NOT NULL))
);
CREATE INDEX idx_sign_in_events_user ON sign_in_events (user_id, at, id);
CREATE INDEX idx_sign_in_events_at ON sign_in_events (at);
-- Whether a user has signed in from there before.
CREATE INDEX idx_sign_in_events_known ON sign_in_events (user_id, network, at) WHERE outcome = 'success';

-- Sessions that are over, in the order in which they ended.
CREATE INDEX idx_sessions_user_over ON sessions (user_id, over_at, id);

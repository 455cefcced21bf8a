-- Failed attempts by account and source. `source` is a device, a session or a network; '' means all unknown ones. No
-- foreign key: unknown ids are locked like any others, so that a lock does not reveal which ids exist.
CREATE TABLE login_failures (
    account varchar(100) COLLATE "C" NOT NULL,
    source varchar(60) COLLATE "C" NOT NULL,
    -- Incremented before a password is compared, and decremented if it is correct.
    failures integer NOT NULL,
    last_failure timestamptz NOT NULL,
    locked_until timestamptz,
    -- Whether the lock has refused an attempt, which is recorded in sign_in_events once per lock.
    turned_away boolean NOT NULL DEFAULT false,
    -- The time since which it no longer counts, by which it is purged.
    over_at timestamptz NOT NULL GENERATED ALWAYS AS (GREATEST(last_failure, locked_until)) STORED,

    PRIMARY KEY (account, source)
);
CREATE INDEX idx_login_failures_over_at ON login_failures (over_at);

-- Every sign-in attempt. An id that is not a user's is not stored, because it may be a mistyped password.
CREATE TABLE sign_in_events (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL,
    user_id bigint REFERENCES users (id) ON DELETE CASCADE,
    outcome varchar(10) COLLATE "C" NOT NULL,
    reason varchar(30) COLLATE "C",
    session bytea,
    -- An IPv4 address, or the /64 network of an IPv6 address, all of which one person may have.
    network varchar(50) COLLATE "C" NOT NULL,
    ip_address varchar(50),
    user_agent text,

    CONSTRAINT valid_outcome CHECK (outcome IN ('success', 'failure')),
    CONSTRAINT valid_reason CHECK ((outcome = 'failure') = (reason IS NOT NULL))
);
CREATE INDEX idx_sign_in_events_user ON sign_in_events (user_id, at, id);
CREATE INDEX idx_sign_in_events_at ON sign_in_events (at);
-- Whether a user has signed in from a network before.
CREATE INDEX idx_sign_in_events_known ON sign_in_events (user_id, network, at) WHERE outcome = 'success';

-- Sessions that are over, in the order of their ends.
CREATE INDEX idx_sessions_user_over ON sessions (user_id, over_at, id);

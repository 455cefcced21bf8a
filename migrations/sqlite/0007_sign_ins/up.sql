-- Failed attempts by account and source. `source` is a device, a session or a network; '' means all unknown ones. No
-- foreign key: unknown ids are locked like any others, so that a lock does not reveal which ids exist.
CREATE TABLE login_failures (
    account TEXT NOT NULL,
    source TEXT NOT NULL,
    -- Incremented before a password is compared, and decremented if it is correct.
    failures INTEGER NOT NULL,
    last_failure TEXT NOT NULL,
    locked_until TEXT,
    -- Whether the lock has refused an attempt, which is recorded in sign_in_events once per lock.
    turned_away INTEGER NOT NULL DEFAULT FALSE,
    -- The time since which it no longer counts, by which it is purged.
    over_at TEXT NOT NULL GENERATED ALWAYS AS (max(last_failure, coalesce(locked_until, last_failure))) STORED,

    PRIMARY KEY (account, source),
    CONSTRAINT valid_turned_away CHECK (turned_away IN (0, 1)),
    CONSTRAINT valid_last_failure CHECK (last_failure GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT valid_locked_until CHECK (locked_until GLOB '????-??-??T??:??:??.??????Z')
) STRICT;
CREATE INDEX idx_login_failures_over_at ON login_failures (over_at);

-- Every sign-in attempt. An id that is not a user's is not stored, because it may be a mistyped password.
CREATE TABLE sign_in_events (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    at TEXT NOT NULL,
    user_id INTEGER REFERENCES users (id) ON DELETE CASCADE,
    outcome TEXT NOT NULL,
    reason TEXT,
    session BLOB,
    -- An IPv4 address, or the /64 network of an IPv6 address, all of which one person may have.
    network TEXT NOT NULL,
    ip_address TEXT,
    user_agent TEXT,

    CONSTRAINT valid_outcome CHECK (outcome IN ('success', 'failure')),
    CONSTRAINT valid_reason CHECK ((outcome = 'failure') = (reason IS NOT NULL)),
    CONSTRAINT valid_at CHECK (at GLOB '????-??-??T??:??:??.??????Z')
) STRICT;
CREATE INDEX idx_sign_in_events_user ON sign_in_events (user_id, at, id);
CREATE INDEX idx_sign_in_events_at ON sign_in_events (at);
-- Whether a user has signed in from a network before.
CREATE INDEX idx_sign_in_events_known ON sign_in_events (user_id, network, at) WHERE outcome = 'success';

-- Sessions that are over, in the order of their ends.
CREATE INDEX idx_sessions_user_over ON sessions (user_id, over_at, id);

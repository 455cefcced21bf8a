ALTER TABLE users ADD COLUMN email_verified_at TEXT
    CONSTRAINT valid_email_verified_at CHECK (email_verified_at GLOB '????-??-??T??:??:??.??????Z');
ALTER TABLE users ADD COLUMN locale TEXT;

-- Single-use links in mails. The token of a link is derived from its id with a key, so a copy of this table contains no
-- token that works.
CREATE TABLE account_links (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    link_id BLOB NOT NULL,
    purpose TEXT NOT NULL,
    user_id INTEGER REFERENCES users (id) ON DELETE CASCADE,
    address TEXT NOT NULL,
    token_hash BLOB NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    used_at TEXT,
    superseded_at TEXT,

    CONSTRAINT valid_created_at CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT valid_expires_at CHECK (expires_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT valid_used_at CHECK (used_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT valid_superseded_at CHECK (superseded_at GLOB '????-??-??T??:??:??.??????Z')
) STRICT;
CREATE UNIQUE INDEX idx_account_links_link_id ON account_links (link_id);
CREATE UNIQUE INDEX idx_account_links_token_hash ON account_links (token_hash);
CREATE INDEX idx_account_links_user ON account_links (user_id, purpose);
CREATE INDEX idx_account_links_address ON account_links (address, purpose);
CREATE INDEX idx_account_links_expires_at ON account_links (expires_at);

-- Mails that changes have caused. A mail has no text: the process that sends it renders the content.
CREATE TABLE outbox (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    -- The notice of a deletion outlives the user.
    user_id INTEGER REFERENCES users (id) ON DELETE SET NULL,
    address TEXT NOT NULL,
    name TEXT,
    locale TEXT,
    -- Values for the text, as JSON. Deleted when the mail is sent or cancelled.
    content TEXT,
    link_id BLOB,
    state TEXT NOT NULL DEFAULT 'queued',
    attempts INTEGER NOT NULL DEFAULT 0,
    last_error TEXT,
    created_at TEXT NOT NULL,
    -- When the next attempt is due; during an attempt, when its claim ends.
    next_attempt_at TEXT,
    sent_at TEXT,
    -- When the mail left the queue, by which it is purged.
    over_at TEXT,

    CONSTRAINT valid_state CHECK (state IN ('queued', 'sent', 'failed', 'cancelled')),
    CONSTRAINT valid_next_attempt CHECK ((state = 'queued') = (next_attempt_at IS NOT NULL)),
    CONSTRAINT valid_over CHECK ((state = 'queued') = (over_at IS NULL)),
    CONSTRAINT valid_created_at CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT valid_next_attempt_at CHECK (next_attempt_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT valid_sent_at CHECK (sent_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT valid_over_at CHECK (over_at GLOB '????-??-??T??:??:??.??????Z')
) STRICT;
CREATE INDEX idx_outbox_due ON outbox (next_attempt_at, id) WHERE state = 'queued';
-- A recipient gets mails in order, and a limited number of them.
CREATE INDEX idx_outbox_queued ON outbox (address, id) WHERE state = 'queued';
CREATE INDEX idx_outbox_sent ON outbox (address, sent_at) WHERE state = 'sent';
CREATE INDEX idx_outbox_oldest ON outbox (created_at) WHERE state = 'queued';
CREATE INDEX idx_outbox_state ON outbox (state, id);
CREATE INDEX idx_outbox_over_at ON outbox (over_at) WHERE over_at IS NOT NULL;
CREATE INDEX idx_outbox_user ON outbox (user_id, id);

-- Requests to reset a forgotten password. A request is stored without a look at the accounts, so it takes equally long
-- for every id and address. A task resolves it.
CREATE TABLE password_reset_requests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT,
    email TEXT,
    locale TEXT,
    ip_address TEXT,
    user_agent TEXT,
    requested_at TEXT NOT NULL,

    CONSTRAINT valid_identifier CHECK ((user_id IS NULL) <> (email IS NULL)),
    CONSTRAINT valid_requested_at CHECK (requested_at GLOB '????-??-??T??:??:??.??????Z')
) STRICT;

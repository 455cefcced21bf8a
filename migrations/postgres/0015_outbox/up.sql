ALTER TABLE users ADD COLUMN email_verified_at timestamptz, ADD COLUMN locale varchar(35) COLLATE "C";

-- Single-use links in mails. The token of a link is derived from its id with a key, so a copy of this table contains no
-- token that works.
CREATE TABLE account_links (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    link_id bytea NOT NULL,
    purpose varchar(30) COLLATE "C" NOT NULL,
    user_id bigint REFERENCES users (id) ON DELETE CASCADE,
    address varchar(255) COLLATE "C" NOT NULL,
    token_hash bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    used_at timestamptz,
    superseded_at timestamptz
);
CREATE UNIQUE INDEX idx_account_links_link_id ON account_links (link_id);
CREATE UNIQUE INDEX idx_account_links_token_hash ON account_links (token_hash);
CREATE INDEX idx_account_links_user ON account_links (user_id, purpose);
CREATE INDEX idx_account_links_address ON account_links (address, purpose);
CREATE INDEX idx_account_links_expires_at ON account_links (expires_at);

-- Mails that changes have caused. A mail has no text: the process that sends it renders the content.
CREATE TABLE outbox (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind varchar(40) COLLATE "C" NOT NULL,
    -- The notice of a deletion outlives the user.
    user_id bigint REFERENCES users (id) ON DELETE SET NULL,
    address varchar(255) COLLATE "C" NOT NULL,
    name varchar(100),
    locale varchar(35) COLLATE "C",
    -- Values for the text, as JSON. Deleted when the mail is sent or cancelled.
    content text,
    link_id bytea,
    state varchar(10) COLLATE "C" NOT NULL DEFAULT 'queued',
    attempts integer NOT NULL DEFAULT 0,
    last_error text,
    created_at timestamptz NOT NULL,
    -- When the next attempt is due; during an attempt, when its claim ends.
    next_attempt_at timestamptz,
    sent_at timestamptz,
    -- When the mail left the queue, by which it is purged.
    over_at timestamptz,

    CONSTRAINT valid_state CHECK (state IN ('queued', 'sent', 'failed', 'cancelled')),
    CONSTRAINT valid_next_attempt CHECK ((state = 'queued') = (next_attempt_at IS NOT NULL)),
    CONSTRAINT valid_over CHECK ((state = 'queued') = (over_at IS NULL))
);
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
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    user_id varchar(100) COLLATE "C",
    email varchar(255) COLLATE "C",
    locale varchar(35) COLLATE "C",
    ip_address varchar(50),
    user_agent text,
    requested_at timestamptz NOT NULL,

    CONSTRAINT valid_identifier CHECK ((user_id IS NULL) <> (email IS NULL))
);

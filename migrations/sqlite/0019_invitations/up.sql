CREATE TABLE invitations (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    address TEXT NOT NULL,
    role TEXT NOT NULL,
    -- Copies, because the invitation outlives the administrator.
    inviter_id TEXT NOT NULL,
    inviter_name TEXT NOT NULL,
    -- The last link that was sent. No foreign key, because expired links are purged.
    link_id BLOB NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    accepted_at TEXT,
    revoked_at TEXT,
    -- The account that was created. The address is personal data, so it goes with the account.
    user_id INTEGER REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT valid_role CHECK (role IN ('user', 'admin', 'super_admin')),
    CONSTRAINT valid_end CHECK (accepted_at IS NULL OR revoked_at IS NULL),
    CONSTRAINT valid_user CHECK ((user_id IS NULL) = (accepted_at IS NULL)),
    CONSTRAINT valid_created_at CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT valid_expires_at CHECK (expires_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT valid_accepted_at CHECK (accepted_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT valid_revoked_at CHECK (revoked_at GLOB '????-??-??T??:??:??.??????Z')
) STRICT;
CREATE UNIQUE INDEX idx_invitations_link_id ON invitations (link_id);
CREATE INDEX idx_invitations_address ON invitations (address) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX idx_invitations_user ON invitations (user_id) WHERE user_id IS NOT NULL;
-- An erasure removes the name of an inviter.
CREATE INDEX idx_invitations_inviter ON invitations (lower(inviter_id));
-- One index for each state that a list shows; the open ones are pending or expired.
CREATE INDEX idx_invitations_open ON invitations (id, expires_at) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX idx_invitations_accepted ON invitations (id) WHERE accepted_at IS NOT NULL;
CREATE INDEX idx_invitations_revoked ON invitations (id) WHERE revoked_at IS NOT NULL;

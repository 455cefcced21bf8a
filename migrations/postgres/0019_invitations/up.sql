CREATE TABLE invitations (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    address varchar(255) COLLATE "C" NOT NULL,
    role varchar(20) NOT NULL,
    -- Copies, because the invitation outlives the administrator.
    inviter_id varchar(100) NOT NULL,
    inviter_name varchar(100) NOT NULL,
    -- The last link that was sent. No foreign key, because expired links are purged.
    link_id bytea NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    accepted_at timestamptz,
    revoked_at timestamptz,
    -- The account that was created. The address is personal data, so it goes with the account.
    user_id bigint REFERENCES users (id) ON DELETE CASCADE,

    CONSTRAINT valid_role CHECK (role IN ('user', 'admin', 'super_admin')),
    CONSTRAINT valid_end CHECK (accepted_at IS NULL OR revoked_at IS NULL),
    CONSTRAINT valid_user CHECK ((user_id IS NULL) = (accepted_at IS NULL))
);
CREATE UNIQUE INDEX idx_invitations_link_id ON invitations (link_id);
CREATE INDEX idx_invitations_address ON invitations (address) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX idx_invitations_user ON invitations (user_id) WHERE user_id IS NOT NULL;
-- An erasure removes the name of an inviter.
CREATE INDEX idx_invitations_inviter ON invitations (lower(inviter_id));
-- One index for each state that a list shows; the open ones are pending or expired.
CREATE INDEX idx_invitations_open ON invitations (id, expires_at) WHERE accepted_at IS NULL AND revoked_at IS NULL;
CREATE INDEX idx_invitations_accepted ON invitations (id) WHERE accepted_at IS NOT NULL;
CREATE INDEX idx_invitations_revoked ON invitations (id) WHERE revoked_at IS NOT NULL;

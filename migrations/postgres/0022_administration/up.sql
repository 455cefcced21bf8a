-- Whether the user of a deleted account may restore it: not after an administrator has deactivated it.
ALTER TABLE users ADD COLUMN is_restorable boolean NOT NULL DEFAULT true;

ALTER TABLE invitations
    -- The language of the mail.
    ADD COLUMN locale varchar(35) COLLATE "C",
    -- When an invitation expires that was not accepted, by which it is purged. An accepted one goes with its account.
    ADD COLUMN over_at timestamptz GENERATED ALWAYS AS (CASE WHEN accepted_at IS NULL THEN expires_at END) STORED;
CREATE INDEX idx_invitations_over_at ON invitations (over_at) WHERE over_at IS NOT NULL;

-- Whether the user of a deleted account may restore it: not after an administrator has deactivated it.
ALTER TABLE users ADD COLUMN is_restorable INTEGER NOT NULL DEFAULT TRUE
    CONSTRAINT valid_is_restorable CHECK (is_restorable IN (0, 1));

-- The language of the mail.
ALTER TABLE invitations ADD COLUMN locale TEXT;
-- When an invitation expires that was not accepted, by which it is purged. An accepted one goes with its account.
ALTER TABLE invitations ADD COLUMN over_at TEXT
    GENERATED ALWAYS AS (CASE WHEN accepted_at IS NULL THEN expires_at END) VIRTUAL;
CREATE INDEX idx_invitations_over_at ON invitations (over_at) WHERE over_at IS NOT NULL;

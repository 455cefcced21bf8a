DROP INDEX idx_invitations_over_at;
ALTER TABLE invitations DROP COLUMN over_at;
ALTER TABLE invitations DROP COLUMN locale;
ALTER TABLE users DROP COLUMN is_restorable;

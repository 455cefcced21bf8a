DROP INDEX idx_outbox_user;
CREATE INDEX idx_outbox_user ON outbox (user_id, id);
DROP INDEX idx_outbox_queued;
ALTER TABLE outbox DROP COLUMN is_recovery;
CREATE INDEX idx_outbox_queued ON outbox (address, id) WHERE state = 'queued';

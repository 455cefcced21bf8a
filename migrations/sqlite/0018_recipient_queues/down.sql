DROP INDEX idx_outbox_due;
ALTER TABLE outbox DROP COLUMN is_waiting;
CREATE INDEX idx_outbox_due ON outbox (next_attempt_at, id) WHERE state = 'queued';
CREATE INDEX idx_outbox_oldest ON outbox (created_at) WHERE state = 'queued';

-- Whether a mail waits for an older one to the same address. Claims read only mails that do not wait, so 100,000 mails
-- to one address cost a claim no more than one.
ALTER TABLE outbox ADD COLUMN is_waiting boolean NOT NULL DEFAULT FALSE;
DROP INDEX idx_outbox_due;
CREATE INDEX idx_outbox_due ON outbox (is_waiting, next_attempt_at, id) WHERE state = 'queued';
-- The oldest queued mail is the first one of idx_outbox_state.
DROP INDEX idx_outbox_oldest;

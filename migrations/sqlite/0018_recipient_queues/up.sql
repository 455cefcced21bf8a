-- Whether a mail waits for an older one to the same address. Claims read only mails that do not wait, so 100,000 mails
-- to one address cost a claim no more than one.
ALTER TABLE outbox ADD COLUMN is_waiting INTEGER NOT NULL DEFAULT FALSE
    CONSTRAINT valid_is_waiting CHECK (is_waiting IN (0, 1));
DROP INDEX idx_outbox_due;
CREATE INDEX idx_outbox_due ON outbox (is_waiting, next_attempt_at, id) WHERE state = 'queued';
-- The oldest queued mail is the first one of idx_outbox_state.
DROP INDEX idx_outbox_oldest;
-- Without statistics, SQLite uses the newest of several indexes that seem equal: these, and not idx_outbox_state.
DROP INDEX idx_outbox_queued;
CREATE INDEX idx_outbox_queued ON outbox (address, id) WHERE state = 'queued';

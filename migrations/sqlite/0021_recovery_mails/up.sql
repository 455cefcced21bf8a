-- Whether the mail lets the owner regain the account. Such mails have a queue of their own to each address, so that other
-- mails do not delay them. A process of an earlier release queues them with the others.
ALTER TABLE outbox ADD COLUMN is_recovery INTEGER NOT NULL DEFAULT FALSE
    CONSTRAINT valid_is_recovery CHECK (is_recovery IN (0, 1));
DROP INDEX idx_outbox_queued;
CREATE INDEX idx_outbox_queued ON outbox (address, is_recovery, id) WHERE state = 'queued';
-- The mails in the timeline of a user. Other queries for the mails of a user need no order by id.
DROP INDEX idx_outbox_user;
CREATE INDEX idx_outbox_user ON outbox (user_id, created_at, id);

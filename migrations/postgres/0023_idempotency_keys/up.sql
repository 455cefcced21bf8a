-- Keys of requests that may be repeated, with the first answer (draft-ietf-httpapi-idempotency-key-header).
CREATE TABLE idempotency_keys (
    -- The hash of the caller, the route and the key.
    key_hash bytea PRIMARY KEY,
    caller bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- A hash of the request under a key of the services, because a body may have a password.
    fingerprint bytea NOT NULL,
    -- When a request that stored no answer counts as failed.
    lease_expires_at timestamptz NOT NULL,
    -- Encrypted by the service. NULL while the first request runs.
    answer bytea,
    expires_at timestamptz NOT NULL,

    CONSTRAINT valid_key_hash CHECK (length(key_hash) = 32)
);
CREATE INDEX idx_idempotency_keys_caller ON idempotency_keys (caller);
CREATE INDEX idx_idempotency_keys_expires_at ON idempotency_keys (expires_at);

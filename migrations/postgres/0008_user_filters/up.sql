-- Users without a sign-in, newest first. Those with one are a range of idx_users_last_login.
CREATE INDEX idx_users_never_signed_in ON users (created_at DESC, id DESC) WHERE last_login IS NULL;

-- Locked accounts: the few rows at the end of the index.
CREATE INDEX idx_login_failures_locked_until ON login_failures (locked_until, account) WHERE locked_until IS NOT NULL;

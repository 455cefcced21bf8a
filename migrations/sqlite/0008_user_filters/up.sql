-- Who never signed in, newest first. Who has is a range of idx_users_last_login.
CREATE INDEX idx_users_never_signed_in ON users (created_at DESC, id DESC) WHERE last_login IS NULL;

-- Whom somebody is locked out of right now: the few rows at the end of it.
CREATE INDEX idx_login_failures_locked_until ON login_failures (locked_until, account) WHERE locked_until IS NOT NULL;

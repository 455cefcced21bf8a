DROP TABLE password_reset_requests;
DROP TABLE outbox;
DROP TABLE account_links;
ALTER TABLE users DROP COLUMN email_verified_at;
ALTER TABLE users DROP COLUMN locale;

DROP INDEX idx_users_spellings;

DROP INDEX idx_sessions_user_over;
DROP TABLE sign_in_events;
DROP TABLE login_failures;

DROP TABLE user_profiles;
DROP TABLE password_reset_tokens;
DROP TABLE sessions;

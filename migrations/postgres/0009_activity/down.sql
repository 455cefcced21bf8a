DROP TRIGGER user_activity_count_updated ON user_activity;
DROP TRIGGER user_activity_count_inserted ON user_activity;
DROP FUNCTION count_active_users;
DROP TRIGGER sign_in_events_count_inserted ON sign_in_events;
DROP FUNCTION count_sign_ins;
DROP TABLE active_users;
DROP TABLE user_activity;
DROP TABLE sign_in_counts;

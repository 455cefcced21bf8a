DROP TRIGGER user_activity_count_moved;
DROP TRIGGER user_activity_count_inserted;
DROP TRIGGER sign_in_events_count_inserted;
DROP TABLE active_users;
DROP TABLE user_activity;
DROP TABLE sign_in_counts;

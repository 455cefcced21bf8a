DROP TABLE user_avatars;
ALTER TABLE user_profiles DROP COLUMN department;
ALTER TABLE user_profiles DROP COLUMN title;
ALTER TABLE user_profiles DROP COLUMN time_zone;
ALTER TABLE user_profiles DROP COLUMN attributes;

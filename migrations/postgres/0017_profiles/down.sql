DROP TABLE user_avatars;
ALTER TABLE user_profiles
    DROP COLUMN department, DROP COLUMN title, DROP COLUMN time_zone, DROP COLUMN attributes;

ALTER TABLE user_profiles ADD COLUMN department TEXT;
ALTER TABLE user_profiles ADD COLUMN title TEXT;
ALTER TABLE user_profiles ADD COLUMN time_zone TEXT;
-- A JSON object. No query reads a part of it.
ALTER TABLE user_profiles ADD COLUMN attributes TEXT;

-- Pictures, apart from the profiles so that these stay small.
CREATE TABLE user_avatars (
    user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    image BLOB NOT NULL,
    content_type TEXT NOT NULL,
    hash TEXT NOT NULL,
    updated_at TEXT NOT NULL,

    CONSTRAINT valid_updated_at CHECK (updated_at GLOB '????-??-??T??:??:??.??????Z')
) STRICT;

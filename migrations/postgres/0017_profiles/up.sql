ALTER TABLE user_profiles
    ADD COLUMN department varchar(100),
    ADD COLUMN title varchar(100),
    ADD COLUMN time_zone varchar(64) COLLATE "C",
    -- A JSON object. No query reads a part of it.
    ADD COLUMN attributes text;

-- Pictures, apart from the profiles so that these stay small.
CREATE TABLE user_avatars (
    user_id bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    image bytea NOT NULL,
    content_type varchar(20) COLLATE "C" NOT NULL,
    hash varchar(32) COLLATE "C" NOT NULL,
    updated_at timestamptz NOT NULL
);

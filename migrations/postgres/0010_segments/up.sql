-- Filters of the user list that an administrator has saved under a name. Others do not see them.
CREATE TABLE segments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(60) NOT NULL,
    -- The name, folded by the service, because the databases fold differently. Names are unique and sorted by it.
    name_key text COLLATE "C" NOT NULL,
    query varchar(1000) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT valid_name CHECK (name <> '')
);
CREATE UNIQUE INDEX idx_segments_owner_name ON segments (owner, name_key);

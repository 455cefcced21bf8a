-- Filters of the user list that administrators keep under a name, each for themself.
CREATE TABLE segments (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    owner bigint NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name varchar(60) NOT NULL,
    -- The name in one case, folded by the service: databases do not agree on how. Names are unique and sorted by it.
    name_key text COLLATE "C" NOT NULL,
    query varchar(1000) NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    updated_at timestamptz NOT NULL DEFAULT now(),

    CONSTRAINT valid_name CHECK (name <> '')
);
CREATE UNIQUE INDEX idx_segments_owner_name ON segments (owner, name_key);

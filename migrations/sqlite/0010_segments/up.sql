-- Filters of the user list that an administrator has saved under a name. Others do not see them.
CREATE TABLE segments (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    owner INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    -- The name, folded by the service, because the databases fold differently. Names are unique and sorted by it.
    name_key TEXT NOT NULL,
    query TEXT NOT NULL,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),

    CONSTRAINT valid_name CHECK (length(name) BETWEEN 1 AND 60),
    CONSTRAINT valid_query CHECK (length(query) <= 1000),
    CONSTRAINT valid_created_at CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT valid_updated_at CHECK (updated_at GLOB '????-??-??T??:??:??.??????Z')
) STRICT;
CREATE UNIQUE INDEX idx_segments_owner_name ON segments (owner, name_key);

-- The process that runs each background task that one process of many runs.
CREATE TABLE task_leases (
    name TEXT PRIMARY KEY NOT NULL,
    holder TEXT NOT NULL,
    expires_at TEXT NOT NULL,

    CONSTRAINT valid_expires_at CHECK (expires_at GLOB '????-??-??T??:??:??.??????Z')
) STRICT;

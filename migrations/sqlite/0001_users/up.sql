-- The guide's table. Times are texts of one width, so that they sort as instants. Ids are never reused, not even those
-- of deleted users.
CREATE TABLE users (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id TEXT NOT NULL,
    email TEXT NOT NULL,
    name TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    role TEXT NOT NULL DEFAULT 'user',
    is_active INTEGER NOT NULL DEFAULT TRUE,
    must_change_password INTEGER NOT NULL DEFAULT FALSE,
    created_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    updated_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')),
    last_login TEXT,

    CONSTRAINT valid_role CHECK (role IN ('user', 'admin', 'super_admin')),
    CONSTRAINT valid_is_active CHECK (is_active IN (0, 1)),
    CONSTRAINT valid_must_change_password CHECK (must_change_password IN (0, 1)),
    CONSTRAINT valid_created_at CHECK (created_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT valid_updated_at CHECK (updated_at GLOB '????-??-??T??:??:??.??????Z'),
    CONSTRAINT valid_last_login CHECK (last_login GLOB '????-??-??T??:??:??.??????Z'),
    -- Addresses are in lower case, so a plain unique index ignores case.
    CONSTRAINT valid_email CHECK (email = lower(email))
) STRICT;

-- User ids that differ in case only are the same. Both columns are unique, so as sort keys they need no id.
CREATE UNIQUE INDEX idx_users_user_id ON users (lower(user_id));
CREATE UNIQUE INDEX idx_users_email ON users (email);

-- Each list is a range of one of these indexes, in either direction: the filter, the sort key, the id for equal keys.
CREATE INDEX idx_users_role ON users (role, created_at DESC, id DESC);
CREATE INDEX idx_users_is_active ON users (is_active, created_at DESC, id DESC);
CREATE INDEX idx_users_created_at ON users (created_at DESC, id DESC);
CREATE INDEX idx_users_name ON users (name, id);
CREATE INDEX idx_users_last_login ON users (coalesce(last_login, '1970-01-01T00:00:00.000000Z'), id);
-- Administrators have two roles, which idx_users_role returns one after the other and not in the order of the list.
CREATE INDEX idx_users_administrators ON users (created_at DESC, id DESC) WHERE role <> 'user';

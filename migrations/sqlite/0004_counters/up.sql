-- Totals, maintained by triggers, so that they are correct for every program that writes. The slots are for the
-- concurrent writers of PostgreSQL; SQLite has one writer at a time, and every slot is 0.
CREATE TABLE user_counts (
    role TEXT NOT NULL,
    is_active INTEGER NOT NULL,
    slot INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (role, is_active, slot)
) STRICT, WITHOUT ROWID;

-- Registrations by hour (UTC).
CREATE TABLE user_registrations (
    hour TEXT NOT NULL,
    slot INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (hour, slot)
) STRICT, WITHOUT ROWID;

-- The number of insertions, changes and deletions of users so far, without sign-ins. While it stays the same, so does
-- the result of every query of users; after n more changes, no number of matches has decreased by more than n.
CREATE TABLE user_changes (
    slot INTEGER PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT;

CREATE TABLE audit_counts (
    slot INTEGER PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT;

CREATE TRIGGER users_count_inserted AFTER INSERT ON users
BEGIN
    INSERT INTO user_counts (role, is_active, slot, count) VALUES (NEW.role, NEW.is_active, 0, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO user_registrations (hour, slot, count)
        VALUES (substr(NEW.created_at, 1, 13) || ':00:00.000000Z', 0, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO user_changes (slot, count) VALUES (0, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER users_count_deleted AFTER DELETE ON users
BEGIN
    INSERT INTO user_counts (role, is_active, slot, count) VALUES (OLD.role, OLD.is_active, 0, -1)
        ON CONFLICT DO UPDATE SET count = count - 1;
    INSERT INTO user_registrations (hour, slot, count)
        VALUES (substr(OLD.created_at, 1, 13) || ':00:00.000000Z', 0, -1)
        ON CONFLICT DO UPDATE SET count = count - 1;
    INSERT INTO user_changes (slot, count) VALUES (0, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER users_count_changed AFTER UPDATE OF id, user_id, email, name, role, is_active ON users
BEGIN
    INSERT INTO user_counts (role, is_active, slot, count) VALUES (OLD.role, OLD.is_active, 0, -1)
        ON CONFLICT DO UPDATE SET count = count - 1;
    INSERT INTO user_counts (role, is_active, slot, count) VALUES (NEW.role, NEW.is_active, 0, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO user_changes (slot, count) VALUES (0, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER users_count_moved AFTER UPDATE OF created_at ON users
BEGIN
    INSERT INTO user_registrations (hour, slot, count)
        VALUES (substr(OLD.created_at, 1, 13) || ':00:00.000000Z', 0, -1)
        ON CONFLICT DO UPDATE SET count = count - 1;
    INSERT INTO user_registrations (hour, slot, count)
        VALUES (substr(NEW.created_at, 1, 13) || ':00:00.000000Z', 0, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER audit_logs_count_inserted AFTER INSERT ON audit_logs
BEGIN
    INSERT INTO audit_counts (slot, count) VALUES (0, 1) ON CONFLICT DO UPDATE SET count = count + 1;
END;

-- No program reads the counter of changes any more: it validated the pages of searches that a process kept. No release
-- contains a program that reads it, so this migration drops it without waiting for the next release.
DROP TRIGGER users_count_changed;
DROP TRIGGER users_count_deleted;
DROP TRIGGER users_count_inserted;
DROP TABLE user_changes;

CREATE TRIGGER users_count_inserted AFTER INSERT ON users
BEGIN
    INSERT INTO user_counts (role, is_active, slot, count) VALUES (NEW.role, NEW.is_active, 0, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO user_registrations (hour, slot, count)
        VALUES (substr(NEW.created_at, 1, 13) || ':00:00.000000Z', 0, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER users_count_deleted AFTER DELETE ON users
BEGIN
    INSERT INTO user_counts (role, is_active, slot, count) VALUES (OLD.role, OLD.is_active, 0, -1)
        ON CONFLICT DO UPDATE SET count = count - 1;
    INSERT INTO user_registrations (hour, slot, count)
        VALUES (substr(OLD.created_at, 1, 13) || ':00:00.000000Z', 0, -1)
        ON CONFLICT DO UPDATE SET count = count - 1;
END;

CREATE TRIGGER users_count_changed AFTER UPDATE OF role, is_active ON users
BEGIN
    INSERT INTO user_counts (role, is_active, slot, count) VALUES (OLD.role, OLD.is_active, 0, -1)
        ON CONFLICT DO UPDATE SET count = count - 1;
    INSERT INTO user_counts (role, is_active, slot, count) VALUES (NEW.role, NEW.is_active, 0, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;

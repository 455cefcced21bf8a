-- Totals, maintained by triggers, so that they are correct for every program that writes, and exact in every snapshot.
-- Each number is the sum of 16 slots, about one per backend, so that writers do not wait for one row. Upserts are in
-- the order of the keys, so that two writers in one slot cannot deadlock.
CREATE TABLE user_counts (
    role varchar(20) NOT NULL,
    is_active boolean NOT NULL,
    slot smallint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (role, is_active, slot)
) WITH (fillfactor = 50);

-- Registrations by hour (UTC).
CREATE TABLE user_registrations (
    hour timestamptz NOT NULL,
    slot smallint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (hour, slot)
) WITH (fillfactor = 50);

-- The number of insertions, changes and deletions of users so far, without sign-ins. While it stays the same, so does
-- the result of every query of users; after n more changes, no number of matches has decreased by more than n.
CREATE TABLE user_changes (
    slot smallint PRIMARY KEY,
    count bigint NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE audit_counts (
    slot smallint PRIMARY KEY,
    count bigint NOT NULL
) WITH (fillfactor = 50);

-- Per statement: an INSERT of a million users changes a few counters once.
CREATE FUNCTION count_users() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    my_slot CONSTANT smallint := pg_backend_pid() % 16;
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        INSERT INTO user_counts AS kept (role, is_active, slot, count)
            SELECT role, is_active, my_slot, count(*) FROM added
            GROUP BY role, is_active ORDER BY role, is_active
            ON CONFLICT (role, is_active, slot) DO UPDATE SET count = kept.count + excluded.count;
        INSERT INTO user_registrations AS kept (hour, slot, count)
            SELECT date_trunc('hour', created_at, 'UTC') AS hour, my_slot, count(*) FROM added
            GROUP BY hour ORDER BY hour
            ON CONFLICT (hour, slot) DO UPDATE SET count = kept.count + excluded.count;
        INSERT INTO user_changes AS kept (slot, count)
            SELECT my_slot, count(*) FROM added HAVING count(*) > 0
            ON CONFLICT (slot) DO UPDATE SET count = kept.count + excluded.count;
    WHEN 'DELETE' THEN
        INSERT INTO user_counts AS kept (role, is_active, slot, count)
            SELECT role, is_active, my_slot, -count(*) FROM removed
            GROUP BY role, is_active ORDER BY role, is_active
            ON CONFLICT (role, is_active, slot) DO UPDATE SET count = kept.count + excluded.count;
        INSERT INTO user_registrations AS kept (hour, slot, count)
            SELECT date_trunc('hour', created_at, 'UTC') AS hour, my_slot, -count(*) FROM removed
            GROUP BY hour ORDER BY hour
            ON CONFLICT (hour, slot) DO UPDATE SET count = kept.count + excluded.count;
        INSERT INTO user_changes AS kept (slot, count)
            SELECT my_slot, count(*) FROM removed HAVING count(*) > 0
            ON CONFLICT (slot) DO UPDATE SET count = kept.count + excluded.count;
    WHEN 'UPDATE' THEN
        INSERT INTO user_counts AS kept (role, is_active, slot, count)
            SELECT role, is_active, my_slot, sum(change) FROM (
                SELECT role, is_active, 1 AS change FROM added
                UNION ALL SELECT role, is_active, -1 FROM removed
            ) AS changes
            GROUP BY role, is_active HAVING sum(change) <> 0 ORDER BY role, is_active
            ON CONFLICT (role, is_active, slot) DO UPDATE SET count = kept.count + excluded.count;
        INSERT INTO user_registrations AS kept (hour, slot, count)
            SELECT hour, my_slot, sum(change) FROM (
                SELECT date_trunc('hour', created_at, 'UTC') AS hour, 1 AS change FROM added
                UNION ALL SELECT date_trunc('hour', created_at, 'UTC'), -1 FROM removed
            ) AS changes
            GROUP BY hour HAVING sum(change) <> 0 ORDER BY hour
            ON CONFLICT (hour, slot) DO UPDATE SET count = kept.count + excluded.count;
        INSERT INTO user_changes AS kept (slot, count)
            SELECT my_slot, count(*) FROM removed AS before
            WHERE NOT EXISTS (
                SELECT FROM added
                WHERE (added.id, added.user_id, added.email, added.name, added.role, added.is_active)
                    = (before.id, before.user_id, before.email, before.name, before.role, before.is_active)
            )
            HAVING count(*) > 0
            ON CONFLICT (slot) DO UPDATE SET count = kept.count + excluded.count;
    ELSE
        INSERT INTO user_changes AS kept (slot, count)
            SELECT my_slot, coalesce(sum(count), 0) FROM user_counts
            ON CONFLICT (slot) DO UPDATE SET count = kept.count + excluded.count;
        DELETE FROM user_counts;
        DELETE FROM user_registrations;
    END CASE;
    RETURN NULL;
END
$$;
CREATE TRIGGER users_count_inserted AFTER INSERT ON users
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_users();
CREATE TRIGGER users_count_deleted AFTER DELETE ON users
    REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION count_users();
CREATE TRIGGER users_count_updated AFTER UPDATE ON users
    REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_users();
CREATE TRIGGER users_count_truncated AFTER TRUNCATE ON users
    FOR EACH STATEMENT EXECUTE FUNCTION count_users();

-- Hypertables have no transition tables, and an upsert per row would create ten million versions of one row in one
-- statement. So the rows are counted in a setting of the transaction, and the counter is written once.
CREATE FUNCTION count_audit_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM set_config('steward.audit_rows',
        (coalesce(nullif(current_setting('steward.audit_rows', true), ''), '0')::bigint + 1)::text, true);
    RETURN NULL;
END
$$;
CREATE FUNCTION count_audit_rows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    added CONSTANT bigint := coalesce(nullif(current_setting('steward.audit_rows', true), ''), '0');
BEGIN
    IF added > 0 THEN
        PERFORM set_config('steward.audit_rows', '0', true);
        INSERT INTO audit_counts AS kept (slot, count) VALUES (pg_backend_pid() % 16, added)
            ON CONFLICT (slot) DO UPDATE SET count = kept.count + excluded.count;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER audit_logs_count_row AFTER INSERT ON audit_logs
    FOR EACH ROW EXECUTE FUNCTION count_audit_row();
CREATE TRIGGER audit_logs_count_rows AFTER INSERT ON audit_logs
    FOR EACH STATEMENT EXECUTE FUNCTION count_audit_rows();

-- No program reads the counter of changes any more: it validated the pages of searches that a process kept. No release
-- contains a program that reads it, so this migration drops it without waiting for the next release.
CREATE OR REPLACE FUNCTION count_users() RETURNS trigger LANGUAGE plpgsql AS $$
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
    WHEN 'DELETE' THEN
        INSERT INTO user_counts AS kept (role, is_active, slot, count)
            SELECT role, is_active, my_slot, -count(*) FROM removed
            GROUP BY role, is_active ORDER BY role, is_active
            ON CONFLICT (role, is_active, slot) DO UPDATE SET count = kept.count + excluded.count;
        INSERT INTO user_registrations AS kept (hour, slot, count)
            SELECT date_trunc('hour', created_at, 'UTC') AS hour, my_slot, -count(*) FROM removed
            GROUP BY hour ORDER BY hour
            ON CONFLICT (hour, slot) DO UPDATE SET count = kept.count + excluded.count;
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
    ELSE
        DELETE FROM user_counts;
        DELETE FROM user_registrations;
    END CASE;
    RETURN NULL;
END
$$;

DROP TABLE user_changes;

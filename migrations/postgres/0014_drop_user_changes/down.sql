-- The counter starts at zero again; only its changes matter.
CREATE TABLE user_changes (
    slot smallint PRIMARY KEY,
    count bigint NOT NULL
) WITH (fillfactor = 50);

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

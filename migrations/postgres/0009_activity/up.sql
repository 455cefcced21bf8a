-- Activity counters, so that no query counts rows. They are written in the transaction of the events, in slots as in
-- 0004_counters. They are history: purging sign-in attempts or deleting a user does not decrement them. Days, weeks and
-- months are in UTC.

-- Sign-in attempts by hour.
CREATE TABLE sign_in_counts (
    hour timestamptz NOT NULL,
    slot smallint NOT NULL,
    successes bigint NOT NULL,
    failures bigint NOT NULL,
    PRIMARY KEY (hour, slot)
) WITH (fillfactor = 50);

-- The last day on which a user was active. It only increases. Its old value shows in which periods the user is new, so
-- a user counts once in each, and no row is needed for each day of each user.
CREATE TABLE user_activity (
    user_id bigint PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    last_day date NOT NULL
) WITH (fillfactor = 80);

-- The number of active users in a day, a week (from Monday) or a month, by its first day; and `latest`: the number of
-- users whose last active day it is. The sum of the last 7 or 30 is the number of users who were active in them.
CREATE TABLE active_users (
    period varchar(10) COLLATE "C" NOT NULL,
    day date NOT NULL,
    slot smallint NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (period, day, slot),

    CONSTRAINT valid_period CHECK (period IN ('day', 'week', 'month', 'latest'))
) WITH (fillfactor = 50);

-- A user who signs in is active. All writers lock rows in one order: counts of attempts, users by id, counts of users.
CREATE FUNCTION count_sign_ins() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO sign_in_counts AS kept (hour, slot, successes, failures)
        SELECT date_trunc('hour', at, 'UTC') AS hour, pg_backend_pid() % 16,
            count(*) FILTER (WHERE outcome = 'success'), count(*) FILTER (WHERE outcome = 'failure')
        FROM added GROUP BY hour ORDER BY hour
        ON CONFLICT (hour, slot) DO UPDATE
            SET successes = kept.successes + excluded.successes, failures = kept.failures + excluded.failures;
    INSERT INTO user_activity AS kept (user_id, last_day)
        SELECT seen.user_id, seen.day FROM (
            SELECT user_id, max((at AT TIME ZONE 'UTC')::date) AS day FROM added
            WHERE outcome = 'success' AND user_id IS NOT NULL GROUP BY user_id
        ) AS seen
        -- The second sign-in of a day must not lock rows that it does not change.
        WHERE NOT EXISTS (
            SELECT FROM user_activity AS known WHERE known.user_id = seen.user_id AND known.last_day >= seen.day
        )
        ORDER BY seen.user_id
        ON CONFLICT (user_id) DO UPDATE SET last_day = excluded.last_day WHERE kept.last_day < excluded.last_day;
    RETURN NULL;
END
$$;
-- The trigger blocks other writers until the end of this transaction, so that the statements below miss no row.
CREATE TRIGGER sign_in_events_count_inserted AFTER INSERT ON sign_in_events
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_sign_ins();

CREATE FUNCTION count_active_users() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    my_slot CONSTANT smallint := pg_backend_pid() % 16;
BEGIN
    CASE TG_OP
    WHEN 'INSERT' THEN
        INSERT INTO active_users AS kept (period, day, slot, count)
            SELECT period, first_day, my_slot, count(*) FROM (
                SELECT 'day' AS period, last_day AS first_day FROM added
                UNION ALL SELECT 'week', date_trunc('week', last_day::timestamp)::date FROM added
                UNION ALL SELECT 'month', date_trunc('month', last_day::timestamp)::date FROM added
                UNION ALL SELECT 'latest', last_day FROM added
            ) AS changes
            GROUP BY period, first_day ORDER BY period COLLATE "C", first_day
            ON CONFLICT (period, day, slot) DO UPDATE SET count = kept.count + excluded.count;
    ELSE
        INSERT INTO active_users AS kept (period, day, slot, count)
            WITH moved AS (
                SELECT added.last_day, removed.last_day AS before,
                    date_trunc('week', added.last_day::timestamp)::date AS week,
                    date_trunc('month', added.last_day::timestamp)::date AS month
                FROM added JOIN removed USING (user_id) WHERE added.last_day > removed.last_day
            )
            SELECT period, first_day, my_slot, sum(change) FROM (
                SELECT 'day' AS period, last_day AS first_day, 1 AS change FROM moved
                UNION ALL SELECT 'week', week, 1 FROM moved WHERE before < week
                UNION ALL SELECT 'month', month, 1 FROM moved WHERE before < month
                UNION ALL SELECT 'latest', last_day, 1 FROM moved
                UNION ALL SELECT 'latest', before, -1 FROM moved
            ) AS changes
            GROUP BY period, first_day HAVING sum(change) <> 0 ORDER BY period COLLATE "C", first_day
            ON CONFLICT (period, day, slot) DO UPDATE SET count = kept.count + excluded.count;
    END CASE;
    RETURN NULL;
END
$$;

-- Earlier activity: the stored attempts, and the sessions of attempts that have been purged.
INSERT INTO sign_in_counts (hour, slot, successes, failures)
    SELECT date_trunc('hour', at, 'UTC') AS hour, 0,
        count(*) FILTER (WHERE outcome = 'success'), count(*) FILTER (WHERE outcome = 'failure')
    FROM sign_in_events GROUP BY hour;
CREATE UNLOGGED TABLE seen_before AS
    SELECT user_id, (at AT TIME ZONE 'UTC')::date AS day FROM sign_in_events
        WHERE outcome = 'success' AND user_id IS NOT NULL
    UNION SELECT user_id, (created_at AT TIME ZONE 'UTC')::date FROM sessions
    UNION SELECT user_id, (last_seen_at AT TIME ZONE 'UTC')::date FROM sessions WHERE last_seen_at IS NOT NULL;
INSERT INTO user_activity (user_id, last_day) SELECT user_id, max(day) FROM seen_before GROUP BY user_id;
INSERT INTO active_users (period, day, slot, count)
    SELECT 'day', day, 0, count(DISTINCT user_id) FROM seen_before GROUP BY day
    UNION ALL
    SELECT 'week', date_trunc('week', day::timestamp)::date AS week, 0, count(DISTINCT user_id)
        FROM seen_before GROUP BY week
    UNION ALL
    SELECT 'month', date_trunc('month', day::timestamp)::date AS month, 0, count(DISTINCT user_id)
        FROM seen_before GROUP BY month
    UNION ALL
    SELECT 'latest', last_day, 0, count(*) FROM user_activity GROUP BY last_day;
DROP TABLE seen_before;

CREATE TRIGGER user_activity_count_inserted AFTER INSERT ON user_activity
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_active_users();
CREATE TRIGGER user_activity_count_updated AFTER UPDATE ON user_activity
    REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION count_active_users();

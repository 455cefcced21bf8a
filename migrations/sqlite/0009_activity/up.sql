-- Activity counters, so that no query counts rows. They are written in the transaction of the events, in slots as in
-- 0004_counters. They are history: purging sign-in attempts or deleting a user does not decrement them. Days, weeks and
-- months are in UTC.

-- Sign-in attempts by hour.
CREATE TABLE sign_in_counts (
    hour TEXT NOT NULL,
    slot INTEGER NOT NULL,
    successes INTEGER NOT NULL,
    failures INTEGER NOT NULL,
    PRIMARY KEY (hour, slot)
) STRICT, WITHOUT ROWID;

-- The last day on which a user was active. It only increases. Its old value shows in which periods the user is new, so
-- a user counts once in each, and no row is needed for each day of each user.
CREATE TABLE user_activity (
    user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE,
    last_day TEXT NOT NULL,

    CONSTRAINT valid_last_day CHECK (last_day GLOB '????-??-??')
) STRICT;

-- The number of active users in a day, a week (from Monday) or a month, by its first day; and `latest`: the number of
-- users whose last active day it is. The sum of the last 7 or 30 is the number of users who were active in them.
CREATE TABLE active_users (
    period TEXT NOT NULL,
    day TEXT NOT NULL,
    slot INTEGER NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (period, day, slot),

    CONSTRAINT valid_period CHECK (period IN ('day', 'week', 'month', 'latest'))
) STRICT, WITHOUT ROWID;

-- Earlier activity: the stored attempts, and the sessions of attempts that have been purged.
INSERT INTO sign_in_counts (hour, slot, successes, failures)
    SELECT substr(at, 1, 13) || ':00:00.000000Z' AS the_hour, 0, sum(outcome = 'success'), sum(outcome = 'failure')
    FROM sign_in_events GROUP BY the_hour;
CREATE TEMPORARY TABLE seen_before AS
    SELECT user_id, substr(at, 1, 10) AS day FROM sign_in_events WHERE outcome = 'success' AND user_id IS NOT NULL
    UNION SELECT user_id, substr(created_at, 1, 10) FROM sessions
    UNION SELECT user_id, substr(last_seen_at, 1, 10) FROM sessions WHERE last_seen_at IS NOT NULL;
INSERT INTO user_activity (user_id, last_day) SELECT user_id, max(day) FROM seen_before GROUP BY user_id;
INSERT INTO active_users (period, day, slot, count)
    SELECT 'day', day, 0, count(DISTINCT user_id) FROM seen_before GROUP BY day
    UNION ALL
    SELECT 'week', date(day, 'weekday 0', '-6 days') AS week, 0, count(DISTINCT user_id)
        FROM seen_before GROUP BY week
    UNION ALL
    SELECT 'month', date(day, 'start of month') AS month, 0, count(DISTINCT user_id)
        FROM seen_before GROUP BY month
    UNION ALL
    SELECT 'latest', last_day, 0, count(*) FROM user_activity GROUP BY last_day;
DROP TABLE temp.seen_before;

-- A user who signs in is active.
CREATE TRIGGER sign_in_events_count_inserted AFTER INSERT ON sign_in_events
BEGIN
    INSERT INTO sign_in_counts (hour, slot, successes, failures)
        VALUES (substr(NEW.at, 1, 13) || ':00:00.000000Z', 0, NEW.outcome = 'success', NEW.outcome = 'failure')
        ON CONFLICT DO UPDATE SET successes = successes + excluded.successes, failures = failures + excluded.failures;
    INSERT INTO user_activity (user_id, last_day)
        SELECT NEW.user_id, substr(NEW.at, 1, 10) WHERE NEW.outcome = 'success' AND NEW.user_id IS NOT NULL
        ON CONFLICT DO UPDATE SET last_day = excluded.last_day WHERE last_day < excluded.last_day;
END;

CREATE TRIGGER user_activity_count_inserted AFTER INSERT ON user_activity
BEGIN
    INSERT INTO active_users (period, day, slot, count) VALUES
        ('day', NEW.last_day, 0, 1),
        ('week', date(NEW.last_day, 'weekday 0', '-6 days'), 0, 1),
        ('month', date(NEW.last_day, 'start of month'), 0, 1),
        ('latest', NEW.last_day, 0, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
END;

CREATE TRIGGER user_activity_count_moved AFTER UPDATE OF last_day ON user_activity WHEN NEW.last_day > OLD.last_day
BEGIN
    INSERT INTO active_users (period, day, slot, count) VALUES ('day', NEW.last_day, 0, 1), ('latest', NEW.last_day, 0, 1)
        ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO active_users (period, day, slot, count)
        SELECT 'week', date(NEW.last_day, 'weekday 0', '-6 days'), 0, 1
        WHERE OLD.last_day < date(NEW.last_day, 'weekday 0', '-6 days')
        ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO active_users (period, day, slot, count)
        SELECT 'month', date(NEW.last_day, 'start of month'), 0, 1
        WHERE OLD.last_day < date(NEW.last_day, 'start of month')
        ON CONFLICT DO UPDATE SET count = count + 1;
    INSERT INTO active_users (period, day, slot, count) VALUES ('latest', OLD.last_day, 0, -1)
        ON CONFLICT DO UPDATE SET count = count - 1;
END;

-- No foreign key: entries remain after their users are deleted. The key begins with the time, because a hypertable
-- requires it, and because the audit trail is read in this order.
CREATE TABLE audit_logs (
    id bigint GENERATED ALWAYS AS IDENTITY,
    timestamp timestamptz NOT NULL DEFAULT now(),
    admin_id varchar(100) COLLATE "C" NOT NULL,
    admin_name varchar(100) NOT NULL,
    action varchar(50) COLLATE "C" NOT NULL,
    target varchar(100) COLLATE "C",
    details text,
    ip_address varchar(50),
    user_agent text,

    PRIMARY KEY (timestamp, id)
);

-- With TimescaleDB the audit trail becomes a hypertable. Creating the extension on a server that does not preload it
-- would end the connection; the setting of its loader exists if it is preloaded.
DO $$
DECLARE
    timescale text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'timescaledb') THEN
        IF current_setting('timescaledb.disable_load', true) IS NULL
            OR NOT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'timescaledb')
        THEN
            RETURN;
        END IF;
        CREATE EXTENSION timescaledb;
        COMMENT ON EXTENSION timescaledb IS 'created by Steward';
    END IF;
    -- Its schema may not be on the search path.
    SELECT quote_ident(nspname) INTO timescale
        FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'timescaledb';
    EXECUTE format($create$
        SELECT %s.create_hypertable('audit_logs', 'timestamp', create_default_indexes => false,
            chunk_time_interval => interval '1 month')
    $create$, timescale);
EXCEPTION WHEN OTHERS THEN
    RAISE NOTICE 'audit_logs stays an ordinary table: %', SQLERRM;
END
$$;

-- Searches for user ids ignore case.
CREATE INDEX idx_audit_logs_admin ON audit_logs (lower(admin_id), timestamp, id);
CREATE INDEX idx_audit_logs_action ON audit_logs (action, timestamp, id);
CREATE INDEX idx_audit_logs_target ON audit_logs (lower(target), timestamp, id);

CREATE FUNCTION refuse_audit_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_logs is insert-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END
$$;
-- For each row, so that statements on the chunks of a hypertable are refused too.
CREATE TRIGGER audit_logs_refuse_change BEFORE UPDATE OR DELETE ON audit_logs
    FOR EACH ROW EXECUTE FUNCTION refuse_audit_change();
CREATE TRIGGER audit_logs_refuse_truncate BEFORE TRUNCATE ON audit_logs
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_audit_change();

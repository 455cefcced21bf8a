DROP TABLE audit_logs;
DROP FUNCTION refuse_audit_change;

-- Only an extension that up.sql created.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_extension
        WHERE extname = 'timescaledb' AND obj_description(oid, 'pg_extension') = 'created by Steward'
    ) THEN
        DROP EXTENSION timescaledb;
    END IF;
END
$$;

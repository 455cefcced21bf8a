DROP INDEX IF EXISTS idx_audit_logs_search;
DROP INDEX IF EXISTS idx_users_search;

-- Only an extension that up.sql created.
DO $$
BEGIN
    IF EXISTS (
        SELECT FROM pg_extension
        WHERE extname = 'pg_trgm' AND obj_description(oid, 'pg_extension') = 'created by Steward'
    ) THEN
        DROP EXTENSION pg_trgm;
    END IF;
END
$$;

DROP FUNCTION audit_search_text;
ALTER TABLE users DROP COLUMN search_text;
DROP FUNCTION search_fold;

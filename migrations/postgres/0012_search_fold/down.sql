DROP TABLE search_refold;

DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu') THEN
        CREATE OR REPLACE FUNCTION search_fold(content text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
            RETURN lower(content COLLATE "und-x-icu") COLLATE "C";
    ELSE
        CREATE OR REPLACE FUNCTION search_fold(content text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
            RETURN lower(content COLLATE "default") COLLATE "C";
    END IF;
END
$$;

DO $$
DECLARE
    definition CONSTANT text := pg_get_indexdef(to_regclass('idx_audit_logs_search'));
BEGIN
    IF definition IS NOT NULL THEN
        DROP INDEX idx_audit_logs_search;
        EXECUTE definition;
        ANALYZE audit_logs;
    END IF;
END
$$;

UPDATE users SET name = name WHERE search_text <> search_fold(user_id || E'\n' || email || E'\n' || name);

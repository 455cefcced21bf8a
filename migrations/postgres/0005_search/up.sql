-- The text of a row for searching, in lower case. An ICU collation folds every script, even in a database with the
-- locale C; a server without ICU folds by its own locale. The fold is a separate function, so that search terms are
-- folded by the same rule.
DO $$
BEGIN
    IF EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu') THEN
        CREATE FUNCTION search_fold(content text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
            RETURN lower(content COLLATE "und-x-icu") COLLATE "C";
    ELSE
        CREATE FUNCTION search_fold(content text) RETURNS text LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
            RETURN lower(content COLLATE "default") COLLATE "C";
    END IF;
END
$$;

-- Stored, because a search reads it for each candidate. No term contains a line feed, so none matches across fields.
ALTER TABLE users ADD COLUMN search_text text COLLATE "C" NOT NULL
    GENERATED ALWAYS AS (search_fold(user_id || E'\n' || email || E'\n' || name)) STORED;
-- The plan of a search depends on the number of matches; a larger sample improves its estimate.
ALTER TABLE users ALTER COLUMN search_text SET STATISTICS 500;

-- Not stored, because it would double the size of the table.
CREATE FUNCTION audit_search_text(
    admin_id text, admin_name text, action text, target text, details text, ip_address text, user_agent text
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN search_fold(
        admin_id || E'\n' || admin_name || E'\n' || action || E'\n' || coalesce(target, '') || E'\n'
        || coalesce(details, '') || E'\n' || coalesce(ip_address, '') || E'\n' || coalesce(user_agent, '')
    );

-- Trigram indexes find '%term%'. pg_trgm is part of PostgreSQL, and any owner of a database may create it. Without it,
-- searches read the whole table, and the application logs that when it starts. An existing extension may be in any
-- schema, on the search path or not, so its objects are named with their schema.
DO $$
DECLARE
    trigrams text;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_extension WHERE extname = 'pg_trgm') THEN
        CREATE EXTENSION pg_trgm;
        COMMENT ON EXTENSION pg_trgm IS 'created by Steward';
    END IF;
    SELECT format('%I.gin_trgm_ops', nspname) INTO trigrams
        FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'pg_trgm';
    -- New entries wait in a list that every search scans; a short list keeps searches fast.
    EXECUTE format('CREATE INDEX idx_users_search ON users
        USING gin (search_text %s) WITH (gin_pending_list_limit = 64)', trigrams);
    EXECUTE format('CREATE INDEX idx_audit_logs_search ON audit_logs
        USING gin (audit_search_text(admin_id, admin_name, action, target, details, ip_address, user_agent) %s)
        WITH (gin_pending_list_limit = 64)', trigrams);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE NOTICE 'searches will read whole tables: %', SQLERRM;
END
$$;

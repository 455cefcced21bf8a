-- Everything that a search looks at, in one text of lower case letters. An ICU collation folds every script, even in
-- a database whose own locale is C; a server built without ICU folds as its own locale does. The fold is a function
-- of its own, so that the term that is looked for is folded by the same rule.
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

-- Stored, because a search reads it for each candidate. No term holds a line feed, so none matches across fields.
ALTER TABLE users ADD COLUMN search_text text COLLATE "C" NOT NULL
    GENERATED ALWAYS AS (search_fold(user_id || E'\n' || email || E'\n' || name)) STORED;
-- How many users a term matches decides how to look for them; a larger sample makes for a better guess.
ALTER TABLE users ALTER COLUMN search_text SET STATISTICS 500;

-- Not stored: ten million entries would double.
CREATE FUNCTION audit_search_text(
    admin_id text, admin_name text, action text, target text, details text, ip_address text, user_agent text
) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN search_fold(
        admin_id || E'\n' || admin_name || E'\n' || action || E'\n' || coalesce(target, '') || E'\n'
        || coalesce(details, '') || E'\n' || coalesce(ip_address, '') || E'\n' || coalesce(user_agent, '')
    );

-- Trigram indexes find '%term%'. pg_trgm comes with PostgreSQL and any owner of a database may create it; where it is
-- missing all the same, searches read the whole table, and the application says so when it starts. An extension that is
-- there may be in any schema, on the search path or not, so what it brings is named with its schema.
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
    -- New entries wait in a list that every search reads through as well: kept short, searches stay fast.
    EXECUTE format('CREATE INDEX idx_users_search ON users
        USING gin (search_text %s) WITH (gin_pending_list_limit = 64)', trigrams);
    EXECUTE format('CREATE INDEX idx_audit_logs_search ON audit_logs
        USING gin (audit_search_text(admin_id, admin_name, action, target, details, ip_address, user_agent) %s)
        WITH (gin_pending_list_limit = 64)', trigrams);
EXCEPTION WHEN insufficient_privilege OR undefined_file OR feature_not_supported THEN
    RAISE NOTICE 'searches will read whole tables: %', SQLERRM;
END
$$;

//! The defects and missing features of a PostgreSQL database, with the statements that fix them.

use diesel::dsl::sql;
use diesel::prelude::*;
use diesel::sql_query;
use diesel::sql_types::{Bool, Nullable, Text};

use crate::database::{OWN_SESSION, wrong_encoding};

/// The trigram indexes, with a placeholder for the operator class.
const SEARCH_INDEXES: [(&str, &str); 2] = [
    (
        "idx_users_search",
        "CREATE INDEX idx_users_search ON users USING gin (search_text {ops}) WITH (gin_pending_list_limit = 64)",
    ),
    (
        "idx_audit_logs_search",
        "CREATE INDEX idx_audit_logs_search ON audit_logs USING gin (audit_search_text(admin_id, admin_name, action, \
         target, details, ip_address, user_agent) {ops}) WITH (gin_pending_list_limit = 64)",
    ),
];

/// The privileges that queries and triggers need. The sequences of identity columns need none.
const PRIVILEGES: [(&str, &str); 23] = [
    ("__diesel_schema_migrations", "SELECT"),
    ("users", "SELECT INSERT UPDATE DELETE"),
    ("audit_logs", "SELECT INSERT UPDATE"),
    ("sessions", "SELECT INSERT UPDATE DELETE"),
    ("refresh_tokens", "SELECT INSERT UPDATE"),
    ("login_failures", "SELECT INSERT UPDATE DELETE"),
    ("sign_in_events", "SELECT INSERT UPDATE DELETE"),
    ("segments", "SELECT INSERT UPDATE DELETE"),
    ("account_links", "SELECT INSERT UPDATE DELETE"),
    ("invitations", "SELECT INSERT UPDATE DELETE"),
    ("outbox", "SELECT INSERT UPDATE DELETE"),
    ("password_reset_requests", "SELECT INSERT DELETE"),
    ("task_leases", "SELECT INSERT UPDATE DELETE"),
    ("idempotency_keys", "SELECT INSERT UPDATE DELETE"),
    ("user_profiles", "SELECT INSERT UPDATE"),
    ("user_avatars", "SELECT INSERT UPDATE DELETE"),
    ("user_counts", "SELECT INSERT UPDATE"),
    ("user_registrations", "SELECT INSERT UPDATE"),
    ("audit_counts", "SELECT INSERT UPDATE"),
    ("sign_in_counts", "SELECT INSERT UPDATE"),
    ("user_activity", "SELECT INSERT UPDATE"),
    ("active_users", "SELECT INSERT UPDATE"),
    ("search_refold", "SELECT UPDATE DELETE"),
];

/// The properties of the server and the role.
#[derive(QueryableByName)]
struct Server {
    #[diesel(sql_type = Text)]
    role: String,
    #[diesel(sql_type = Text)]
    encoding: String,
    #[diesel(sql_type = Text)]
    language: String,
    #[diesel(sql_type = Bool)]
    has_session: bool,
    #[diesel(sql_type = Bool)]
    has_icu: bool,
    /// The operator class of trigrams with its schema, if the extension is installed.
    #[diesel(sql_type = Nullable<Text>)]
    trigrams: Option<String>,
}

impl Server {
    fn load(conn: &mut PgConnection) -> QueryResult<Self> {
        sql_query(format!(
            "SELECT quote_ident(current_user) AS role, current_setting('server_encoding') AS encoding,
                current_setting('lc_messages') AS language,
                coalesce(current_setting('{OWN_SESSION}', true), '') = 'own' AS has_session,
                EXISTS (SELECT FROM pg_collation WHERE collname = 'und-x-icu') AS has_icu,
                (SELECT format('%I.gin_trgm_ops', nspname)
                    FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace
                    WHERE extname = 'pg_trgm') AS trigrams"
        ))
        .get_result(conn)
    }

    fn has_english_messages(&self) -> bool {
        let language = self.language.split(['_', '.', '@']).next().unwrap_or_default();
        matches!(language, "" | "C" | "POSIX" | "en" | "English")
    }
}

/// See [`Database::missing_features`](crate::Database::missing_features).
pub(super) fn missing_features(conn: &mut PgConnection) -> QueryResult<Vec<String>> {
    let server = Server::load(conn)?;
    let role = &server.role;
    let mut missing: Vec<String> = missing_indexes(conn, server.trigrams.as_deref())?.into_iter().collect();
    if are_texts_unfolded(conn)? {
        missing.push(
            "some users from before migration 0012 are not folded for searching, so searches may miss them: a worker \
             of `steward serve` folds them in the background; if this remains, run `steward migrate` as the owner of \
             the tables"
                .to_owned(),
        );
    }
    if !server.has_icu {
        missing.push(
            "ICU collations are missing: searches ignore case only as the locale of the database does".to_owned(),
        );
    }
    if !server.has_english_messages() {
        missing.push(format!(
            "the server's messages are in the language of {}, in which a full disk is not recognized as a temporary \
             error. As a superuser run: ALTER ROLE {role} SET lc_messages = 'C'",
            server.language
        ));
    }
    if !server.has_session {
        missing.push(format!(
            "a connection pooler drops the settings of sessions, including the time-outs. Run: ALTER ROLE {role} SET \
             statement_timeout = '10s'; ALTER ROLE {role} SET lock_timeout = '5s'; ALTER ROLE {role} SET \
             idle_in_transaction_session_timeout = '10s'. It must keep prepared statements: pool_mode = session, or \
             max_prepared_statements of PgBouncer 1.21 or later"
        ));
    }
    Ok(missing)
}

/// Whether users are not folded for searching yet, if the role may read that.
fn are_texts_unfolded(conn: &mut PgConnection) -> QueryResult<bool> {
    let may_read = "coalesce(has_table_privilege(to_regclass('search_refold'), 'SELECT'), false)";
    let are_unfolded = "EXISTS (SELECT FROM users WHERE id > (SELECT after_id FROM search_refold LIMIT 1))";
    Ok(diesel::select(sql::<Bool>(may_read)).get_result(conn)?
        && diesel::select(sql::<Bool>(are_unfolded)).get_result(conn)?)
}

/// The missing indexes of searches, with the statements that create them.
fn missing_indexes(conn: &mut PgConnection, trigrams: Option<&str>) -> QueryResult<Option<String>> {
    let mut remedies = Vec::new();
    for (name, definition) in SEARCH_INDEXES {
        let exists = sql::<Bool>("to_regclass(").bind::<Text, _>(name).sql(") IS NOT NULL");
        if !diesel::select(exists).get_result::<bool>(conn)? {
            remedies.push(definition.replace("{ops}", trigrams.unwrap_or("gin_trgm_ops")));
        }
    }
    if remedies.is_empty() {
        return Ok(None);
    }
    if trigrams.is_none() {
        remedies.insert(0, "CREATE EXTENSION pg_trgm".to_owned());
    }
    Ok(Some(format!(
        "trigram indexes are missing: searches read whole tables. As the owner of the database run: {}",
        remedies.join("; ")
    )))
}

/// See [`Database::defects`](crate::Database::defects).
pub(super) fn defects(conn: &mut PgConnection) -> QueryResult<Vec<String>> {
    let Server { role, encoding, .. } = Server::load(conn)?;
    let mut defects = Vec::new();
    if encoding != "UTF8" {
        defects.push(wrong_encoding(&encoding));
    }
    defects.extend(missing_privileges(conn, &role)?);
    Ok(defects)
}

#[derive(QueryableByName)]
struct Grant {
    #[diesel(sql_type = Text)]
    grant: String,
}

/// The missing privileges of the role, with the statements that grant them.
fn missing_privileges(conn: &mut PgConnection, role: &str) -> QueryResult<Option<String>> {
    let needed = PRIVILEGES.iter().flat_map(|(table, privileges)| {
        privileges.split(' ').enumerate().map(move |(place, privilege)| format!("('{table}', '{privilege}', {place})"))
    });
    // The tables of a schema that the role may not use are hidden, so the schema is found by the table of Diesel.
    let grants: Vec<Grant> = sql_query(format!(
        "WITH needed (name, privilege, place) AS (VALUES {})
        SELECT 'USAGE ON SCHEMA ' || quote_ident(nspname) AS grant
            FROM pg_namespace JOIN pg_class ON relnamespace = pg_namespace.oid
            WHERE relname = '__diesel_schema_migrations' AND relkind = 'r'
                AND NOT has_schema_privilege(pg_namespace.oid, 'USAGE')
                AND nspname = ANY (regexp_split_to_array(replace(current_setting('search_path'), '\"', ''), ', *'))
        UNION ALL
        SELECT string_agg(privilege, ', ' ORDER BY place) || ' ON ' || name
            FROM needed WHERE NOT has_table_privilege(to_regclass(name), privilege) GROUP BY name",
        needed.collect::<Vec<_>>().join(", ")
    ))
    .load(conn)?;
    if grants.is_empty() {
        return Ok(None);
    }
    let statements: Vec<String> = grants.iter().map(|Grant { grant }| format!("GRANT {grant} TO {role}")).collect();
    Ok(Some(format!("the role {role} lacks privileges. As the owner of the tables run: {}", statements.join("; "))))
}

/// Writes a line into the log of the server.
pub(super) fn write_to_server_log(conn: &mut PgConnection, line: &str) -> QueryResult<()> {
    // DO takes no parameters, so the line is passed as a setting.
    conn.transaction(|conn| {
        sql_query("SELECT set_config('steward.log_line', $1, true)").bind::<Text, _>(line).execute(conn)?;
        sql_query("DO $$ BEGIN RAISE LOG '%', current_setting('steward.log_line'); END $$").execute(conn).map(drop)
    })
}

use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::{Connection, ConnectionError, r2d2};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

use super::DatabaseSettings;
use super::pool::{self, Pool};

/// The parameters of libpq that the URL can override. They detect a lost server within half a minute, during a wait for
/// a connection, a response or an acknowledgement. See libpq, section 34.1.2.
const PARAMETERS: [(&str, &str); 7] = [
    ("application_name", "steward"),
    ("connect_timeout", "5"),
    ("keepalives", "1"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
];

/// The error of `PgBouncer` for an unknown start-up parameter; it has no translations.
const REFUSED: &str = "unsupported startup parameter";

/// The setting that shows whether the server has received the settings of the session. A pooler may drop them silently.
pub(crate) const OWN_SESSION: &str = "steward.session";

/// Sets the language of messages, because some errors differ only in their messages. The role needs the right to do so,
/// as a superuser or by a grant. It is not set in a session that a pooler shares among clients.
const LANGUAGE: &str = "DO $$
    BEGIN
        IF current_setting('steward.session', true) = 'own' THEN
            PERFORM set_config('lc_messages', 'C', false);
        END IF;
    EXCEPTION WHEN insufficient_privilege THEN
        NULL;
    END
    $$";

pub(super) fn create_pool(url: &SecretString, settings: &DatabaseSettings) -> Pool<PgConnection> {
    let shared = with_parameters(url);
    let own = with_options(&shared, &session(settings), libpq_options().as_deref());
    let open = move || match PgConnection::establish(own.expose_secret()) {
        // Without the settings, because other clients of the pooler would inherit those of a SET.
        Err(ConnectionError::BadConnection(message)) if message.contains(REFUSED) => {
            PgConnection::establish(shared.expose_secret()).map_err(r2d2::Error::ConnectionError)
        }
        outcome => {
            let mut connection = outcome.map_err(r2d2::Error::ConnectionError)?;
            connection.batch_execute(LANGUAGE).map_err(r2d2::Error::QueryError)?;
            Ok(connection)
        }
    };
    pool::create_pool(settings, settings.pool_size, Box::new(open))
}

/// The URL for a connection that migrates.
pub(super) fn migration_url(url: &SecretString) -> SecretString {
    with_parameters(url)
}

fn with_parameters(url: &SecretString) -> SecretString {
    let mut url = url.expose_secret().to_owned();
    for (name, value) in PARAMETERS {
        let query = url.split_once('?').map_or("", |(_, query)| query);
        if !query.split('&').any(|pair| pair.split('=').next() == Some(name)) {
            url.push(if url.contains('?') { '&' } else { '?' });
            url.push_str(name);
            url.push('=');
            url.push_str(value);
        }
    }
    SecretString::from(url)
}

/// A URL with these options before its own, or else before the `inherited` ones. The last of two equal options applies.
fn with_options(url: &SecretString, options: &str, inherited: Option<&str>) -> SecretString {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let url = url.expose_secret();
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let of_url = query.split('&').find_map(|pair| pair.strip_prefix("options=").map(str::to_owned));
    let existing =
        of_url.or_else(|| inherited.map(encode)).map_or_else(String::new, |existing| format!("%20{existing}"));
    let others = query.split('&').filter(|pair| !pair.starts_with("options="));
    let all = format!("options={}{existing}", encode(options));
    SecretString::from(format!("{base}?{}", others.chain([&*all]).collect::<Vec<_>>().join("&")))
}

/// The options that libpq uses if the URL has none.
#[expect(clippy::disallowed_methods, reason = "a setting of libpq, which ignores it if the URL has options")]
fn libpq_options() -> Option<String> {
    std::env::var("PGOPTIONS").ok().filter(|options| !options.is_empty())
}

/// The settings of each session, as command-line options of the server.
fn session(settings: &DatabaseSettings) -> String {
    let timeout = settings.statement_timeout.as_millis();
    let lock_timeout = settings.lock_timeout().as_millis();
    [
        format!("{OWN_SESSION}=own"),
        format!("statement_timeout={timeout}"),
        format!("lock_timeout={lock_timeout}"),
        format!("idle_in_transaction_session_timeout={timeout}"),
        // A single query never fails because of concurrent writes.
        r"default_transaction_isolation=read\ committed".to_owned(),
        // The queries are short and the disks fast: JIT and parallel workers cost more than they save.
        "jit=off".to_owned(),
        "max_parallel_workers_per_gather=0".to_owned(),
        "random_page_cost=1.1".to_owned(),
    ]
    .map(|setting| format!("-c {setting}"))
    .join(" ")
}

#[cfg(test)]
mod tests {
    use diesel::{RunQueryDsl, sql_query};
    use steward_testkit::servers::Postgres;

    use super::*;
    use crate::database::lend;
    use crate::failure::Failure;

    #[test]
    fn parameters_of_the_url_apply() {
        let url = with_parameters(&SecretString::from("postgres://h/db?connect_timeout=1&sslmode=disable"));
        assert!(url.expose_secret().starts_with("postgres://h/db?connect_timeout=1&sslmode=disable&application_name="));
        assert_eq!(url.expose_secret().matches("connect_timeout").count(), 1);
        let url = with_parameters(&SecretString::from("postgres://h/db"));
        assert!(url.expose_secret().starts_with("postgres://h/db?application_name=steward&connect_timeout=5"));
    }

    #[test]
    fn options_of_the_url_or_the_environment_come_last() {
        let with = |url: &str, inherited| with_options(&SecretString::from(url), "-c a=b", inherited);
        let of_url = with("postgres://h/db?x=1&options=-c%20a%3Dc&y=2", Some("-c a=d"));
        assert_eq!(of_url.expose_secret(), "postgres://h/db?x=1&y=2&options=%2Dc%20a%3Db%20-c%20a%3Dc");
        let of_environment = with("postgres://h/db?x=1", Some("-c a=d"));
        assert_eq!(of_environment.expose_secret(), "postgres://h/db?x=1&options=%2Dc%20a%3Db%20%2Dc%20a%3Dd");
        assert_eq!(with("postgres://h/db?x=1", None).expose_secret(), "postgres://h/db?x=1&options=%2Dc%20a%3Db");
    }

    #[derive(diesel::QueryableByName)]
    struct Setting {
        #[diesel(sql_type = diesel::sql_types::Text)]
        value: String,
    }

    #[test]
    fn a_session_is_set_up_as_far_as_its_role_may() {
        let server = Postgres::start().unwrap();
        server.run("CREATE ROLE boss LOGIN SUPERUSER").unwrap();
        for role in ["steward", "boss"] {
            // This language is English too, and every server has it.
            server.run(&format!("ALTER ROLE {role} SET lc_messages = 'POSIX'")).unwrap();
            let url = server.url().replacen("//steward@", &format!("//{role}@"), 1);
            let options = "options=-c%20jit%3Don%20-c%20search_path%3Dcustom";
            let url = SecretString::from(format!("{url}?{options}"));
            let settings = DatabaseSettings::new(url.expose_secret().parse().unwrap());
            let pool = create_pool(&url, &settings);
            let show = |name: &str| {
                let query = format!("SELECT current_setting('{name}') AS value");
                let setting: Result<Setting, Failure> = lend(&pool, |conn| Ok(sql_query(query).get_result(conn)?));
                setting.unwrap().value
            };
            assert_eq!(show("lc_messages"), if role == "boss" { "C" } else { "POSIX" });
            for (name, value) in [
                ("client_encoding", "UTF8"),
                ("TimeZone", "UTC"),
                ("statement_timeout", "10s"),
                ("lock_timeout", "5s"),
                ("default_transaction_isolation", "read committed"),
                ("jit", "on"),
                ("search_path", "custom"),
            ] {
                assert_eq!(show(name), value, "{name}");
            }
        }
    }
}

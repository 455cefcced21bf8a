use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::{Connection, ConnectionError, r2d2};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use secrecy::{ExposeSecret, SecretString};

use super::DatabaseSettings;
use super::pool::{self, Pool};

/// What libpq is told unless the URL says otherwise: a server that vanished is noticed within half a minute, whether
/// one waits for a connection, for an answer or for an acknowledgement. See libpq, section 34.1.2.
const PARAMETERS: [(&str, &str); 7] = [
    ("application_name", "steward"),
    ("connect_timeout", "5"),
    ("keepalives", "1"),
    ("keepalives_idle", "10"),
    ("keepalives_interval", "5"),
    ("keepalives_count", "3"),
    ("tcp_user_timeout", "15000"),
];

/// What `PgBouncer` answers to a start-up parameter that it does not know; it has no translations.
const REFUSED: &str = "unsupported startup parameter";

/// Names a setting by which the server tells that it has got ours. A pooler may also drop them without a word.
pub(crate) const OWN_SESSION: &str = "steward.session";

/// The language of messages, which are all that tells some errors apart: fixed where the role may, which is a superuser
/// or has been granted it. Not in a session that a pooler shares among clients.
const LANGUAGE: &str = "DO $$
    BEGIN
        IF current_setting('steward.session', true) = 'own' THEN
            PERFORM set_config('lc_messages', 'C', false);
        END IF;
    EXCEPTION WHEN insufficient_privilege THEN
        NULL;
    END
    $$";

pub(super) fn pool(settings: &DatabaseSettings) -> Pool<PgConnection> {
    let shared = with_parameters(&settings.url);
    let own = with_options(&shared, &session(settings), libpq_options().as_deref());
    let open = move || match PgConnection::establish(own.expose_secret()) {
        // Without our settings rather than with a SET, which the pooler's other clients would inherit.
        Err(ConnectionError::BadConnection(said)) if said.contains(REFUSED) => {
            PgConnection::establish(shared.expose_secret()).map_err(r2d2::Error::ConnectionError)
        }
        outcome => {
            let mut connection = outcome.map_err(r2d2::Error::ConnectionError)?;
            connection.batch_execute(LANGUAGE).map_err(r2d2::Error::QueryError)?;
            Ok(connection)
        }
    };
    pool::pool(settings, settings.pool_size, Box::new(open))
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

/// A URL with parameters, and these options before its own, or else before `inherited` ones: the last of two wins.
fn with_options(url: &SecretString, options: &str, inherited: Option<&str>) -> SecretString {
    let encode = |text: &str| utf8_percent_encode(text, NON_ALPHANUMERIC).to_string();
    let url = url.expose_secret();
    let (base, query) = url.split_once('?').unwrap_or((url, ""));
    let of_url = query.split('&').find_map(|pair| pair.strip_prefix("options=").map(str::to_owned));
    let theirs = of_url.or_else(|| inherited.map(encode)).map_or_else(String::new, |theirs| format!("%20{theirs}"));
    let others = query.split('&').filter(|pair| !pair.starts_with("options="));
    let ours = format!("options={}{theirs}", encode(options));
    SecretString::from(format!("{base}?{}", others.chain([&*ours]).collect::<Vec<_>>().join("&")))
}

/// What libpq takes for options where the URL has none.
#[expect(clippy::disallowed_methods, reason = "a setting of libpq, which would not look at it any more")]
fn libpq_options() -> Option<String> {
    std::env::var("PGOPTIONS").ok().filter(|options| !options.is_empty())
}

/// How each session is set up, as command-line options of the server.
fn session(settings: &DatabaseSettings) -> String {
    let timeout = settings.statement_timeout.as_millis();
    let lock_timeout = settings.lock_timeout().as_millis();
    [
        format!("{OWN_SESSION}=own"),
        format!("statement_timeout={timeout}"),
        format!("lock_timeout={lock_timeout}"),
        format!("idle_in_transaction_session_timeout={timeout}"),
        // A query by itself never fails because of what others write.
        r"default_transaction_isolation=read\ committed".to_owned(),
        // Short queries on disks without heads: compiling or spreading them costs more than it gains.
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
    fn what_the_url_says_wins() {
        let url = with_parameters(&SecretString::from("postgres://h/db?connect_timeout=1&sslmode=disable"));
        assert!(url.expose_secret().starts_with("postgres://h/db?connect_timeout=1&sslmode=disable&application_name="));
        assert_eq!(url.expose_secret().matches("connect_timeout").count(), 1);
        let url = with_parameters(&SecretString::from("postgres://h/db"));
        assert!(url.expose_secret().starts_with("postgres://h/db?application_name=steward&connect_timeout=5"));
    }

    #[test]
    fn options_of_the_url_or_the_environment_come_after_ours() {
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
            // English as well, so that every server has it.
            server.run(&format!("ALTER ROLE {role} SET lc_messages = 'POSIX'")).unwrap();
            let url = server.url().replacen("//steward@", &format!("//{role}@"), 1);
            let options = "options=-c%20jit%3Don%20-c%20search_path%3Dtheirs";
            let pool = pool(&DatabaseSettings::new(SecretString::from(format!("{url}?{options}"))));
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
                ("search_path", "theirs"),
            ] {
                assert_eq!(show(name), value, "{name}");
            }
        }
    }
}

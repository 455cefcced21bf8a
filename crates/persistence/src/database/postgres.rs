use diesel::connection::SimpleConnection;
use diesel::pg::PgConnection;
use diesel::{Connection, r2d2};
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

pub(super) fn pool(settings: &DatabaseSettings) -> Pool<PgConnection> {
    let url = with_parameters(&settings.url);
    let session = session(settings);
    let open = move || {
        let mut connection = PgConnection::establish(url.expose_secret()).map_err(r2d2::Error::ConnectionError)?;
        connection.batch_execute(&session).map_err(r2d2::Error::QueryError)?;
        Ok(connection)
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

/// How each session is set up. By SET rather than by start-up parameters, which connection poolers refuse.
fn session(settings: &DatabaseSettings) -> String {
    let timeout = settings.statement_timeout.as_millis();
    let lock_timeout = settings.lock_timeout().as_millis();
    format!(
        "SET TIME ZONE 'UTC';
        SET statement_timeout = {timeout};
        SET lock_timeout = {lock_timeout};
        SET idle_in_transaction_session_timeout = {timeout};
        -- What the last super_admin's protection builds on: each statement sees what was committed before it.
        SET default_transaction_isolation = 'read committed';
        -- Short queries on disks without heads: compiling or spreading them costs more than it gains.
        SET jit = off;
        SET max_parallel_workers_per_gather = 0;
        SET random_page_cost = 1.1;"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_url_says_wins() {
        let url = with_parameters(&SecretString::from("postgres://h/db?connect_timeout=1&sslmode=disable"));
        assert!(url.expose_secret().starts_with("postgres://h/db?connect_timeout=1&sslmode=disable&application_name="));
        assert_eq!(url.expose_secret().matches("connect_timeout").count(), 1);
        let url = with_parameters(&SecretString::from("postgres://h/db"));
        assert!(url.expose_secret().starts_with("postgres://h/db?application_name=steward&connect_timeout=5"));
    }
}

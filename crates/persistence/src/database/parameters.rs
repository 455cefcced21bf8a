//! The parameters that a PostgreSQL URL may hold: those of libpq 18 (section 34.1.2) that this program can do with.

use super::DatabaseError;
use super::address::{decode, malformed};

enum Takes {
    Text,
    Number,
    Ports,
    One(&'static [&'static str]),
}

const SSL_MODES: &[&str] = &["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];
const BOOLEAN: &[&str] = &["0", "1"];
const TLS_VERSIONS: &[&str] = &["TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3"];

const KNOWN: [(&str, Takes); 41] = [
    ("application_name", Takes::Text),
    ("channel_binding", Takes::One(&["disable", "prefer", "require"])),
    ("client_encoding", Takes::Text),
    ("connect_timeout", Takes::Number),
    ("dbname", Takes::Text),
    ("fallback_application_name", Takes::Text),
    ("gssencmode", Takes::One(&["disable", "prefer", "require"])),
    ("host", Takes::Text),
    ("hostaddr", Takes::Text),
    ("keepalives", Takes::One(BOOLEAN)),
    ("keepalives_count", Takes::Number),
    ("keepalives_idle", Takes::Number),
    ("keepalives_interval", Takes::Number),
    ("krbsrvname", Takes::Text),
    ("load_balance_hosts", Takes::One(&["disable", "random"])),
    ("max_protocol_version", Takes::Text),
    ("min_protocol_version", Takes::Text),
    ("options", Takes::Text),
    ("passfile", Takes::Text),
    ("password", Takes::Text),
    ("port", Takes::Ports),
    ("require_auth", Takes::Text),
    ("requirepeer", Takes::Text),
    ("service", Takes::Text),
    ("ssl", Takes::One(&["true"])),
    ("ssl_max_protocol_version", Takes::One(TLS_VERSIONS)),
    ("ssl_min_protocol_version", Takes::One(TLS_VERSIONS)),
    ("sslcert", Takes::Text),
    ("sslcertmode", Takes::One(&["disable", "allow", "require"])),
    ("sslcompression", Takes::One(BOOLEAN)),
    ("sslcrl", Takes::Text),
    ("sslcrldir", Takes::Text),
    ("sslkey", Takes::Text),
    ("sslmode", Takes::One(SSL_MODES)),
    ("sslnegotiation", Takes::One(&["postgres", "direct"])),
    ("sslpassword", Takes::Text),
    ("sslrootcert", Takes::Text),
    ("sslsni", Takes::One(BOOLEAN)),
    ("target_session_attrs", Takes::One(&["any", "read-write", "read-only", "primary", "standby", "prefer-standby"])),
    ("tcp_user_timeout", Takes::Number),
    ("user", Takes::Text),
];

/// Parameters that were found right. Of one that is given twice the last counts, as for libpq.
pub(super) struct Parameters(Vec<(&'static str, String)>);

impl Parameters {
    pub(super) fn parse(query: &str) -> Result<Self, DatabaseError> {
        // What follows an & in a password looks like a name.
        let may_show = !query.contains("password");
        let pairs = query.split('&').take_while(|_| !query.is_empty());
        let read = |pair: &str| {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let Some((name, takes)) = KNOWN.iter().find(|(known, _)| *known == name) else {
                return Err(unknown(name, may_show));
            };
            if value.is_empty() {
                return Err(malformed(format!("has the parameter {name} with no value")));
            }
            let value = decode(value)?;
            takes.check(name, &value)?;
            Ok((*name, value))
        };
        pairs.map(read).collect::<Result<_, _>>().map(Self)
    }

    /// The value of a parameter.
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(given, _)| *given == name).map(|(_, value)| value.as_str())
    }

    /// The first of several values that commas separate.
    pub(super) fn first(&self, name: &str) -> Option<String> {
        self.get(name)?.split(',').next().filter(|first| !first.is_empty()).map(str::to_owned)
    }

    pub(super) fn requires_tls(&self) -> bool {
        let mode = self.0.iter().rev().find(|(name, _)| matches!(*name, "ssl" | "sslmode"));
        mode.is_some_and(|(_, value)| matches!(value.as_str(), "true" | "require" | "verify-ca" | "verify-full"))
    }
}

impl Takes {
    fn check(&self, name: &str, value: &str) -> Result<(), DatabaseError> {
        match self {
            Self::Text => Ok(()),
            Self::Ports => value.split(',').filter(|one| !one.is_empty()).try_for_each(|one| port(one).map(drop)),
            Self::Number if value.trim().parse::<i32>().is_ok() => Ok(()),
            Self::Number => Err(malformed(format!("has the parameter {name}, which must be a whole number"))),
            Self::One(values) if values.contains(&value) => Ok(()),
            Self::One(values) => {
                Err(malformed(format!("has the parameter {name}, which must be one of: {}", values.join(", "))))
            }
        }
    }
}

/// Reads a port.
pub(super) fn port(text: &str) -> Result<u16, DatabaseError> {
    let port = text.parse().ok().filter(|port| *port > 0 && text.bytes().all(|byte| byte.is_ascii_digit()));
    port.ok_or_else(|| malformed("has a port that is not a whole number from 1 to 65535"))
}

/// libpq takes one port for all hosts, or one for each.
pub(super) fn check_ports(parameters: &Parameters, hosts_of_url: usize) -> Result<(), DatabaseError> {
    let count = |name| parameters.get(name).map(|list| list.split(',').count());
    let hosts = count("hostaddr").or_else(|| count("host")).unwrap_or(hosts_of_url);
    match count("port") {
        None | Some(1) => Ok(()),
        Some(ports) if ports == hosts => Ok(()),
        Some(_) => Err(malformed("must have one port, or as many ports as hosts")),
    }
}

fn unknown(name: &str, may_show: bool) -> DatabaseError {
    let nearest = KNOWN.iter().map(|(known, _)| (strsim::osa_distance(name, known), *known)).min();
    let meant = match nearest {
        Some((distance, known)) if distance <= 3 => format!("; is {known} meant?"),
        _ => String::new(),
    };
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.');
    malformed(if may_show && !name.is_empty() && name.chars().all(plain) {
        format!("has the parameter {name}, which is not one{meant}")
    } else {
        format!("has a parameter that is not one{meant}")
    })
}

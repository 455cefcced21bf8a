//! The edge: whom the gateway believes, which sites' pages may call it, and how much it lets in.

use steward_domain::Quota;
use steward_gateway::{AllowedOrigins, LimitSettings};
use steward_web::TrustedProxies;

use super::Environment;
use super::reader::Reader;
use super::values::number;
use crate::cli::EdgeOptions;

/// What the gateway does at the edge.
#[derive(Debug, Clone)]
pub(crate) struct Edge {
    pub(crate) trusted_proxies: TrustedProxies,
    pub(crate) origins: AllowedOrigins,
    pub(crate) limits: LimitSettings,
    /// Connections at once; as many as the system has room for where it is not set.
    pub(crate) max_connections: Option<u32>,
    /// Of one address.
    pub(crate) max_connections_per_address: Option<u32>,
}

pub(super) fn read(reader: &mut Reader<'_>, options: &EdgeOptions, strictness: Environment) -> Option<Edge> {
    let trusted_proxies =
        reader.read("STEWARD_TRUSTED_PROXIES", options.trusted_proxies.as_deref(), TrustedProxies::default(), |text| {
            TrustedProxies::parse(text).map_err(|error| error.to_string())
        });
    let origins =
        reader.read("STEWARD_CORS_ORIGINS", options.cors_origins.as_deref(), AllowedOrigins::default(), |text| {
            AllowedOrigins::parse(text).map_err(|error| error.to_string())
        });
    let limits = limits(reader, options, strictness);
    let mut connections = |variable, given: &Option<String>| {
        reader.read(variable, given.as_deref(), None, |text| number(16..=1_000_000)(text).map(Some))
    };
    let max_connections = connections("STEWARD_MAX_CONNECTIONS", &options.max_connections);
    let per_address = connections("STEWARD_MAX_CONNECTIONS_PER_ADDRESS", &options.max_connections_per_address);
    Some(Edge {
        trusted_proxies: trusted_proxies?,
        origins: origins?,
        limits: limits?,
        max_connections: max_connections?,
        max_connections_per_address: per_address?,
    })
}

fn limits(reader: &mut Reader<'_>, options: &EdgeOptions, strictness: Environment) -> Option<LimitSettings> {
    let default = match strictness {
        Environment::Development => LimitSettings::generous(),
        Environment::Staging | Environment::Production => LimitSettings::strict(),
    };
    let mut quota = |variable, given: &Option<String>, default| {
        reader.read(variable, given.as_deref(), default, |text| {
            Quota::parse_or_off(text).map_err(|error| error.to_string())
        })
    };
    let login = quota("STEWARD_LIMIT_LOGIN", &options.limit_login, default.login);
    let register = quota("STEWARD_LIMIT_REGISTER", &options.limit_register, default.register);
    let refresh = quota("STEWARD_LIMIT_REFRESH", &options.limit_refresh, default.refresh);
    let password = quota("STEWARD_LIMIT_PASSWORD", &options.limit_password, default.password);
    let api_token = quota("STEWARD_LIMIT_API_TOKEN", &options.limit_api_token, default.api_token);
    let api_address = quota("STEWARD_LIMIT_API_ADDRESS", &options.limit_api_address, default.api_address);
    Some(LimitSettings {
        login: login?,
        register: register?,
        refresh: refresh?,
        password: password?,
        api_token: api_token?,
        api_address: api_address?,
    })
}

#[cfg(test)]
mod tests {
    use super::super::Variables;
    use super::*;

    fn edge(options: &EdgeOptions, strictness: Environment) -> Result<Edge, Vec<String>> {
        let variables = Variables::default();
        let mut reader = Reader::new(&variables);
        let edge = read(&mut reader, options, strictness);
        reader.finish(|| edge).map_err(|wrong| wrong.iter().map(ToString::to_string).collect())
    }

    #[test]
    fn nobody_is_believed_and_everything_is_limited_unless_somebody_says_otherwise() {
        let none = EdgeOptions::default();
        let production = edge(&none, Environment::Production).unwrap();
        assert!(production.trusted_proxies.is_empty());
        assert_eq!(production.limits, LimitSettings::strict());
        assert_eq!(edge(&none, Environment::Development).unwrap().limits, LimitSettings::generous());
    }

    #[test]
    fn each_limit_is_its_own() {
        let options = EdgeOptions {
            limit_login: Some("5/min:2".into()),
            limit_api_token: Some("off".into()),
            ..EdgeOptions::default()
        };
        let limits = edge(&options, Environment::Production).unwrap().limits;
        assert_eq!(limits.login, Quota::parse("5/min:2").ok());
        assert_eq!(limits, LimitSettings { login: limits.login, api_token: None, ..LimitSettings::strict() });
    }

    #[test]
    fn what_is_wrong_is_told_with_what_is_right() {
        let options = EdgeOptions {
            trusted_proxies: Some("10.0.0.0/33".into()),
            cors_origins: Some("*".into()),
            limit_login: Some("lots".into()),
            ..EdgeOptions::default()
        };
        let lines = edge(&options, Environment::Production).unwrap_err();
        assert_eq!(lines.len(), 3, "{lines:#?}");
        for (line, beginning) in
            lines.iter().zip(["STEWARD_TRUSTED_PROXIES: ", "STEWARD_CORS_ORIGINS: ", "STEWARD_LIMIT_LOGIN: "])
        {
            assert!(line.starts_with(beginning) && line.contains("must"), "{line}");
        }
    }
}

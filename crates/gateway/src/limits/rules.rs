use actix_web::dev::ResourceDef;
use actix_web::http::Method;
use steward_web::service::{Endpoint, RateLimit, RateLimitClass};

/// A rule of the rate limits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// All requests, by address.
    ApiAddress,
    /// All requests, by access token.
    ApiToken,
    /// The requests of a class, by address.
    Class(RateLimitClass),
}

impl Rule {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        [Self::ApiAddress, Self::ApiToken].into_iter().chain(RateLimitClass::ALL.map(Self::Class))
    }

    /// Returns the name in response headers, metrics and the limiter's keys.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::ApiAddress => "api_address",
            Self::ApiToken => "api_token",
            Self::Class(class) => class.name(),
        }
    }
}

/// The endpoints with other limits than the standard ones.
pub(super) struct EndpointLimits(Vec<(Method, ResourceDef, RateLimit)>);

impl EndpointLimits {
    pub(super) fn of<'e>(endpoints: impl IntoIterator<Item = &'e Endpoint>) -> Self {
        let special = endpoints.into_iter().filter(|endpoint| endpoint.rate_limit() != RateLimit::Standard);
        let entry =
            |endpoint: &Endpoint| (endpoint.method().clone(), ResourceDef::new(endpoint.path()), endpoint.rate_limit());
        Self(special.map(entry).collect())
    }

    /// Returns the limits of a request.
    ///
    /// `path` is percent-decoded like the router's, so that an escape (`/api/auth/%6Cogin`) does not bypass a limit.
    pub(super) fn at(&self, method: &Method, path: &str) -> RateLimit {
        self.0
            .iter()
            .find(|(its_method, resource, _)| its_method == method && resource.is_match(path))
            .map_or(RateLimit::Standard, |(.., limit)| *limit)
    }
}

#[cfg(test)]
mod tests {
    use actix_web::HttpResponse;

    use super::*;

    #[test]
    fn a_request_has_the_limits_of_its_endpoint() {
        let endpoint = |method, path| Endpoint::undocumented(method, path, || async { HttpResponse::Ok().finish() });
        let reset = "/users/{user_id}/reset-password";
        let limits = EndpointLimits::of(&[
            endpoint(Method::POST, "/login").limited(RateLimitClass::Login),
            endpoint(Method::GET, "/me"),
            endpoint(Method::POST, reset).limited(RateLimitClass::Password),
            endpoint(Method::GET, "/docs/{file}").unlimited(),
        ]);
        for (method, path, expected) in [
            (Method::POST, "/login", RateLimit::Class(RateLimitClass::Login)),
            (Method::POST, "/users/alice/reset-password", RateLimit::Class(RateLimitClass::Password)),
            (Method::GET, "/docs/swagger-ui.css", RateLimit::Unlimited),
            (Method::GET, "/login", RateLimit::Standard),
            (Method::POST, "/login/", RateLimit::Standard),
            (Method::POST, "/loginx", RateLimit::Standard),
            (Method::GET, "/me", RateLimit::Standard),
            (Method::GET, "/nothing", RateLimit::Standard),
            (Method::GET, "/docs/a/b", RateLimit::Standard),
        ] {
            assert_eq!(limits.at(&method, path), expected, "{method} {path}");
        }
    }
}

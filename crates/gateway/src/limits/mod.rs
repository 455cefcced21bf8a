//! Rate limits: the middleware that charges each request by the rules that apply to it.
//!
//! - `settings`: the quota of each rule.
//! - `rules`: the rules that apply to a request.
//! - `keys`: the key that a rule counts: an address, an IPv6 network, a token.
//! - `policies`, `rate_limit_header`: the response headers `RateLimit-Policy` and `RateLimit`.
//! - `failing`: the state of a failing limiter, which refuses no request.
//! - `middleware`: the check of each request.
//!
//! One call of the limiter checks all rules of a request. It charges none if one of them refuses.
//!
//! Services behind the gateway have no limits of their own.

mod failing;
mod keys;
mod middleware;
mod policies;
mod rate_limit_header;
mod rules;
mod settings;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use prometheus::{IntCounter, IntCounterVec, Opts};
use steward_domain::Quota;
use steward_domain::ports::{Charge, RateLimiter};
use steward_web::{Metrics, client_address};

use failing::Failing;
use keys::Key;
use policies::Policies;
use rules::Rule;
pub use settings::LimitSettings;

/// The middleware. A process creates it once and clones it for each worker.
///
/// Wrap it around the app and below the request layer, which turns its errors into problems.
#[derive(Clone)]
pub struct Limits(Arc<Shared>);

struct Shared {
    policies: Policies,
    limiter: Arc<dyn RateLimiter>,
    failing: Failing,
    refused: [IntCounter; Rule::ALL.len()],
}

/// The keys and the rules of a request.
struct LimitedRequest {
    address: Key,
    token: Option<Key>,
    route: Option<Rule>,
}

/// The result of the limiter for a request.
struct Outcome {
    /// The time to wait, if the request is refused.
    refused: Option<Duration>,
    policy: Option<HeaderValue>,
    header: Option<HeaderValue>,
}

impl Limits {
    /// Creates limits that `limiter` counts. Refused requests are counted in `metrics`.
    ///
    /// Returns an error only if the counters are registered twice.
    pub fn new(
        settings: &LimitSettings,
        limiter: Arc<dyn RateLimiter>,
        metrics: &Metrics,
    ) -> Result<Self, prometheus::Error> {
        let refused = IntCounterVec::new(
            Opts::new("steward_rate_limited_requests_total", "Requests refused by a rate limit, by rule"),
            &["rule"],
        )?;
        metrics.register(refused.clone())?;
        let refused = Rule::ALL.map(|rule| refused.with_label_values(&[rule.name()]));
        let policies = Policies::new(settings);
        Ok(Self(Arc::new(Shared { policies, limiter, failing: Failing::default(), refused })))
    }
}

impl Shared {
    /// Charges a request. A failing limiter refuses no request.
    async fn charge(&self, request: &LimitedRequest) -> Option<Outcome> {
        let charges: Vec<Charge<'_>> = request
            .charged(&self.policies)
            .map(|(rule, key, quota)| Charge { rule: rule.name(), key: key.as_str(), quota })
            .collect();
        let verdicts = self.limiter.check(&charges).await;
        self.failing.record(verdicts.as_ref().err());
        let verdicts = verdicts.ok()?;
        let rules = || request.charged(&self.policies).map(|(rule, ..)| rule);
        let mut refused = None;
        for (rule, verdict) in rules().zip(&verdicts).filter(|(_, verdict)| !verdict.allowed) {
            self.refused[rule.position()].inc();
            refused = refused.max(Some(verdict.retry_after));
        }
        Some(Outcome {
            refused,
            policy: self.policies.header(rules()),
            header: rate_limit_header::value(rules().zip(&verdicts)),
        })
    }
}

impl LimitedRequest {
    fn of(request: &ServiceRequest, path: &str) -> Self {
        let address: Option<IpAddr> = client_address(request.request());
        Self {
            address: Key::of_address(address),
            token: request.headers().get(AUTHORIZATION).and_then(Key::of_token),
            route: Rule::of_route(request.method(), path),
        }
    }

    /// Returns the enabled rules that apply, with their keys and quotas.
    fn charged<'a>(&'a self, policies: &'a Policies) -> impl Iterator<Item = (Rule, &'a Key, Quota)> {
        let by_address = Some((Rule::ApiAddress, &self.address));
        let by_token = self.token.as_ref().map(|token| (Rule::ApiToken, token));
        let by_route = self.route.map(|rule| (rule, &self.address));
        let all = [by_address, by_token, by_route].into_iter().flatten();
        all.filter_map(|(rule, key)| Some((rule, key, policies.quota(rule)?)))
    }
}

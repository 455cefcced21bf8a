//! Rate limits: the middleware that charges each request by the rules that apply to it.
//!
//! - `settings`: the quota of each rule.
//! - `rules`: the rules, and the limits that endpoints declare.
//! - `keys`: the key that a rule counts: an address, an IPv6 network, a token.
//! - `headers`: the response headers `RateLimit-Policy` and `RateLimit`.
//! - `failing`: the state of a failing limiter, which refuses no request.
//! - `middleware`: the check of each request.
//!
//! One call of the limiter checks all rules of a request. It charges none if one of them refuses.
//!
//! Services behind the gateway have no limits of their own.

mod failing;
mod headers;
mod keys;
mod middleware;
mod rules;
mod settings;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServiceRequest;
use actix_web::http::header::HeaderValue;
use prometheus::{IntCounterVec, Opts};
use steward_domain::Quota;
use steward_domain::ports::{Charge, RateLimiter};
use steward_web::service::{Endpoint, RateLimit};
use steward_web::{Metrics, bearer_token, client_address};

use failing::Failing;
use keys::Key;
use rules::{EndpointLimits, Rule};
pub use settings::LimitSettings;

/// The middleware. A process creates it once and clones it for each worker.
///
/// Wrap it around the app and below the request layer, which turns its errors into problems.
#[derive(Clone)]
pub struct Limits(Arc<Shared>);

struct Shared {
    settings: LimitSettings,
    endpoints: EndpointLimits,
    limiter: Arc<dyn RateLimiter>,
    failing: Failing,
    refused: IntCounterVec,
}

/// The keys and the rules of a request.
struct LimitedRequest {
    address: Key,
    token: Option<Key>,
    limit: RateLimit,
}

/// The result of the limiter for a request.
struct Outcome {
    /// The time to wait, if the request is refused.
    refused: Option<Duration>,
    policy: Option<HeaderValue>,
    header: Option<HeaderValue>,
}

impl Limits {
    /// Creates the limits of `endpoints`, which `limiter` counts. Refused requests are counted in `metrics`.
    ///
    /// Returns an error only if the counters are registered twice.
    pub fn new<'e>(
        settings: &LimitSettings,
        endpoints: impl IntoIterator<Item = &'e Endpoint>,
        limiter: Arc<dyn RateLimiter>,
        metrics: &Metrics,
    ) -> Result<Self, prometheus::Error> {
        let refused = IntCounterVec::new(
            Opts::new("steward_rate_limited_requests_total", "Requests refused by a rate limit, by rule"),
            &["rule"],
        )?;
        metrics.register(refused.clone())?;
        // Each series starts at 0.
        Rule::all().for_each(|rule| drop(refused.with_label_values(&[rule.name()])));
        let (settings, endpoints) = (*settings, EndpointLimits::of(endpoints));
        Ok(Self(Arc::new(Shared { settings, endpoints, limiter, failing: Failing::default(), refused })))
    }
}

impl Shared {
    /// Charges a request. A failing limiter refuses no request.
    async fn charge(&self, request: &LimitedRequest) -> Option<Outcome> {
        let rules = || request.rules(&self.settings);
        let charges: Vec<Charge<'_>> =
            rules().map(|(rule, key, quota)| Charge { rule: rule.name(), key: key.as_str(), quota }).collect();
        let verdicts = self.limiter.check(&charges).await;
        self.failing.record(verdicts.as_ref().err());
        let verdicts = verdicts.ok()?;
        let by_rule = || rules().map(|(rule, ..)| rule).zip(&verdicts);
        let mut refused = None;
        for (rule, verdict) in by_rule().filter(|(_, verdict)| !verdict.allowed) {
            self.refused.with_label_values(&[rule.name()]).inc();
            refused = refused.max(Some(verdict.retry_after));
        }
        Some(Outcome {
            refused,
            policy: headers::policy(rules().map(|(rule, _, quota)| (rule, quota))),
            header: headers::remaining(by_rule()),
        })
    }
}

impl LimitedRequest {
    fn of(request: &ServiceRequest, limit: RateLimit) -> Self {
        let address: Option<IpAddr> = client_address(request.request());
        Self { address: Key::of_address(address), token: bearer_token(request.headers()).map(Key::of_token), limit }
    }

    /// Returns the enabled rules that apply, with their keys and quotas.
    fn rules<'a>(&'a self, settings: &'a LimitSettings) -> impl Iterator<Item = (Rule, &'a Key, Quota)> {
        let by_address = Some((Rule::ApiAddress, &self.address));
        let by_token = self.token.as_ref().map(|token| (Rule::ApiToken, token));
        let by_class = match self.limit {
            RateLimit::Class(class) => Some((Rule::Class(class), &self.address)),
            RateLimit::Standard | RateLimit::Unlimited => None,
        };
        let all = [by_address, by_token, by_class].into_iter().flatten();
        all.filter_map(|(rule, key)| Some((rule, key, settings.quota(rule)?)))
    }
}

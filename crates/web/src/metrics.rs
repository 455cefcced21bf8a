//! The counters of a process, and their output at `/metrics` in Prometheus' text format.
//!
//! The number of series is bounded: a route is its template or `unmatched`, a method is a known one or `other`.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::Duration;

use actix_web::http::{Method, StatusCode};
use prometheus::core::{Collector, Desc};
use prometheus::proto::MetricFamily;
use prometheus::{
    Encoder, Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, Opts, Registry,
    TextEncoder,
};

/// Upper bounds of the latency histogram's buckets, in seconds.
const BUCKETS: [f64; 14] = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The metrics of a process.
#[derive(Clone)]
pub struct Metrics {
    registry: Registry,
    http: HttpMetrics,
}

impl Metrics {
    /// Creates a registry with the HTTP metrics. Returns an error only if a name is registered twice.
    pub fn new() -> Result<Self, prometheus::Error> {
        let registry = Registry::new();
        let http = HttpMetrics::register(&registry)?;
        Ok(Self { registry, http })
    }

    /// The metrics that the request layer records.
    pub fn http(&self) -> HttpMetrics {
        self.http.clone()
    }

    /// Registers a counter, histogram or collector of another crate.
    pub fn register(&self, collector: impl Collector + 'static) -> Result<(), prometheus::Error> {
        self.registry.register(Box::new(collector))
    }

    /// Registers a monotonic counter whose value another component keeps.
    pub fn counter(
        &self,
        name: &str,
        help: &str,
        read: impl Fn() -> u64 + Send + Sync + 'static,
    ) -> Result<(), prometheus::Error> {
        self.register(Count { counter: IntCounter::new(name, help)?, read: Box::new(read) })
    }

    /// Registers a gauge that is read at each scrape, such as the connections in use of a pool or the length of a
    /// queue.
    pub fn gauge(
        &self,
        name: &str,
        help: &str,
        read: impl Fn() -> f64 + Send + Sync + 'static,
    ) -> Result<(), prometheus::Error> {
        self.register(Reading { gauge: Gauge::new(name, help)?, read: Box::new(read) })
    }

    /// Returns all metrics in Prometheus' text format.
    pub fn text(&self) -> Result<Vec<u8>, prometheus::Error> {
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

/// A monotonic counter whose value another component keeps.
struct Count {
    counter: IntCounter,
    read: Box<dyn Fn() -> u64 + Send + Sync>,
}

impl Collector for Count {
    fn desc(&self) -> Vec<&Desc> {
        self.counter.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.counter.inc_by((self.read)().saturating_sub(self.counter.get()));
        self.counter.collect()
    }
}

struct Reading {
    gauge: Gauge,
    read: Box<dyn Fn() -> f64 + Send + Sync>,
}

impl Collector for Reading {
    fn desc(&self) -> Vec<&Desc> {
        self.gauge.desc()
    }

    fn collect(&self) -> Vec<MetricFamily> {
        self.gauge.set((self.read)());
        self.gauge.collect()
    }
}

/// HTTP requests and connections: counts, durations, and how many are open.
#[derive(Clone)]
pub struct HttpMetrics {
    requests: IntCounterVec,
    durations: HistogramVec,
    in_flight: IntGauge,
    pub(crate) connections: IntGauge,
    pub(crate) connections_closed: IntCounterVec,
}

impl HttpMetrics {
    fn register(registry: &Registry) -> Result<Self, prometheus::Error> {
        let requests = IntCounterVec::new(
            Opts::new("steward_http_requests_total", "Responses by route, method and status"),
            &["route", "method", "status"],
        )?;
        let durations = HistogramVec::new(
            HistogramOpts::new(
                "steward_http_request_duration_seconds",
                "Time to the response head, by route and method",
            )
            .buckets(BUCKETS.to_vec()),
            &["route", "method"],
        )?;
        let in_flight = IntGauge::new("steward_http_requests_in_flight", "Requests in flight")?;
        let connections = IntGauge::new("steward_http_connections", "Open connections")?;
        let connections_closed = IntCounterVec::new(
            Opts::new(
                "steward_http_connections_closed_total",
                "Connections closed to make room for others (reclaimed), for lack of room (refused), and because \
                 their clients did not read (write_stalled)",
            ),
            &["reason"],
        )?;
        registry.register(Box::new(connections.clone()))?;
        registry.register(Box::new(connections_closed.clone()))?;
        registry.register(Box::new(requests.clone()))?;
        registry.register(Box::new(durations.clone()))?;
        registry.register(Box::new(in_flight.clone()))?;
        Ok(Self { requests, durations, in_flight, connections, connections_closed })
    }

    /// Counts a request as in flight until the returned guard is dropped.
    pub(crate) fn enter(&self) -> InFlight {
        self.in_flight.inc();
        InFlight(self.in_flight.clone())
    }

    /// Counts a request that was rejected before it could be read.
    pub(crate) fn count_refusal(&self, status: StatusCode) {
        self.requests.with_label_values(&[UNMATCHED, OTHER, status.as_str()]).inc();
    }
}

/// A request without a response so far.
pub(crate) struct InFlight(IntGauge);

impl Drop for InFlight {
    fn drop(&mut self) {
        self.0.dec();
    }
}

const UNMATCHED: &str = "unmatched";
const OTHER: &str = "other";

/// The handles of one worker, so that counting a request does not look up labels.
pub(crate) struct RouteMetrics {
    metrics: HttpMetrics,
    routes: RefCell<HashMap<String, Vec<Handles>>>,
}

struct Handles {
    method: &'static str,
    status: StatusCode,
    requests: IntCounter,
    durations: Histogram,
}

impl RouteMetrics {
    pub(crate) fn new(metrics: HttpMetrics) -> Self {
        Self { metrics, routes: RefCell::default() }
    }

    pub(crate) fn count(&self, route: Option<&str>, method: &Method, status: StatusCode, took: Duration) {
        let (route, method) = (route.unwrap_or(UNMATCHED), label(method));
        let mut routes = self.routes.borrow_mut();
        let known = routes.get(route).and_then(|all| all.iter().find(|h| h.method == method && h.status == status));
        if let Some(handles) = known {
            handles.count(took);
            return;
        }
        let handles = Handles {
            method,
            status,
            requests: self.metrics.requests.with_label_values(&[route, method, status.as_str()]),
            durations: self.metrics.durations.with_label_values(&[route, method]),
        };
        handles.count(took);
        routes.entry(route.to_owned()).or_default().push(handles);
    }
}

impl Handles {
    fn count(&self, took: Duration) {
        self.requests.inc();
        self.durations.observe(took.as_secs_f64());
    }
}

fn label(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => OTHER,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_methods_and_paths_add_no_series() {
        let metrics = Metrics::new().unwrap();
        let routes = RouteMetrics::new(metrics.http());
        for n in 0..1_000 {
            let method = Method::from_bytes(format!("M{n}").as_bytes()).unwrap();
            routes.count(None, &method, StatusCode::NOT_FOUND, Duration::ZERO);
        }
        let text = String::from_utf8(metrics.text().unwrap()).unwrap();
        let counters: Vec<_> = text.lines().filter(|l| l.starts_with("steward_http_requests_total")).collect();
        assert_eq!(counters, [r#"steward_http_requests_total{method="other",route="unmatched",status="404"} 1000"#]);
    }

    #[test]
    fn a_gauge_is_read_at_each_scrape() {
        use std::sync::Arc;
        use std::sync::atomic::{AtomicU64, Ordering};
        let (metrics, out) = (Metrics::new().unwrap(), Arc::new(AtomicU64::new(3)));
        let reading = Arc::clone(&out);
        metrics
            .gauge("steward_db_connections_in_use", "Connections", move || {
                f64::from(u32::try_from(reading.load(Ordering::Relaxed)).unwrap())
            })
            .unwrap();
        out.store(5, Ordering::Relaxed);
        let text = String::from_utf8(metrics.text().unwrap()).unwrap();
        assert!(text.contains("steward_db_connections_in_use 5"), "{text}");
        assert!(metrics.gauge("steward_db_connections_in_use", "again", || 0.0).is_err());
    }

    #[test]
    fn a_cancelled_request_is_not_in_flight() {
        let metrics = Metrics::new().unwrap();
        let waiting = metrics.http().enter();
        assert_eq!(metrics.http().in_flight.get(), 1);
        drop(waiting);
        assert_eq!(metrics.http().in_flight.get(), 0);
    }
}

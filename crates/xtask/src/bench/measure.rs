use std::time::Duration;

use super::arguments::Arguments;
use super::calls::Call;
use super::request::Request;
use super::target::Target;
use super::{BenchError, http, usage, wrk};

/// The measurements of one call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Measured {
    pub(super) per_second: f64,
    /// In milliseconds.
    pub(super) p50: f64,
    /// In milliseconds.
    pub(super) p99: f64,
    /// CPU milliseconds per request, if the server runs on this machine.
    pub(super) cpu: Option<f64>,
    /// CPU milliseconds of PostgreSQL per request.
    pub(super) postgres_cpu: Option<f64>,
    /// Peak memory during the call, in MB.
    pub(super) peak_memory: Option<f64>,
    /// Failed requests, in percent.
    pub(super) errors: f64,
}

impl Measured {
    /// The median round by throughput, with the highest memory and errors of all rounds.
    pub(super) fn median(mut rounds: Vec<Self>) -> Option<Self> {
        rounds.sort_by(|a, b| a.per_second.total_cmp(&b.per_second));
        let peak_memory = rounds.iter().filter_map(|round| round.peak_memory).reduce(f64::max);
        let errors = rounds.iter().map(|round| round.errors).fold(0.0, f64::max);
        let median = rounds.get(rounds.len() / 2)?;
        Some(Self { peak_memory, errors, ..*median })
    }
}

/// Sends the requests of one call, and measures the resource usage of the processes.
pub(super) fn drive(
    requests: &[Request],
    call: &Call,
    target: &Target,
    clients: u32,
    arguments: &Arguments,
) -> Result<Measured, BenchError> {
    // Caches fill and pools open before the measurement. Sign-ins use neither.
    if !arguments.smoke && !call.is_login() {
        wrk::drive(&target.url, requests, clients, Duration::from_secs(1))?;
    }
    usage::forget_peaks(&target.processes);
    let (cpu, postgres) = (usage::cpu_seconds(&target.processes), target.postgres.map(usage::family_cpu_seconds));
    let time = Duration::from_secs(call.seconds(arguments).into());
    let sample = wrk::drive(&target.url, requests, clients, time)?;
    let each = |seconds: f64| seconds * 1e3 / sample.requests.max(1.0);
    let is_here = !target.processes.is_empty();
    let measured = Measured {
        per_second: sample.requests / sample.seconds,
        p50: sample.p50,
        p99: sample.p99,
        cpu: is_here.then(|| each(usage::cpu_seconds(&target.processes) - cpu)),
        postgres_cpu: target.postgres.zip(postgres).map(|(id, before)| each(usage::family_cpu_seconds(id) - before)),
        peak_memory: is_here.then(|| usage::peak_memory(&target.processes)),
        errors: 100.0 * sample.errors / sample.requests.max(1.0),
    };
    if call.is_login() {
        finish_hashing(target)?;
    }
    Ok(measured)
}

/// Waits for the hashes of aborted sign-ins, which would slow down the next call. They are queued, and this sign-in is
/// the last one.
fn finish_hashing(target: &Target) -> Result<(), BenchError> {
    http::login(&target.url, "admin", "admin123").map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_round_has_the_highest_memory_and_errors() {
        let round = |per_second, p99, memory, errors| Measured {
            per_second,
            p50: 1.0,
            p99,
            cpu: None,
            postgres_cpu: None,
            peak_memory: Some(memory),
            errors,
        };
        let rounds = vec![round(30.0, 3.0, 25.0, 9.0), round(10.0, 1.0, 27.0, 0.0), round(20.0, 2.0, 26.0, 1.0)];
        let median = Measured::median(rounds);
        let median = median.map(|median| (median.per_second, median.p99, median.peak_memory, median.errors));
        assert_eq!(median, Some((20.0, 2.0, Some(27.0), 9.0)));
        assert!(Measured::median(Vec::new()).is_none());
    }
}

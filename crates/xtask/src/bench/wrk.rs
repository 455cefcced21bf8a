//! The load generator (<https://github.com/wg/wrk>).

use std::fmt::Write as _;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use steward_testkit::servers::programs;

use super::BenchError;
use super::request::Request;

const PROGRAM: &str = "wrk";

/// The results of a run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sample {
    pub(super) requests: f64,
    pub(super) seconds: f64,
    /// Median response time, in milliseconds.
    pub(super) p50: f64,
    /// 99th percentile of the response time, in milliseconds.
    pub(super) p99: f64,
    /// Responses with status 400 or above, and requests without a response.
    pub(super) errors: f64,
}

/// The first word of the line in which the script prints its results.
const RESULT: &str = "steward-bench";

const SCRIPT: &str = r#"
local seats = 0
function setup(thread)
    thread:set("seat", seats)
    seats = seats + 1
end

local fixed, sent = {}, 0
function init()
    for i, r in ipairs(requests) do
        fixed[i] = wrk.format(r[1], r[2], headers(r), r[4])
    end
    -- Threads begin at different places, and never send the same number.
    sent = math.floor(#requests / 2) * seat
end

function headers(r)
    local h = { ["Host"] = wrk.headers["Host"] }
    if r[3] ~= "" then h["Authorization"] = "Bearer " .. r[3] end
    if r[4] then h["Content-Type"] = "application/json" end
    return h
end

function request()
    sent = sent + 1
    local i = (sent - 1) % #requests + 1
    local r = requests[i]
    if r[4] and r[4]:find("{n}", 1, true) then
        local body = r[4]:gsub("{n}", string.format("%d", sent * 100 + seat + salt))
        return wrk.format(r[1], r[2], headers(r), body)
    end
    return fixed[i]
end

function done(summary, latency)
    local e = summary.errors
    io.write(string.format("steward-bench %d %d %d %d %d\n", summary.requests, summary.duration,
        latency:percentile(50), latency:percentile(99), e.connect + e.read + e.write + e.status + e.timeout))
end
"#;

/// Sends `requests` to `url` over `clients` connections. Each connection sends the next request after the response.
pub(super) fn drive(url: &str, requests: &[Request], clients: u32, time: Duration) -> Result<Sample, BenchError> {
    drive_with_pauses(url, requests, clients, time, Duration::ZERO)
}

/// As [`drive`], with a pause before each request.
pub(super) fn drive_with_pauses(
    url: &str,
    requests: &[Request],
    clients: u32,
    time: Duration,
    pause: Duration,
) -> Result<Sample, BenchError> {
    let folder = tempfile::tempdir().map_err(BenchError::io("making a folder"))?;
    let script = folder.path().join("requests.lua");
    std::fs::write(&script, script_of(requests, pause)).map_err(BenchError::io("writing wrk's script"))?;
    let output = Command::new(programs::wrk()?)
        .args(["--threads", &clients.min(2).to_string(), "--connections", &clients.to_string()])
        .args(["--duration", &format!("{}s", time.as_secs()), "--timeout", "30s", "--script"])
        .arg(&script)
        .arg(url)
        .output()
        .map_err(BenchError::io("starting wrk"))?;
    let message = String::from_utf8_lossy(&output.stdout);
    message.lines().find_map(sample).ok_or_else(|| BenchError::Program {
        program: PROGRAM,
        message: format!("{message}{}", String::from_utf8_lossy(&output.stderr)),
    })
}

fn script_of(requests: &[Request], pause: Duration) -> String {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    // Different names in each run: an update with the same name changes nothing.
    let salt = RUNS.fetch_add(1, Ordering::Relaxed) * 1_000_000_000;
    let mut script = format!("salt = {salt}\nrequests = {{\n");
    for Request { method, path, token, body } in requests {
        let token = token.as_deref().unwrap_or_default();
        let body = body.as_ref().map_or_else(|| "nil".into(), |body| format!("{body:?}"));
        // Rust quotes ASCII as Lua does.
        let _ = writeln!(script, "{{{method:?}, {path:?}, {token:?}, {body}}},");
    }
    let pauses = match pause.as_millis() {
        0 => String::new(),
        pause => format!("function delay() return {pause} end\n"),
    };
    script + "}\n" + &pauses + SCRIPT
}

fn sample(line: &str) -> Option<Sample> {
    let numbers: Vec<f64> =
        line.strip_prefix(RESULT)?.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
    let [requests, duration, p50, p99, errors] = numbers[..] else { return None };
    Some(Sample { requests, seconds: duration / 1e6, p50: p50 / 1e3, p99: p99 / 1e3, errors })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_result_line_is_read_in_seconds_and_milliseconds() {
        let sample = sample("steward-bench 1000 2000000 1500 90000 3").unwrap();
        assert_eq!((sample.requests, sample.seconds, sample.errors), (1000.0, 2.0, 3.0));
        assert_eq!((sample.p50, sample.p99), (1.5, 90.0));
    }

    #[test]
    fn runs_use_different_names() {
        let salt = || script_of(&[], Duration::ZERO).lines().next().map(str::to_owned).unwrap();
        assert!(salt().starts_with("salt = "));
        assert_ne!(salt(), salt());
    }

    #[test]
    fn other_lines_are_ignored() {
        assert!(sample("Requests/sec: 12").is_none());
        assert!(sample("steward-bench 1 2 3").is_none());
    }
}

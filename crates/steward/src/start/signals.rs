use std::future::poll_fn;
use std::io;
use std::task::Poll;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

/// Signals that stop the process. `SIGQUIT` is among them: by default it ends the process without finishing requests.
const STOPPING: [(i32, &str); 3] = [(libc::SIGTERM, "SIGTERM"), (libc::SIGINT, "SIGINT"), (libc::SIGQUIT, "SIGQUIT")];

/// Signals that by default end the process although they do not request a stop. `SIGPIPE` is not among them: the
/// standard library ignores it, and a log line about it could raise the next one.
const IGNORED: [(i32, &str); 8] = [
    (libc::SIGHUP, "SIGHUP"),
    (libc::SIGUSR1, "SIGUSR1"),
    (libc::SIGUSR2, "SIGUSR2"),
    (libc::SIGALRM, "SIGALRM"),
    (libc::SIGVTALRM, "SIGVTALRM"),
    (libc::SIGPROF, "SIGPROF"),
    (libc::SIGIO, "SIGIO"),
    (libc::SIGXFSZ, "SIGXFSZ"),
];

/// The exit code after a second stop signal.
const STOPPED_AT_ONCE: i32 = 130;

/// Reports when the process receives a stop signal.
#[derive(Clone)]
pub(crate) struct StopRequest(watch::Receiver<bool>);

impl StopRequest {
    /// Resolves once the process receives a stop signal.
    pub(crate) async fn received(mut self) {
        if self.0.wait_for(|is_received| *is_received).await.is_err() {
            // The handler lives as long as the runtime.
            std::future::pending::<()>().await;
        }
    }
}

/// Handles signals from now on: the first stop signal is reported, the second ends the process at once.
pub(crate) fn handle() -> io::Result<StopRequest> {
    let (stop, stop_request) = watch::channel(false);
    let mut signals = STOPPING
        .into_iter()
        .chain(IGNORED)
        .map(|(number, name)| Ok((signal(SignalKind::from_raw(number))?, number, name)))
        .collect::<io::Result<Vec<_>>>()?;
    actix_web::rt::spawn(async move {
        loop {
            let (number, name) = next(&mut signals).await;
            if !STOPPING.iter().any(|(stopping, _)| *stopping == number) {
                tracing::info!(signal = name, "signal ignored");
            } else if stop.send_replace(true) {
                tracing::warn!(signal = name, "second stop signal: exiting at once");
                std::process::exit(STOPPED_AT_ONCE);
            } else {
                tracing::info!(
                    signal = name,
                    up_to_seconds = steward_web::server::DRAIN_SECONDS,
                    "stopping: finishing the requests in flight"
                );
            }
        }
    });
    Ok(StopRequest(stop_request))
}

/// The next signal.
async fn next(signals: &mut [(Signal, i32, &'static str)]) -> (i32, &'static str) {
    poll_fn(|cx| {
        let mut arrived = signals
            .iter_mut()
            .filter_map(|(signal, number, name)| signal.poll_recv(cx).is_ready().then_some((*number, *name)));
        arrived.next().map_or(Poll::Pending, Poll::Ready)
    })
    .await
}

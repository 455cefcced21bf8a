//! The "Recent Activity" panel as server-sent events (HTML Living Standard, 9.2).
//!
//! Each stream polls the API as the signed-in user. It ends when the API is unavailable, when the process stops, and
//! after [`MAX_AGE`] at the latest; the browser then reconnects. If no stream is available, the response contains the
//! current events and a longer reconnection time, so the browser polls.
//!
//! The script opens one stream for all visible windows of a session, and none for hidden ones. A stream never refreshes
//! the session: otherwise an unattended screen would keep it open indefinitely. When the token expires, the page
//! receives an event and reloads at the user's next input.

use std::collections::HashMap;
use std::convert::Infallible;
use std::future::ready;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::header::CACHE_CONTROL;
use actix_web::web::{Bytes, Data, ServiceConfig, get};
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use futures_util::{StreamExt as _, stream};
use steward_web::server;
use tokio::time::{Instant, sleep};

use super::dashboard::{RecentActivity, entries, recent};
use crate::Console;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::request::{Administrator, RequestContext, SignedIn};

/// The interval at which a stream polls the API.
const POLL_INTERVAL: Duration = Duration::from_secs(2);
/// The interval of keep-alive comments: proxies close idle connections.
const KEEP_ALIVE: Duration = Duration::from_secs(15);
/// The lifetime of a stream.
const MAX_AGE: Duration = Duration::from_mins(10);
/// Milliseconds before a browser reconnects: after a regular end, and while the API is unavailable.
const RETRY_MS: u32 = 2_000;
const RETRY_LATER_MS: u32 = 10_000;
/// Informs the page that the session has ended: the page then leads to the sign-in.
const SESSION_ENDED: &str = "event: over\ndata: over\n\n";
/// Informs the page that the session needs a refresh, at the user's next input.
const TOKEN_EXPIRED: &str = "event: stale\ndata: stale\n\n";
/// Streams per process.
const MAX_STREAMS: usize = 2_000;
/// Streams per session. A browser opens six connections per host (HTTP/1.1) for all windows. Half of them stay free for
/// pages, even if the windows cannot share a stream.
const MAX_STREAMS_PER_SESSION: usize = 3;

/// The open streams of this process.
#[derive(Default)]
pub(crate) struct Streams {
    /// The number of streams per session, by CSRF token.
    open: Mutex<HashMap<String, usize>>,
}

impl Streams {
    pub(crate) fn open(&self) -> usize {
        self.lock().values().sum()
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, usize>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The right to open a stream, released on drop.
struct StreamPermit {
    streams: Arc<Streams>,
    session: String,
}

impl StreamPermit {
    fn try_acquire(streams: &Arc<Streams>, session: &str) -> Option<Self> {
        let mut open = streams.lock();
        let is_full = open.values().sum::<usize>() >= MAX_STREAMS;
        let count = open.get(session).copied().unwrap_or_default();
        if is_full || count >= MAX_STREAMS_PER_SESSION {
            return None;
        }
        open.insert(session.to_owned(), count + 1);
        Some(Self { streams: Arc::clone(streams), session: session.to_owned() })
    }
}

impl Drop for StreamPermit {
    fn drop(&mut self) {
        let mut open = self.streams.lock();
        if let Some(count) = open.get_mut(&self.session) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.session);
            }
        }
    }
}

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/events", get().to(stream_events));
}

async fn stream_events(context: RequestContext, request: HttpRequest, console: Data<Console>) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response.content_type("text/event-stream");
    // Proxies must not buffer events (nginx reads this header).
    response.insert_header((CACHE_CONTROL, "no-store")).insert_header(("x-accel-buffering", "no"));
    // A browser does not reconnect after any other kind of response.
    let caller = match SignedIn::without_refresh(context).and_then(SignedIn::administrator) {
        Ok(Administrator(caller)) if caller.session.needs_refresh(caller.context.now()) => {
            return response.body(TOKEN_EXPIRED);
        }
        Ok(Administrator(caller)) => caller,
        Err(_) => return response.body(SESSION_ENDED),
    };
    let last_sent = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let permit = StreamPermit::try_acquire(&console.streams, &caller.session.csrf);
    let now = Instant::now();
    let mut watcher = Watcher { caller, last_sent, started_at: now, last_write: now, is_first: true };
    let Some(permit) = permit else {
        let current = watcher.poll().await.ok().flatten().unwrap_or_default();
        return response.body(retry(RETRY_LATER_MS) + &current);
    };
    let events = stream::unfold(Some((watcher, permit)), |state| async {
        let (watcher, permit) = state?;
        let (text, watcher) = watcher.next().await;
        Some((Ok::<_, Infallible>(Bytes::from(text)), watcher.map(|watcher| (watcher, permit))))
    });
    // The reconnection time is sent first, even if the process is about to stop.
    let first = stream::once(ready(Ok(Bytes::from(retry(RETRY_MS)))));
    response.streaming(first.chain(events.take_until(server::draining(&request))))
}

/// The state of a stream. Dropped when the client disconnects.
struct Watcher {
    caller: SignedIn,
    /// The id of the newest entry that the client has.
    last_sent: Option<i64>,
    started_at: Instant,
    /// When data was last sent.
    last_write: Instant,
    is_first: bool,
}

impl Watcher {
    /// Waits for the next data to send. Returns the stream's state unless the stream ends.
    async fn next(mut self) -> (String, Option<Self>) {
        let mut is_immediate = std::mem::take(&mut self.is_first);
        loop {
            if !std::mem::take(&mut is_immediate) {
                sleep(POLL_INTERVAL).await;
            }
            match self.poll().await {
                Ok(Some(event)) => {
                    self.last_write = Instant::now();
                    return (event, Some(self));
                }
                Ok(None) if self.started_at.elapsed() >= MAX_AGE => return (String::new(), None),
                Ok(None) if self.last_write.elapsed() >= KEEP_ALIVE => {
                    self.last_write = Instant::now();
                    return (":\n\n".to_owned(), Some(self));
                }
                Ok(None) => {}
                Err(Failure::SignInNeeded) if self.caller.session.needs_refresh(self.caller.context.now()) => {
                    return (TOKEN_EXPIRED.to_owned(), None);
                }
                Err(Failure::SignInNeeded | Failure::RequirementOutstanding(_) | Failure::Forbidden) => {
                    return (SESSION_ENDED.to_owned(), None);
                }
                Err(_) => return (retry(RETRY_LATER_MS), None),
            }
        }
    }

    /// Returns an event if there are new entries.
    async fn poll(&mut self) -> Result<Option<String>, Failure> {
        let page = self.caller.api.audit_logs(&recent()).await?;
        let newest = page.items.first().map_or(0, |entry| entry.id);
        if self.last_sent.replace(newest) == Some(newest) {
            return Ok(None);
        }
        let context = &self.caller.context;
        let frame = Frame::signed_in(&self.caller, Section::Dashboard, String::new());
        let html = RecentActivity { entries: entries(context.language(), page), frame }.render()?;
        Ok(Some(event(newest, &html)))
    }
}

fn retry(milliseconds: u32) -> String {
    format!("retry: {milliseconds}\n\n")
}

/// Formats an event. Each line of its data is a field of its own.
fn event(id: i64, data: &str) -> String {
    let mut event = format!("id: {id}\n");
    // A lone carriage return also ends a line in an event stream.
    for line in data.split(['\n', '\r']).filter(|line| !line.is_empty()) {
        event.push_str("data: ");
        event.push_str(line);
        event.push('\n');
    }
    event.push('\n');
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_of_several_lines_is_one_event() {
        assert_eq!(event(7, "<ul>\n<li>a</li>\r\n</ul>\n"), "id: 7\ndata: <ul>\ndata: <li>a</li>\ndata: </ul>\n\n");
        assert_eq!(event(0, "a\r\n\nevent: over\rid: 9"), "id: 0\ndata: a\ndata: event: over\ndata: id: 9\n\n");
    }

    #[test]
    fn streams_per_process_are_limited_and_released() {
        let streams = Arc::default();
        let mut sessions = 0..;
        let next = || StreamPermit::try_acquire(&streams, &sessions.next()?.to_string());
        let permits: Vec<_> = std::iter::from_fn(next).collect();
        assert_eq!((permits.len(), streams.open()), (MAX_STREAMS, MAX_STREAMS));
        drop(permits);
        assert_eq!(streams.open(), 0);
        assert!(StreamPermit::try_acquire(&streams, "another").is_some());
    }

    #[test]
    fn streams_per_session_are_limited() {
        let streams = Arc::default();
        let mut permits: Vec<_> = std::iter::from_fn(|| StreamPermit::try_acquire(&streams, "one")).collect();
        assert_eq!(permits.len(), MAX_STREAMS_PER_SESSION);
        assert!(StreamPermit::try_acquire(&streams, "another").is_some());
        permits.pop();
        assert!(StreamPermit::try_acquire(&streams, "one").is_some());
    }

    #[test]
    fn the_reconnection_time_is_a_retry_field() {
        assert_eq!(retry(RETRY_MS), "retry: 2000\n\n");
    }
}

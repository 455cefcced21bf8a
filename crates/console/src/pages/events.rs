//! "Recent Activity" as it changes, as server-sent events (HTML Living Standard, 9.2).
//!
//! Each stream asks the API as the person who watches, as often as their browser could. It ends often: when the API is
//! away, when the process stops, and after [`LONGEST`] at the latest; the browser then opens the next one by itself.
//! Where there is no room for a stream, the answer is what is new and the time to ask again: the browser polls.
//! The script opens one for all visible windows of a session, and none for hidden ones. It never has the session
//! refreshed: a screen that nobody looks at would keep it open for ever. When the token is over the page is told, and
//! goes on with the person's next touch.

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

/// How often it is looked whether anything has changed.
const PAUSE: Duration = Duration::from_secs(2);
/// After so long without a word proxies take a connection for dead.
const SILENCE: Duration = Duration::from_secs(15);
/// How long a stream lasts.
const LONGEST: Duration = Duration::from_mins(10);
/// How long a browser waits until it asks again, in milliseconds: after a stream that ended as it should, and while the
/// API is away.
const AGAIN: u32 = 2_000;
const AGAIN_LATER: u32 = 10_000;
/// Tells the page that nobody is signed in any more: it then asks to sign in.
const OVER: &str = "event: over\ndata: over\n\n";
/// Tells the page that the session is to be refreshed, once somebody is there.
const STALE: &str = "event: stale\ndata: stale\n\n";
/// Streams of a process, at most.
const MOST: usize = 2_000;
/// Streams of one session, at most. A browser keeps six connections to a host (HTTP/1.1) for all its windows: half of
/// them stay free for pages, even where its windows cannot share a stream.
const MOST_OF_SESSION: usize = 3;

/// The streams that are open in this process.
#[derive(Default)]
pub(crate) struct Streams {
    /// How many there are of each session, by its token.
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

/// One of the streams that there is room for.
struct Seat {
    streams: Arc<Streams>,
    session: String,
}

impl Seat {
    fn take(streams: &Arc<Streams>, session: &str) -> Option<Self> {
        let mut open = streams.lock();
        let is_full = open.values().sum::<usize>() >= MOST;
        let count = open.get(session).copied().unwrap_or_default();
        if is_full || count >= MOST_OF_SESSION {
            return None;
        }
        open.insert(session.to_owned(), count + 1);
        Some(Self { streams: Arc::clone(streams), session: session.to_owned() })
    }
}

impl Drop for Seat {
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
    config.route("/events", get().to(watch));
}

async fn watch(context: RequestContext, request: HttpRequest, console: Data<Console>) -> HttpResponse {
    let mut answer = HttpResponse::Ok();
    answer.content_type("text/event-stream");
    // Proxies must hand on each event at once (nginx reads this header).
    answer.insert_header((CACHE_CONTROL, "no-store")).insert_header(("x-accel-buffering", "no"));
    // A browser gives up on any other answer than a stream.
    let who = match SignedIn::without_refresh(context).and_then(SignedIn::administrator) {
        Ok(Administrator(who)) if who.session.needs_refresh(who.context.now()) => return answer.body(STALE),
        Ok(Administrator(who)) => who,
        Err(_) => return answer.body(OVER),
    };
    let seen = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let seat = Seat::take(&console.streams, &who.session.csrf);
    let now = Instant::now();
    let mut watcher = Watcher { who, seen, began: now, spoke: now, is_first: true };
    let Some(seat) = seat else {
        let news = watcher.look().await.ok().flatten().unwrap_or_default();
        return answer.body(retry(AGAIN_LATER) + &news);
    };
    let events = stream::unfold(Some((watcher, seat)), |watching| async {
        let (watcher, seat) = watching?;
        let (text, watcher) = watcher.next().await;
        Some((Ok::<_, Infallible>(Bytes::from(text)), watcher.map(|watcher| (watcher, seat))))
    });
    // When to come back is sent first, however soon the process stops.
    let greeting = stream::once(ready(Ok(Bytes::from(retry(AGAIN)))));
    answer.streaming(greeting.chain(events.take_until(server::draining(&request))))
}

/// Somebody who watches. Dropped when they hang up.
struct Watcher {
    who: SignedIn,
    /// The newest entry that was shown.
    seen: Option<i64>,
    began: Instant,
    /// When anything was last sent.
    spoke: Instant,
    is_first: bool,
}

impl Watcher {
    /// What to send next, however long that takes, and who goes on watching: nobody at the stream's end.
    async fn next(mut self) -> (String, Option<Self>) {
        let mut at_once = std::mem::take(&mut self.is_first);
        loop {
            if !std::mem::take(&mut at_once) {
                sleep(PAUSE).await;
            }
            match self.look().await {
                Ok(Some(event)) => {
                    self.spoke = Instant::now();
                    return (event, Some(self));
                }
                Ok(None) if self.began.elapsed() >= LONGEST => return (String::new(), None),
                Ok(None) if self.spoke.elapsed() >= SILENCE => {
                    self.spoke = Instant::now();
                    return (":\n\n".to_owned(), Some(self));
                }
                Ok(None) => {}
                Err(Failure::SignInNeeded) if self.who.session.needs_refresh(self.who.context.now()) => {
                    return (STALE.to_owned(), None);
                }
                Err(Failure::SignInNeeded | Failure::PasswordChangeNeeded | Failure::Forbidden) => {
                    return (OVER.to_owned(), None);
                }
                Err(_) => return (retry(AGAIN_LATER), None),
            }
        }
    }

    /// What is new, as an event.
    async fn look(&mut self) -> Result<Option<String>, Failure> {
        let page = self.who.api.audit_logs(&recent()).await?;
        let newest = page.items.first().map_or(0, |entry| entry.id);
        if self.seen.replace(newest) == Some(newest) {
            return Ok(None);
        }
        let context = &self.who.context;
        let frame = Frame::signed_in(&self.who, Section::Dashboard, String::new());
        let html = RecentActivity { entries: entries(context.language(), page), frame }.render()?;
        Ok(Some(event(newest, &html)))
    }
}

fn retry(milliseconds: u32) -> String {
    format!("retry: {milliseconds}\n\n")
}

/// An event with this id. Each line of its data stands on a line of its own.
fn event(id: i64, data: &str) -> String {
    let mut event = format!("id: {id}\n");
    // A lone carriage return ends a line there, too.
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
    fn a_process_has_room_for_so_many_streams_and_gets_it_back() {
        let streams = Arc::default();
        let mut sessions = 0..;
        let next = || Seat::take(&streams, &sessions.next()?.to_string());
        let seats: Vec<_> = std::iter::from_fn(next).collect();
        assert_eq!((seats.len(), streams.open()), (MOST, MOST));
        drop(seats);
        assert_eq!(streams.open(), 0);
        assert!(Seat::take(&streams, "another").is_some());
    }

    #[test]
    fn a_session_leaves_room_for_others() {
        let streams = Arc::default();
        let mut seats: Vec<_> = std::iter::from_fn(|| Seat::take(&streams, "one")).collect();
        assert_eq!(seats.len(), MOST_OF_SESSION);
        assert!(Seat::take(&streams, "another").is_some());
        seats.pop();
        assert!(Seat::take(&streams, "one").is_some());
    }

    #[test]
    fn a_browser_is_told_when_to_come_back() {
        assert_eq!(retry(AGAIN), "retry: 2000\n\n");
    }
}

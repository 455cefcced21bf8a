//! A form that is sent twice is carried out once: both get the same answer.
//!
//! A double click sends a form twice. Where no script prevents that, the browser drops the first answer and shows the
//! second, which would report a change by another user, or open a second session. Every page that is shown gives
//! its forms another value of [`ONCE`]: what arrives with all fields alike within [`KEPT`] is the same submission.
//!
//! Answers are kept by the process that gave them. Where several consoles serve one address, the API's preconditions
//! still hold, and the second answer tells of them.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::ServiceResponse;
use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::web::{Bytes, Data};
use actix_web::{Error, HttpRequest, HttpResponse, body, error, rt};
use sha2::{Digest, Sha256};
use tokio::sync::watch;
use tokio::time::sleep;

use crate::Console;

/// The field whose value is another one on each page that is shown.
pub(super) const ONCE: &str = "once";
/// How long an answer is kept for a second submission: longer than two clicks of a double click lie apart.
const KEPT: Duration = Duration::from_secs(5);
/// Answers that are kept, at most. Beyond that a submission is known only while it is under way.
const MOST: usize = 1_000;

/// Tells submissions apart.
type Key = [u8; 32];

/// The submissions that are under way or were answered just now.
#[derive(Default)]
pub(crate) struct Submissions(Mutex<HashMap<Key, watch::Receiver<Option<Answer>>>>);

/// An answer that can be given more than once.
#[derive(Clone)]
pub(super) struct Answer {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

/// Whether a submission is the first of its kind.
pub(super) enum Submission {
    New(watch::Sender<Option<Answer>>),
    Repeated(watch::Receiver<Option<Answer>>),
}

/// Forgets a submission when dropped, also if its handler panicked.
struct Remembered {
    console: Data<Console>,
    key: Key,
}

impl Drop for Remembered {
    fn drop(&mut self) {
        self.console.submissions.forget(&self.key);
    }
}

/// The key of a form. The token is that of the session, or of the browser where there is none: no other browser gets the
/// answer, and none is given again after its session has changed.
pub(super) fn key(token: &str, target: &str, body: &[u8]) -> Key {
    let mut digest = Sha256::new();
    for part in [token.as_bytes(), target.as_bytes()] {
        digest.update(part);
        digest.update([0]);
    }
    digest.update(body);
    digest.finalize().into()
}

impl Submissions {
    pub(super) fn begin(&self, key: Key) -> Submission {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(receiver) = known.get(&key) {
            return Submission::Repeated(receiver.clone());
        }
        let (sender, receiver) = watch::channel(None);
        known.insert(key, receiver);
        Submission::New(sender)
    }

    /// Whether an answer is kept. One that asks to try again is not: the next attempt may be for real.
    fn keeps(&self, answer: &Answer) -> bool {
        let is_done = answer.status.is_success() || answer.status.is_redirection();
        is_done && self.0.lock().unwrap_or_else(PoisonError::into_inner).len() <= MOST
    }

    fn forget(&self, key: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// Carries a submission out, even where the browser hangs up meanwhile: it may have sent it again, and wait for this
/// answer.
pub(super) async fn carry_out<B: MessageBody + 'static>(
    console: Data<Console>,
    key: Key,
    sender: watch::Sender<Option<Answer>>,
    response: impl Future<Output = Result<ServiceResponse<B>, Error>> + 'static,
) -> Result<ServiceResponse, Error> {
    let remembered = Remembered { console, key };
    let task = rt::spawn(async move {
        let answered = async { Answer::of(response.await?).await }.await;
        if let Ok((_, answer)) = &answered {
            sender.send_replace(Some(answer.clone()));
            if remembered.console.submissions.keeps(answer) {
                rt::spawn(async move {
                    sleep(KEPT).await;
                    drop(remembered);
                });
            }
        }
        answered
    });
    let (request, answer) = task.await.map_err(error::ErrorInternalServerError)??;
    Ok(ServiceResponse::new(request, answer.into_response()))
}

/// The answer to the submission of the same kind that came first.
pub(super) async fn same_answer(mut first: watch::Receiver<Option<Answer>>) -> Result<HttpResponse, Error> {
    let answer = first.wait_for(Option::is_some).await.map_err(error::ErrorInternalServerError)?.clone();
    answer.map(Answer::into_response).ok_or_else(|| error::ErrorInternalServerError("no answer"))
}

impl Answer {
    async fn of<B: MessageBody + 'static>(response: ServiceResponse<B>) -> Result<(HttpRequest, Self), Error> {
        let (request, response) = response.into_parts();
        let status = response.status();
        let headers = response.headers().iter().map(|(name, value)| (name.clone(), value.clone())).collect();
        let body = body::to_bytes(response.into_body())
            .await
            .map_err(|error| error::ErrorInternalServerError(error.into()))?;
        Ok((request, Self { status, headers, body }))
    }

    fn into_response(self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        for header in self.headers {
            response.append_header(header);
        }
        response.body(self.body)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use actix_web::body::BoxBody;
    use steward_contracts::services::ClientAddressSigner;
    use steward_contracts::services::ServiceKey;
    use steward_testkit::{TestClock, TestIds};

    use super::*;
    use crate::ConsoleSettings;

    fn answer(status: StatusCode) -> Answer {
        Answer { status, headers: Vec::new(), body: Bytes::new() }
    }

    #[test]
    fn the_same_fields_from_the_same_browser_at_the_same_address_are_one_submission() {
        let submissions = Submissions::default();
        let one = key("browser", "/users/alice/edit", b"once=1&name=A");
        let Submission::New(sender) = submissions.begin(one) else { panic!("it is the first") };
        assert!(matches!(submissions.begin(one), Submission::Repeated(_)));
        for other in [
            key("another", "/users/alice/edit", b"once=1&name=A"),
            key("browser", "/users/bob/edit", b"once=1&name=A"),
            key("browser", "/users/alice/edit", b"once=2&name=A"),
            key("browser/", "users/alice/edit", b"once=1&name=A"),
        ] {
            assert!(matches!(submissions.begin(other), Submission::New(_)));
        }
        drop(sender);
        submissions.forget(&one);
        assert!(matches!(submissions.begin(one), Submission::New(_)));
    }

    #[actix_web::test]
    async fn a_submission_whose_handler_panics_is_forgotten() {
        let clock = Arc::new(TestClock::default());
        let settings = ConsoleSettings {
            api_url: "http://127.0.0.1:1".to_owned(),
            address_signer: ClientAddressSigner::new(ServiceKey::new(b"a key of tests"), clock.clone()),
            cookie_keys: Vec::new(),
            clock,
            ids: Arc::new(TestIds::seeded(1)),
        };
        let console = Data::new(Console::new(settings).unwrap());
        let key = key("browser", "/users/alice/edit", b"once=1&name=A");
        let Submission::New(sender) = console.submissions.begin(key) else { panic!("seen before") };
        let answered = carry_out::<BoxBody>(console.clone(), key, sender, async { panic!("on purpose") }).await;
        assert!(answered.is_err());
        assert!(matches!(console.submissions.begin(key), Submission::New(_)));
    }

    #[test]
    fn an_answer_that_asks_to_try_again_is_not_kept_nor_more_than_there_is_room_for() {
        let submissions = Submissions::default();
        assert!(submissions.keeps(&answer(StatusCode::SEE_OTHER)) && submissions.keeps(&answer(StatusCode::OK)));
        for status in [StatusCode::UNAUTHORIZED, StatusCode::UNPROCESSABLE_ENTITY, StatusCode::BAD_GATEWAY] {
            assert!(!submissions.keeps(&answer(status)), "{status}");
        }
        for number in 0..=MOST {
            let Submission::New(_) = submissions.begin(key("", "", &number.to_be_bytes())) else {
                panic!("seen before")
            };
        }
        assert!(!submissions.keeps(&answer(StatusCode::SEE_OTHER)));
    }
}

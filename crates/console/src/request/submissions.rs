//! A form that is submitted twice runs once; both requests get the same response.
//!
//! A double click submits a form twice. Without the script, the browser drops the first response and shows the second,
//! which would report a conflict or open a second session. The forms of each page have a new value of [`ONCE`]. A
//! submission with equal fields within [`RETENTION`] is a repetition.
//!
//! Responses are kept in this process. With several console processes, the API's preconditions still apply, and the
//! second response reports the conflict.

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

/// The field with the submission id, which is new on each page.
pub(super) const ONCE: &str = "once";
/// How long a response is kept, which exceeds the interval of a double click.
const RETENTION: Duration = Duration::from_secs(5);
/// The number of kept responses. Above it, a submission is recognised only while it is in progress.
const MAX_STORED: usize = 1_000;

/// Identifies a submission.
type Key = [u8; 32];

/// The submissions in progress or completed recently.
#[derive(Default)]
pub(crate) struct Submissions(Mutex<HashMap<Key, watch::Receiver<Option<StoredResponse>>>>);

/// A response that can be sent more than once.
#[derive(Clone)]
pub(super) struct StoredResponse {
    status: StatusCode,
    headers: Vec<(HeaderName, HeaderValue)>,
    body: Bytes,
}

/// Whether a submission is new or repeated.
pub(super) enum Submission {
    New(watch::Sender<Option<StoredResponse>>),
    Repeated(watch::Receiver<Option<StoredResponse>>),
}

/// Removes a submission when dropped, even if its handler panicked.
struct SubmissionGuard {
    console: Data<Console>,
    key: Key,
}

impl Drop for SubmissionGuard {
    fn drop(&mut self) {
        self.console.submissions.remove(&self.key);
    }
}

/// Returns the key of a form. `token` is that of the session, or else of the browser. It keeps the response from other
/// browsers and other sessions.
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
        let mut submissions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(receiver) = submissions.get(&key) {
            return Submission::Repeated(receiver.clone());
        }
        let (sender, receiver) = watch::channel(None);
        submissions.insert(key, receiver);
        Submission::New(sender)
    }

    /// Returns whether a response is kept. Errors are not, so that a retry runs again.
    fn keeps(&self, stored: &StoredResponse) -> bool {
        let is_done = stored.status.is_success() || stored.status.is_redirection();
        is_done && self.0.lock().unwrap_or_else(PoisonError::into_inner).len() <= MAX_STORED
    }

    fn remove(&self, key: &Key) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(key);
    }
}

/// Runs a submission to completion even if the browser disconnects: a repeated request may wait for the response.
pub(super) async fn run<B: MessageBody + 'static>(
    console: Data<Console>,
    key: Key,
    sender: watch::Sender<Option<StoredResponse>>,
    response: impl Future<Output = Result<ServiceResponse<B>, Error>> + 'static,
) -> Result<ServiceResponse, Error> {
    let guard = SubmissionGuard { console, key };
    let task = rt::spawn(async move {
        let result = async { StoredResponse::read(response.await?).await }.await;
        if let Ok((_, stored)) = &result {
            sender.send_replace(Some(stored.clone()));
            if guard.console.submissions.keeps(stored) {
                rt::spawn(async move {
                    sleep(RETENTION).await;
                    drop(guard);
                });
            }
        }
        result
    });
    let (request, stored) = task.await.map_err(error::ErrorInternalServerError)??;
    Ok(ServiceResponse::new(request, stored.into_response()))
}

/// Returns the response to the first submission.
pub(super) async fn repeat_response(mut first: watch::Receiver<Option<StoredResponse>>) -> Result<HttpResponse, Error> {
    let stored = first.wait_for(Option::is_some).await.map_err(error::ErrorInternalServerError)?.clone();
    stored
        .map(StoredResponse::into_response)
        .ok_or_else(|| error::ErrorInternalServerError("the first submission has no response"))
}

impl StoredResponse {
    async fn read<B: MessageBody + 'static>(response: ServiceResponse<B>) -> Result<(HttpRequest, Self), Error> {
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

    fn stored(status: StatusCode) -> StoredResponse {
        StoredResponse { status, headers: Vec::new(), body: Bytes::new() }
    }

    #[test]
    fn equal_fields_with_equal_token_and_target_are_one_submission() {
        let submissions = Submissions::default();
        let one = key("browser", "/users/alice/edit", b"once=1&name=A");
        let Submission::New(sender) = submissions.begin(one) else { panic!("the first submission counts as repeated") };
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
        submissions.remove(&one);
        assert!(matches!(submissions.begin(one), Submission::New(_)));
    }

    #[actix_web::test]
    async fn a_submission_whose_handler_panics_is_removed() {
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
        let Submission::New(sender) = console.submissions.begin(key) else {
            panic!("a new submission counts as repeated")
        };
        let result = run::<BoxBody>(console.clone(), key, sender, async { panic!("on purpose") }).await;
        assert!(result.is_err());
        assert!(matches!(console.submissions.begin(key), Submission::New(_)));
    }

    #[test]
    fn errors_and_responses_above_the_limit_are_not_kept() {
        let submissions = Submissions::default();
        assert!(submissions.keeps(&stored(StatusCode::SEE_OTHER)) && submissions.keeps(&stored(StatusCode::OK)));
        for status in [StatusCode::UNAUTHORIZED, StatusCode::UNPROCESSABLE_ENTITY, StatusCode::BAD_GATEWAY] {
            assert!(!submissions.keeps(&stored(status)), "{status}");
        }
        for number in 0..=MAX_STORED {
            let Submission::New(_) = submissions.begin(key("", "", &number.to_be_bytes())) else {
                panic!("a new submission counts as repeated")
            };
        }
        assert!(!submissions.keeps(&stored(StatusCode::SEE_OTHER)));
    }
}

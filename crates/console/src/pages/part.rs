//! A part of a page that can fail by itself, while the rest of the page is shown.

use steward_client::Error;

use super::failed::words;
use crate::failure::Failure;
use crate::request::RequestContext;

/// What a panel shows in the place of what could not be had.
pub(super) struct PartFailure {
    pub(super) title: String,
    pub(super) text: String,
    /// Under what the API's log tells more.
    pub(super) request_id: Option<String>,
}

/// What a panel shows: what the API answered, or why there is nothing.
pub(super) fn part<T>(context: &RequestContext, answer: Result<T, Error>) -> Result<T, PartFailure> {
    answer.map_err(|error| {
        tracing::warn!(%error, "a part of a page could not be made");
        let request_id = error.problem().map(|problem| problem.request_id.clone());
        let (title, text) = words(&Failure::from(error));
        PartFailure { title: context.t(title), text: context.t(text), request_id }
    })
}

/// The same on a page of nothing but panels; whoever has to sign in first, or to change their password, is sent there.
pub(super) fn panel<T>(context: &RequestContext, answer: Result<T, Error>) -> Result<Result<T, PartFailure>, Failure> {
    match answer.as_ref().err().and_then(Failure::needed_first) {
        Some(failure) => Err(failure),
        None => Ok(part(context, answer)),
    }
}

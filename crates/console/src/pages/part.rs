//! A part of a page that can fail while the rest of the page is shown.

use steward_client::Error;

use super::failed::message_ids;
use crate::failure::Failure;
use crate::request::RequestContext;

/// The message that a panel shows instead of its content.
pub(super) struct PartFailure {
    pub(super) title: String,
    pub(super) text: String,
    /// The request id in the API's log.
    pub(super) request_id: Option<String>,
}

/// Turns an API error into the message of a panel.
pub(super) fn part<T>(context: &RequestContext, result: Result<T, Error>) -> Result<T, PartFailure> {
    result.map_err(|error| {
        tracing::warn!(%error, "failed to load a part of a page");
        let request_id = error.problem().map(|problem| problem.request_id.clone());
        let (title, text) = message_ids(&Failure::from(error));
        PartFailure { title: context.t(title), text: context.t(text), request_id }
    })
}

/// The same for a page that consists of panels. Returns an error if the user must first sign in or change the password.
pub(super) fn panel<T>(context: &RequestContext, result: Result<T, Error>) -> Result<Result<T, PartFailure>, Failure> {
    match result.as_ref().err().and_then(Failure::unmet_requirement) {
        Some(failure) => Err(failure),
        None => Ok(part(context, result)),
    }
}

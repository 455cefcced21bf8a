//! What follows a button: a message about the result, and the page of the form.

use actix_web::HttpResponse;
use steward_client::Error;
use steward_domain::Action;

use crate::failure::Failure;
use crate::language::Language;
use crate::request::{FormData, SignedIn, Toast};

/// Adds a message about the result, with a link to the audit entry at `audit` if it succeeded, and redirects to the page of
/// the form, or else to `fallback`. `rejection` returns the text of an error that the API explains.
pub(super) fn finish(
    caller: &SignedIn,
    form: &FormData,
    fallback: &str,
    audit: String,
    done: Result<String, Error>,
    rejection: fn(&Error, Language) -> Option<String>,
) -> Result<HttpResponse, Failure> {
    finish_at(caller, form.page(fallback), audit, done, rejection)
}

/// Adds a message about the result, as [`finish`] does, and redirects to `page`.
pub(super) fn finish_at(
    caller: &SignedIn,
    page: &str,
    audit: String,
    done: Result<String, Error>,
    rejection: fn(&Error, Language) -> Option<String>,
) -> Result<HttpResponse, Failure> {
    let context = &caller.context;
    let toast = match done {
        Ok(text) => Toast::done(text).with_link(audit, context.t("user-audit-entry")),
        Err(error) => match rejection(&error, context.language()) {
            Some(text) => Toast::failed(text),
            None => return Err(error.into()),
        },
    };
    context.add_toast(toast);
    Ok(context.redirect(page))
}

/// Returns the URL of the audit entries of an action without a target.
pub(super) fn audit_address(action: Action) -> String {
    format!("/audit?action={}", action.as_str())
}

//! The buttons of a mail. Each one shows a message and returns to the page of the form.

use actix_web::HttpResponse;
use actix_web::web::Path;
use steward_client::Error;
use steward_domain::Action;

use super::super::user::denial_text;
use super::OUTBOX;
use crate::failure::Failure;
use crate::request::{Administrator, FormData, ProtectedForm, SignedIn, Toast};

pub(super) async fn retry(
    ProtectedForm { caller: Administrator(caller), form }: ProtectedForm<Administrator>,
    id: Path<i64>,
) -> Result<HttpResponse, Failure> {
    let done = caller.api.retry_mail(*id).await.map(drop);
    finish(&caller, &form, done, "outbox-retried", Action::MailRetried)
}

pub(super) async fn cancel(
    ProtectedForm { caller: Administrator(caller), form }: ProtectedForm<Administrator>,
    id: Path<i64>,
) -> Result<HttpResponse, Failure> {
    let done = caller.api.cancel_mail(*id).await;
    finish(&caller, &form, done, "outbox-was-cancelled", Action::MailCancelled)
}

/// Adds a message about the result and redirects to the page of the form.
fn finish(
    caller: &SignedIn,
    form: &FormData,
    done: Result<(), Error>,
    text: &str,
    action: Action,
) -> Result<HttpResponse, Failure> {
    let context = &caller.context;
    let toast = match done {
        Ok(()) => Toast::done(context.t(text))
            .with_link(format!("/audit?action={}", action.as_str()), context.t("user-audit-entry")),
        Err(error) => match error.code() {
            Some("wrong-mail-state") => Toast::failed(context.t("outbox-wrong-state")),
            Some("mail-not-found") => Toast::failed(context.t("outbox-gone")),
            _ => match denial_text(&error, context.language()) {
                Some(text) => Toast::failed(text),
                None => return Err(error.into()),
            },
        },
    };
    context.add_toast(toast);
    Ok(context.redirect(form.page(OUTBOX)))
}

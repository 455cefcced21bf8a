//! The buttons of a mail. Each one shows a message and returns to the page of the form.

use actix_web::HttpResponse;
use actix_web::web::Path;
use steward_client::Error;
use steward_domain::Action;

use super::OUTBOX;
use crate::failure::Failure;
use crate::language::Language;
use crate::pages::finish::{audit_address, finish};
use crate::pages::user::denial_text;
use crate::request::{Administrator, FormData, ProtectedForm, SignedIn};

pub(super) async fn retry(
    ProtectedForm { caller: Administrator(caller), form }: ProtectedForm<Administrator>,
    id: Path<i64>,
) -> Result<HttpResponse, Failure> {
    let done = caller.api.retry_mail(*id).await.map(drop);
    finish_mail(&caller, &form, done, "outbox-retried", Action::MailRetried)
}

pub(super) async fn cancel(
    ProtectedForm { caller: Administrator(caller), form }: ProtectedForm<Administrator>,
    id: Path<i64>,
) -> Result<HttpResponse, Failure> {
    let done = caller.api.cancel_mail(*id).await;
    finish_mail(&caller, &form, done, "outbox-was-cancelled", Action::MailCancelled)
}

fn finish_mail(
    caller: &SignedIn,
    form: &FormData,
    done: Result<(), Error>,
    text: &str,
    action: Action,
) -> Result<HttpResponse, Failure> {
    let done = done.map(|()| caller.context.t(text));
    finish(caller, form, OUTBOX, audit_address(action), done, rejection_text)
}

/// Returns why the API rejected a change of a mail. Returns `None` for errors that are not about it.
fn rejection_text(error: &Error, language: Language) -> Option<String> {
    match error.code()? {
        "wrong-mail-state" => Some(language.text("outbox-wrong-state")),
        "mail-not-found" => Some(language.text("outbox-gone")),
        _ => denial_text(error, language),
    }
}

//! What buttons do to a user: on their page and in the list. Each says what happened, with a link to its audit entry, and
//! leads back to where it was pressed.

use actix_web::HttpResponse;
use actix_web::web::Path;
use steward_client::Error;
use steward_domain::Action;

use super::denied::refusal;
use super::{address, audit_address};
use crate::failure::Failure;
use crate::request::{Administrator, FormData, ProtectedForm, SignedIn, Toast};

type Answer = Result<HttpResponse, Failure>;

pub(super) async fn activate(act: ProtectedForm<Administrator>, id: Path<String>) -> Answer {
    let ProtectedForm { who: Administrator(who), form } = act;
    let done = who.api.activate_user(&id).await;
    let text = done.map(|user| who.context.language().text_with("user-activated", &[("name", user.name.into())]));
    finish(&who, &form, &id, Action::UserActivated, text)
}

pub(super) async fn deactivate(act: ProtectedForm<Administrator>, id: Path<String>) -> Answer {
    let ProtectedForm { who: Administrator(who), form } = act;
    let done = who.api.deactivate_user(&id).await;
    let text = done.map(|user| who.context.language().text_with("user-deactivated", &[("name", user.name.into())]));
    finish(&who, &form, &id, Action::UserDeactivated, text)
}

pub(super) async fn unlock(act: ProtectedForm<Administrator>, id: Path<String>) -> Answer {
    let ProtectedForm { who: Administrator(who), form } = act;
    let done = who.api.unlock_user(&id).await;
    let text = done.map(|user| who.context.language().text_with("user-unlocked", &[("name", user.name.into())]));
    finish(&who, &form, &id, Action::UserUnlocked, text)
}

pub(super) async fn revoke_one(act: ProtectedForm<Administrator>, path: Path<(String, String)>) -> Answer {
    let (ProtectedForm { who: Administrator(who), form }, (id, session)) = (act, path.into_inner());
    let done = who.api.revoke_session(&id, &session).await;
    let text = done.map(|()| who.context.t("user-session-revoked"));
    finish(&who, &form, &id, Action::SessionsRevoked, text)
}

pub(super) async fn revoke_all(act: ProtectedForm<Administrator>, id: Path<String>) -> Answer {
    let ProtectedForm { who: Administrator(who), form } = act;
    let done = who.api.revoke_sessions(&id).await;
    let text =
        done.map(|done| who.context.language().text_with("user-sessions-revoked", &[("count", done.ended.into())]));
    finish(&who, &form, &id, Action::SessionsRevoked, text)
}

/// Says what happened, or why it did not, and leads back.
fn finish(who: &SignedIn, form: &FormData, id: &str, action: Action, done: Result<String, Error>) -> Answer {
    let context = &who.context;
    let toast = match done {
        Ok(text) => Toast::done(text).with_link(audit_address(id, action), context.t("user-audit-entry")),
        Err(error) => match refusal(&error, context.language()) {
            Some(text) => Toast::failed(text),
            None => return Err(error.into()),
        },
    };
    context.tell(toast);
    Ok(context.go(form.page(&address(id))))
}

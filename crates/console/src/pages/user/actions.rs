//! Actions on a user, from the user's page and from the list. Each one shows a message with a link to its audit entry
//! and returns to the page of the form.

use actix_web::HttpResponse;
use actix_web::web::Path;
use steward_client::Error;
use steward_domain::Action;

use super::denied::denial_text;
use super::{address, audit_address};
use crate::failure::Failure;
use crate::pages::finish::finish;
use crate::request::{Administrator, FormData, ProtectedForm, SignedIn};

type PageResult = Result<HttpResponse, Failure>;

pub(super) async fn activate(submitted: ProtectedForm<Administrator>, id: Path<String>) -> PageResult {
    let ProtectedForm { caller: Administrator(caller), form } = submitted;
    let done = caller.api.activate_user(&id).await;
    let text = done.map(|user| caller.context.language().text_with("user-activated", &[("name", user.name.into())]));
    finish_user(&caller, &form, &id, Action::UserActivated, text)
}

pub(super) async fn deactivate(submitted: ProtectedForm<Administrator>, id: Path<String>) -> PageResult {
    let ProtectedForm { caller: Administrator(caller), form } = submitted;
    let done = caller.api.deactivate_user(&id).await;
    let text = done.map(|user| caller.context.language().text_with("user-deactivated", &[("name", user.name.into())]));
    finish_user(&caller, &form, &id, Action::UserDeactivated, text)
}

pub(super) async fn unlock(submitted: ProtectedForm<Administrator>, id: Path<String>) -> PageResult {
    let ProtectedForm { caller: Administrator(caller), form } = submitted;
    let done = caller.api.unlock_user(&id).await;
    let text = done.map(|user| caller.context.language().text_with("user-unlocked", &[("name", user.name.into())]));
    finish_user(&caller, &form, &id, Action::UserUnlocked, text)
}

pub(super) async fn revoke_one(submitted: ProtectedForm<Administrator>, path: Path<(String, String)>) -> PageResult {
    let (ProtectedForm { caller: Administrator(caller), form }, (id, session)) = (submitted, path.into_inner());
    let done = caller.api.revoke_session(&id, &session).await;
    let text = done.map(|()| caller.context.t("user-session-revoked"));
    finish_user(&caller, &form, &id, Action::SessionsRevoked, text)
}

pub(super) async fn revoke_all(submitted: ProtectedForm<Administrator>, id: Path<String>) -> PageResult {
    let ProtectedForm { caller: Administrator(caller), form } = submitted;
    let done = caller.api.revoke_sessions(&id).await;
    let text =
        done.map(|done| caller.context.language().text_with("user-sessions-revoked", &[("count", done.ended.into())]));
    finish_user(&caller, &form, &id, Action::SessionsRevoked, text)
}

fn finish_user(
    caller: &SignedIn,
    form: &FormData,
    id: &str,
    action: Action,
    done: Result<String, Error>,
) -> PageResult {
    finish(caller, form, &address(id), audit_address(id, action), done, denial_text)
}

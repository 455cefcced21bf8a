use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use steward_client::Error;
use steward_domain::Action;

use super::form::InviteForm;
use super::{INVITATIONS, show};
use crate::failure::Failure;
use crate::language::Language;
use crate::pages::failed::notice_of;
use crate::pages::finish::{audit_address, finish};
use crate::pages::state_filter::StateFilter;
use crate::pages::user::denial_text;
use crate::request::{Administrator, FormData, ProtectedForm, SignedIn, Toast};

/// Sends an invitation. Shows the form again, with the reason, if that fails.
pub(super) async fn invite(
    ProtectedForm { caller: Administrator(caller), form }: ProtectedForm<Administrator>,
) -> Result<HttpResponse, Failure> {
    let context = &caller.context;
    let mut form = InviteForm::parse(caller.session.role, context.language(), &form);
    let error = match caller.api.invite(&form.request()).await {
        Ok(invitation) => {
            let text = context.language().text_with("invitations-sent", &[("email", invitation.email.into())]);
            let audit = audit_address(Action::InvitationSent);
            context.add_toast(Toast::done(text).with_link(audit, context.t("user-audit-entry")));
            return Ok(context.redirect(INVITATIONS));
        }
        Err(error) => error,
    };
    let status = if error.status() == Some(422) {
        form.error = Some(context.t("user-email-wrong"));
        StatusCode::UNPROCESSABLE_ENTITY
    } else if let Some(text) = rejection_text(&error, context.language()) {
        form.error = Some(text);
        StatusCode::CONFLICT
    } else if error.status() == Some(401) {
        return Err(error.into());
    } else {
        let (status, text) = notice_of(context, error);
        form.notice = Some(text);
        status
    };
    show(&caller, StateFilter::default(), form, status).await
}

pub(super) async fn resend(
    ProtectedForm { caller: Administrator(caller), form }: ProtectedForm<Administrator>,
    id: Path<i64>,
) -> Result<HttpResponse, Failure> {
    let sent = caller.api.resend_invitation(*id).await.map(drop);
    finish_invitation(&caller, &form, sent, "invitations-resent", Action::InvitationSent)
}

pub(super) async fn revoke(
    ProtectedForm { caller: Administrator(caller), form }: ProtectedForm<Administrator>,
    id: Path<i64>,
) -> Result<HttpResponse, Failure> {
    let revoked = caller.api.revoke_invitation(*id).await;
    finish_invitation(&caller, &form, revoked, "invitations-was-revoked", Action::InvitationRevoked)
}

fn finish_invitation(
    caller: &SignedIn,
    form: &FormData,
    done: Result<(), Error>,
    text: &str,
    action: Action,
) -> Result<HttpResponse, Failure> {
    let done = done.map(|()| caller.context.t(text));
    finish(caller, form, INVITATIONS, audit_address(action), done, rejection_text)
}

/// Returns why the API rejected an invitation. Returns `None` for errors that are not about it.
fn rejection_text(error: &Error, language: Language) -> Option<String> {
    let id = match error.code()? {
        "taken" => "user-email-taken",
        "invitation-pending" => "invitations-already-pending",
        "invitation-closed" => "invitations-closed",
        "invitation-not-found" => "invitations-gone",
        "mail-off" => "invitations-mail-off",
        _ => return denial_text(error, language),
    };
    Some(language.text(id))
}

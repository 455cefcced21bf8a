//! The form with the profile of a user, on the user's page.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::Path;
use steward_domain::Action;

use super::denied::denial_text;
use super::page::{Editing, PageParameters, render_page};
use super::{address, audit_address};
use crate::failure::Failure;
use crate::pages::profile_form::ProfileForm;
use crate::request::{Administrator, ProtectedForm, SignedIn, Toast};

/// Saves the changed fields if the profile is still at the version that the form showed.
pub(super) async fn save(
    ProtectedForm { caller: Administrator(caller), form: submitted }: ProtectedForm<Administrator>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    let (context, back) = (&caller.context, address(&id));
    let mut form = ProfileForm::parse(&submitted).ok_or(Failure::NotAForm)?;
    let status = if form.add_requested_row(&submitted) {
        Some(StatusCode::OK)
    } else {
        form.attributes.set_errors(context.language()).then_some(StatusCode::UNPROCESSABLE_ENTITY)
    };
    if let Some(status) = status {
        return render_again(&caller, &id, form, status).await;
    }
    if form.is_unchanged() {
        context.add_toast(Toast::done(context.t("user-unchanged")));
        return Ok(context.redirect(&back));
    }
    let Err(error) = caller.api.update_user_profile(&id, &form.change(), Some(&form.tag)).await else {
        let entry = audit_address(&id, Action::ProfileUpdated);
        context.add_toast(Toast::done(context.t("profile-saved")).with_link(entry, context.t("user-audit-entry")));
        return Ok(context.redirect(&back));
    };
    let status = if error.status() == Some(412) {
        let (profile, tag) = caller.api.user_profile(&id).await?;
        form.rebase(&profile, tag);
        StatusCode::PRECONDITION_FAILED
    } else if form.set_errors(&error, context.language()) {
        StatusCode::UNPROCESSABLE_ENTITY
    } else {
        let text = denial_text(&error, context.language()).ok_or(error)?;
        context.add_toast(Toast::failed(text));
        return Ok(context.redirect(&back));
    };
    render_again(&caller, &id, form, status).await
}

async fn render_again(
    caller: &SignedIn,
    id: &str,
    form: ProfileForm,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    render_page(caller, id, &PageParameters::default(), Editing::Profile(Box::new(form)), status).await
}

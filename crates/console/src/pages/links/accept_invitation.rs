use std::future::ready;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use steward_client::Error;
use steward_contracts::bodies::AcceptInvitationRequest;
use steward_domain::{DisplayName, LinkPurpose, UserId};

use super::outcome::{Rejection, render_rejection};
use super::{LinkParameters, done_path, outcome};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::pages::account::new_password::{PasswordFields, check_new, errors_of_anonymous};
use crate::pages::account::strength::anonymous_strength;
use crate::pages::failed::notice_of;
use crate::request::{FormData, ProtectedForm, RequestContext};

const PURPOSE: LinkPurpose = LinkPurpose::AcceptInvitation;
const STRENGTH: &str = "/accept-invitation/strength";

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(PURPOSE.path(), get().to(show))
        .route(PURPOSE.path(), post().to(accept))
        .route(STRENGTH, post().to(anonymous_strength))
        .route(&done_path(PURPOSE), get().to(|context| ready(outcome::render_done(PURPOSE, &context))));
}

/// The fields of the account, and their errors.
#[derive(Default)]
struct AccountForm {
    token: String,
    user_id: String,
    user_id_error: Option<String>,
    name: String,
    name_error: Option<String>,
    password: PasswordFields,
    /// Why the call failed.
    notice: Option<String>,
}

#[derive(Template)]
#[template(path = "accept_invitation.html")]
struct AcceptInvitationPage {
    frame: Frame,
    form: AccountForm,
}

impl AccountForm {
    /// Reads a submitted form, and checks it without a call of the API.
    fn parse(context: &RequestContext, form: &FormData) -> Self {
        let [token, user_id, name] = ["token", "user_id", "name"].map(|name| form.get(name).trim().to_owned());
        Self {
            user_id_error: UserId::parse(&user_id).err().map(|_| context.t("accept-invitation-user-id-wrong")),
            name_error: DisplayName::parse(&name).err().map(|_| context.t("user-name-wrong")),
            password: check_new(form.get("new_password"), form.get("repeated_password"), context.language()),
            token,
            user_id,
            name,
            notice: None,
        }
    }

    fn is_valid(&self) -> bool {
        self.user_id_error.is_none() && self.name_error.is_none() && self.password.is_valid()
    }

    /// Adds the errors of the fields that the API rejected.
    async fn add_errors(&mut self, context: &RequestContext, new: &str, error: &Error) -> Result<(), Failure> {
        let has_error = |field: &str| {
            error.problem().is_some_and(|problem| problem.errors.iter().any(|error| error.field == field))
        };
        // The address of the invitation has a code of its own.
        if error.code() == Some("taken") {
            self.user_id_error = Some(context.t("accept-invitation-user-id-taken"));
        } else if has_error("user_id") {
            self.user_id_error = Some(context.t("accept-invitation-user-id-reserved"));
        }
        if has_error("name") {
            self.name_error = Some(context.t("user-name-wrong"));
        }
        if has_error("password") {
            self.password = errors_of_anonymous(context, new, "password", error).await?;
        }
        Ok(())
    }
}

async fn show(context: RequestContext, parameters: Query<LinkParameters>) -> Result<HttpResponse, Failure> {
    let token = parameters.into_inner().token;
    if token.is_empty() {
        return render_rejection(&context, PURPOSE, Rejection::Incomplete);
    }
    render(&context, AccountForm { token, ..AccountForm::default() }, StatusCode::OK)
}

/// Creates the account. The passwords of the form are never sent back.
async fn accept(
    ProtectedForm { caller: context, form }: ProtectedForm<RequestContext>,
) -> Result<HttpResponse, Failure> {
    let (mut account, new) = (AccountForm::parse(&context, &form), form.get("new_password"));
    if account.token.is_empty() {
        return render_rejection(&context, PURPOSE, Rejection::Incomplete);
    }
    if !account.is_valid() {
        return render(&context, account, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let request = AcceptInvitationRequest {
        token: account.token.clone(),
        user_id: account.user_id.clone(),
        name: account.name.clone(),
        password: new.to_owned(),
    };
    let Err(error) = context.api().accept_invitation(&request).await else {
        return Ok(context.redirect(&done_path(PURPOSE)));
    };
    let rejection = match error.code() {
        Some("address-registered") => Some(Rejection::Taken),
        Some("taken") => None,
        _ => Rejection::of(&error),
    };
    if let Some(rejection) = rejection {
        return render_rejection(&context, PURPOSE, rejection);
    }
    account.add_errors(&context, new, &error).await?;
    if !account.is_valid() {
        return render(&context, account, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let (status, notice) = notice_of(&context, error);
    render(&context, AccountForm { notice: Some(notice), ..account }, status)
}

fn render(context: &RequestContext, form: AccountForm, status: StatusCode) -> Result<HttpResponse, Failure> {
    let frame = Frame::new(context, context.t("accept-invitation"));
    context.render(status, &AcceptInvitationPage { frame, form })
}

use std::future::ready;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use steward_client::Error;
use steward_domain::LinkPurpose;

use super::outcome::{Rejection, render_rejection};
use super::{LinkParameters, done_path, forget_ended_session, outcome};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::pages::failed::notice_of;
use crate::request::{ProtectedForm, RequestContext};

/// The links whose page consists of one button.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Confirmation {
    Verify,
    Change,
    Undo,
}

pub(super) fn routes(config: &mut ServiceConfig) {
    for confirmation in Confirmation::ALL {
        let purpose = confirmation.purpose();
        config
            .route(purpose.path(), get().to(move |context, parameters| ready(show(confirmation, &context, parameters))))
            .route(purpose.path(), post().to(move |submitted| confirm(confirmation, submitted)))
            .route(&done_path(purpose), get().to(move |context| ready(outcome::render_done(purpose, &context))));
    }
}

#[derive(Template)]
#[template(path = "link_confirm.html")]
struct ConfirmPage {
    frame: Frame,
    action: &'static str,
    token: String,
    lede: String,
    /// The effects of the button.
    effects: Vec<String>,
    button: String,
    /// Why the call failed.
    notice: Option<String>,
}

impl Confirmation {
    const ALL: [Self; 3] = [Self::Verify, Self::Change, Self::Undo];

    fn purpose(self) -> LinkPurpose {
        match self {
            Self::Verify => LinkPurpose::VerifyEmail,
            Self::Change => LinkPurpose::ChangeEmail,
            Self::Undo => LinkPurpose::UndoEmailChange,
        }
    }

    async fn call(self, context: &RequestContext, token: &str) -> Result<(), Error> {
        let api = context.api();
        match self {
            Self::Verify => api.verify_email(token).await,
            Self::Change => api.confirm_email_change(token).await,
            Self::Undo => api.undo_email_change(token).await,
        }
    }

    fn page(self, context: &RequestContext, token: String, notice: Option<String>) -> ConfirmPage {
        let (title, lede, effects, button): (_, _, &[&str], _) = match self {
            Self::Verify => ("verify-email", "verify-email-lede", &[], "confirm-address"),
            Self::Change => (
                "change-email",
                "change-email-lede",
                &["change-email-sessions", "change-email-undo"],
                "confirm-address",
            ),
            Self::Undo => (
                "undo-email-change",
                "undo-email-change-lede",
                &["undo-email-change-sessions", "undo-email-change-password"],
                "undo-email-change-button",
            ),
        };
        ConfirmPage {
            frame: Frame::new(context, context.t(title)),
            action: self.purpose().path(),
            token,
            lede: context.t(lede),
            effects: effects.iter().map(|id| context.t(id)).collect(),
            button: context.t(button),
            notice,
        }
    }
}

fn show(
    confirmation: Confirmation,
    context: &RequestContext,
    parameters: Query<LinkParameters>,
) -> Result<HttpResponse, Failure> {
    let token = parameters.into_inner().token;
    if token.is_empty() {
        return render_rejection(context, confirmation.purpose(), Rejection::Incomplete);
    }
    context.render(StatusCode::OK, &confirmation.page(context, token, None))
}

async fn confirm(
    confirmation: Confirmation,
    ProtectedForm { caller: context, form }: ProtectedForm<RequestContext>,
) -> Result<HttpResponse, Failure> {
    let (token, purpose) = (form.get("token"), confirmation.purpose());
    if token.is_empty() {
        return render_rejection(&context, purpose, Rejection::Incomplete);
    }
    let Err(error) = confirmation.call(&context, token).await else {
        if confirmation == Confirmation::Undo {
            forget_ended_session(&context).await;
        }
        return Ok(context.redirect(&done_path(purpose)));
    };
    if let Some(rejection) = Rejection::of(&error) {
        return render_rejection(&context, purpose, rejection);
    }
    let (status, notice) = notice_of(&context, error);
    context.render(status, &confirmation.page(&context, token.to_owned(), Some(notice)))
}

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use steward_client::Error;
use steward_domain::{LinkError, LinkPurpose};

use crate::failure::Failure;
use crate::frame::Frame;
use crate::language::Language;
use crate::pages::account::ACCOUNT;
use crate::pages::forgot_password::FORGOT_PASSWORD;
use crate::request::RequestContext;

const SIGN_IN: &str = "/sign-in";

/// A page that consists of a message and the way to continue.
#[derive(Template)]
#[template(path = "link_outcome.html")]
struct OutcomePage {
    frame: Frame,
    has_succeeded: bool,
    text: String,
    /// What the user can do next.
    next: Option<String>,
    /// The main link: path and text.
    primary: (&'static str, String),
    /// A further link.
    secondary: Option<(&'static str, String)>,
}

/// Why a link has no effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rejection {
    /// The URL has no token.
    Incomplete,
    /// The API rejected the token.
    Link(LinkError),
    /// Another account has the address.
    Taken,
}

impl Rejection {
    /// Returns the rejection that an error of the API reports; `None` for errors that are not about the link.
    pub(super) fn of(error: &Error) -> Option<Self> {
        if let Some(error) = error.link_error() {
            return Some(Self::Link(error));
        }
        let problem = error.problem()?;
        match problem.code() {
            "taken" => Some(Self::Taken),
            // A token of another form.
            _ => problem.errors.iter().any(|error| error.field == "token").then_some(Self::Link(LinkError::Unknown)),
        }
    }

    fn status(self) -> StatusCode {
        if self == Self::Taken { StatusCode::CONFLICT } else { StatusCode::BAD_REQUEST }
    }

    /// Returns the id of the title, and the explanation.
    fn texts(self, purpose: LinkPurpose, language: Language) -> (&'static str, String) {
        let text = |id: &str| language.text(id);
        match self {
            Self::Incomplete => ("link-incomplete", text("link-incomplete-text")),
            Self::Link(LinkError::Unknown) => ("link-unknown", text("link-unknown-text")),
            Self::Link(LinkError::Used) => ("link-used", text("link-used-text")),
            Self::Link(LinkError::Superseded) => ("link-superseded", text("link-superseded-text")),
            Self::Link(LinkError::Expired) => ("link-expired", validity(purpose, language)),
            Self::Taken => ("link-taken", text("link-taken-text")),
        }
    }
}

/// Returns for how long a link is valid, as a sentence.
fn validity(purpose: LinkPurpose, language: Language) -> String {
    let validity = purpose.validity();
    let (id, n) = match validity.num_hours() {
        0 => ("link-expired-minutes", validity.num_minutes()),
        48.. => ("link-expired-days", validity.num_days()),
        hours => ("link-expired-hours", hours),
    };
    language.text_with(id, &[("n", n.unsigned_abs().into())])
}

/// Explains why a link has no effect, and how to get a new one.
pub(super) fn render_rejection(
    context: &RequestContext,
    purpose: LinkPurpose,
    rejection: Rejection,
) -> Result<HttpResponse, Failure> {
    let (title, text) = rejection.texts(purpose, context.language());
    let sign_in = (SIGN_IN, context.t("back-to-sign-in"));
    let (next, primary, secondary) = match purpose {
        LinkPurpose::ResetPassword => (None, (FORGOT_PASSWORD, context.t("link-request")), Some(sign_in)),
        LinkPurpose::VerifyEmail => (Some("link-next-verify"), (ACCOUNT, context.t("link-request")), None),
        LinkPurpose::ChangeEmail => (Some("link-next-change"), (ACCOUNT, context.t("link-request")), None),
        // A new link would have to go to the old address, of which the account has no record.
        LinkPurpose::UndoEmailChange => (Some("link-next-undo"), sign_in, None),
        LinkPurpose::AcceptInvitation => (Some(invitation_next(rejection)), sign_in, None),
    };
    let page = OutcomePage {
        frame: Frame::new(context, context.t(title)),
        has_succeeded: false,
        text,
        next: next.map(|id| context.t(id)),
        primary,
        secondary,
    };
    context.render(rejection.status(), &page)
}

/// Returns the id of the text that says how an invited user continues.
fn invitation_next(rejection: Rejection) -> &'static str {
    let has_account = matches!(rejection, Rejection::Link(LinkError::Used) | Rejection::Taken);
    if has_account { "link-next-invited" } else { "link-next-invitation" }
}

/// Shows the page that follows the form of a link.
pub(super) fn render_done(purpose: LinkPurpose, context: &RequestContext) -> Result<HttpResponse, Failure> {
    let sign_in = (SIGN_IN, context.t("sign-in"));
    let is_signed_in = context.cookies().session().is_some();
    let continued = if is_signed_in { (ACCOUNT, context.t("link-account")) } else { sign_in.clone() };
    let (title, text, primary, secondary) = match purpose {
        LinkPurpose::ResetPassword => ("reset-password-done", "reset-password-done-text", sign_in, None),
        LinkPurpose::VerifyEmail => ("verify-email-done", "verify-email-done-text", continued, None),
        LinkPurpose::ChangeEmail => ("change-email-done", "change-email-done-text", continued, None),
        LinkPurpose::UndoEmailChange => {
            // The API has sent a link that sets a new password.
            let another = (FORGOT_PASSWORD, context.t("forgot-again"));
            ("undo-email-change-done", "undo-email-change-done-text", sign_in, Some(another))
        }
        LinkPurpose::AcceptInvitation => ("accept-invitation-done", "accept-invitation-done-text", sign_in, None),
    };
    let frame = Frame::new(context, context.t(title));
    let text = context.t(text);
    context.render(StatusCode::OK, &OutcomePage { frame, has_succeeded: true, text, next: None, primary, secondary })
}

#[cfg(test)]
mod tests {
    use steward_contracts::Extensions;

    use super::*;
    use crate::testing::api_error;

    fn error(code: &str, reason: Option<LinkError>, field: Option<&str>) -> Error {
        let reason = reason.map(|reason| reason.code().into());
        api_error(400, code, field.as_slice(), Extensions { reason, ..Extensions::default() })
    }

    const ALL: [Rejection; 6] = [
        Rejection::Incomplete,
        Rejection::Link(LinkError::Unknown),
        Rejection::Link(LinkError::Used),
        Rejection::Link(LinkError::Superseded),
        Rejection::Link(LinkError::Expired),
        Rejection::Taken,
    ];

    #[test]
    fn errors_of_the_link_are_rejections() {
        for reason in LinkError::ALL {
            let error = error("invalid-or-expired-token", Some(reason), None);
            assert_eq!(Rejection::of(&error), Some(Rejection::Link(reason)));
        }
        let unknown = Some(Rejection::Link(LinkError::Unknown));
        assert_eq!(Rejection::of(&error("validation", None, Some("token"))), unknown);
        assert_eq!(Rejection::of(&error("taken", None, None)), Some(Rejection::Taken));
        assert_eq!(Rejection::of(&error("validation", None, Some("new_password"))), None);
        assert_eq!(Rejection::of(&Error::Unexpected { status: 502, retry_after: None }), None);
    }

    #[test]
    fn each_rejection_has_its_own_texts_in_both_languages() {
        for language in Language::ALL {
            let mut texts = Vec::new();
            for rejection in ALL {
                let (title, text) = rejection.texts(LinkPurpose::ResetPassword, language);
                texts.extend([language.text(title), text]);
            }
            let count = texts.len();
            texts.sort();
            texts.dedup();
            assert_eq!(texts.len(), count, "{texts:?}");
        }
    }

    #[test]
    fn an_expired_link_names_its_validity() {
        let text = |purpose| validity(purpose, Language::English);
        assert_eq!(text(LinkPurpose::ResetPassword), "Each link is valid for 30 minutes.");
        assert_eq!(text(LinkPurpose::VerifyEmail), "Each link is valid for 24 hours.");
        assert_eq!(text(LinkPurpose::AcceptInvitation), "Each link is valid for 7 days.");
    }
}

//! "My account": the page of every signed-in user.
//!
//! - `new_password`: the fields that change a password; `/password` and `/reset-password` have them, too.
//! - `email`: confirms and changes the user's own address.
//! - `strength`: rates a password while the user types it. `sessions`: ends the user's own sessions.

mod email;
pub(super) mod new_password;
mod sessions;
pub(super) mod strength;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use futures_util::future::join3;
use serde::Deserialize;
use steward_contracts::bodies::{OwnSessions, Timeline, UserBody};

use super::part::{PartFailure, part};
use super::user::devices::SessionRow;
use super::user::permissions::Permissions;
use super::user::timeline::{History, Reader};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::language::Language;
use crate::request::{ProtectedForm, SignedIn, Toast};
use email::EmailFields;
use new_password::PasswordFields;

/// Timeline items per page.
const TIMELINE_ITEMS: u32 = 10;
/// Sessions that the page shows, unless the request asks for all.
const MAX_SESSIONS: usize = 20;

/// The path of the page.
pub(super) const ACCOUNT: &str = "/account";

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(ACCOUNT, get().to(show))
        .route("/account/email", get().to(redirect_to_account))
        .route("/account/email", post().to(email::change))
        .route("/account/email/resend", post().to(email::resend))
        .route("/account/password", get().to(redirect_to_account))
        .route("/account/password", post().to(change_password))
        .route("/account/password-strength", post().to(strength::strength))
        .route("/account/sessions/{session}/end", post().to(sessions::end))
        .route("/account/sign-out-everywhere", post().to(sessions::sign_out_everywhere));
}

/// The query parameters of the page.
#[derive(Debug, Default, Deserialize)]
struct AccountParameters {
    before: Option<String>,
    /// `all` for every session, not only the newest.
    sessions: Option<String>,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    me: UserBody,
    /// Whether the user may edit their own profile.
    can_edit: bool,
    password: PasswordFields,
    email: EmailFields,
    sessions: Result<Sessions, PartFailure>,
    activity: Result<History, PartFailure>,
}

/// The errors of the page's forms.
#[derive(Default)]
struct Forms {
    password: PasswordFields,
    email: EmailFields,
}

struct Sessions {
    rows: Vec<SessionRow>,
    total: u64,
    /// Whether the list omits sessions.
    is_truncated: bool,
}

async fn show(caller: SignedIn, parameters: Query<AccountParameters>) -> Result<HttpResponse, Failure> {
    render_page(caller, &parameters, Forms::default(), StatusCode::OK).await
}

async fn redirect_to_account(caller: SignedIn) -> HttpResponse {
    caller.context.redirect(ACCOUNT)
}

/// Changes the user's own password.
async fn change_password(ProtectedForm { caller, form }: ProtectedForm) -> Result<HttpResponse, Failure> {
    match new_password::change(&caller, &form).await? {
        Ok(()) => {
            caller.context.add_toast(Toast::done(caller.context.t("account-password-changed")));
            Ok(caller.context.redirect(ACCOUNT))
        }
        Err(password) => {
            let forms = Forms { password, ..Forms::default() };
            render_page(caller, &AccountParameters::default(), forms, StatusCode::UNPROCESSABLE_ENTITY).await
        }
    }
}

async fn render_page(
    mut caller: SignedIn,
    parameters: &AccountParameters,
    Forms { password, email }: Forms,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    let (me, sessions, activity) = join3(
        caller.api.me(),
        caller.api.own_sessions(),
        caller.api.own_activity(Some(TIMELINE_ITEMS), parameters.before.as_deref()),
    )
    .await;
    let me = me?;
    update_session(&mut caller, &me);
    let (context, language) = (&caller.context, caller.context.language());
    let page = AccountPage {
        frame: Frame::signed_in(&caller, Section::Account, context.t("my-account")),
        can_edit: Permissions::new(&caller.session, &me.user_id, me.role).edit,
        password,
        email,
        sessions: part(context, sessions).map(|list| sessions_of(list, parameters, language)),
        activity: part(context, activity).map(|timeline| history(timeline, parameters, &me, language)),
        me,
    };
    context.render(status, &page)
}

/// Updates the session cookie: an administrator may have changed the name or role since the sign-in.
fn update_session(caller: &mut SignedIn, me: &UserBody) {
    let session = &mut caller.session;
    if session.user_name != me.name || session.role != me.role {
        session.user_name.clone_from(&me.name);
        session.role = me.role;
        caller.context.cookies().set_session(session);
    }
}

fn sessions_of(list: OwnSessions, parameters: &AccountParameters, language: Language) -> Sessions {
    let mut rows: Vec<_> = list.items.into_iter().map(|session| SessionRow::own(session, language)).collect();
    // The current session first, then the newest.
    rows.sort_by_key(|row| !row.is_current);
    let is_truncated = parameters.sessions.as_deref() != Some("all") && rows.len() > MAX_SESSIONS;
    if is_truncated {
        rows.truncate(MAX_SESSIONS);
    }
    Sessions { rows, total: list.total, is_truncated }
}

fn history(timeline: Timeline, parameters: &AccountParameters, me: &UserBody, language: Language) -> History {
    History::new(timeline, parameters.before.is_none(), &me.user_id, Reader::Owner, language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(count: u32, shown: &str) -> Sessions {
        let one = |number: u32| {
            serde_json::json!({
                "id": number.to_string(), "created_at": "2026-01-01T00:00:00Z", "last_seen_at": "2026-01-01T00:00:00Z",
                "expires_at": "2026-01-02T00:00:00Z", "ip_address": null, "user_agent": null, "device": "",
                "current": number == count - 1,
            })
        };
        let items: Vec<_> = (0..count).map(one).collect();
        let list = serde_json::from_value(serde_json::json!({ "items": items, "total": count })).unwrap();
        let parameters = AccountParameters { sessions: Some(shown.to_owned()), ..AccountParameters::default() };
        sessions_of(list, &parameters, Language::English)
    }

    #[test]
    fn the_current_session_comes_first_and_long_lists_are_shortened() {
        let many = sessions(60, "");
        assert_eq!((many.rows.len(), many.total, many.is_truncated), (MAX_SESSIONS, 60, true));
        assert!(many.rows[0].is_current && many.rows[1].id == "0");
        let all = sessions(60, "all");
        assert_eq!((all.rows.len(), all.is_truncated), (60, false));
        assert!(!sessions(20, "").is_truncated);
    }
}

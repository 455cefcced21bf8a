//! "My account": what everyone who is signed in has.
//!
//! - here: the page. `new_password`: the fields by which a password is changed; `/password` has them, too.
//! - `strength`: how good a password is, while it is typed. `sessions`: where one is signed in.

pub(super) mod new_password;
mod sessions;
mod strength;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Query, ServiceConfig, get, post};
use askama::Template;
use futures_util::future::join3;
use serde::Deserialize;
use steward_contracts::bodies::{OwnSessions, Timeline, UserBody};

use super::part::{PartFailure, part};
use super::user::devices::SessionRow;
use super::user::may::May;
use super::user::timeline::{History, Reader};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::language::Language;
use crate::request::{ProtectedForm, SignedIn, Toast};
use new_password::PasswordFields;

/// Happenings on a page.
const HAPPENINGS: u32 = 10;
/// Sessions that are shown unless all are asked for.
const SESSIONS: usize = 20;

const HERE: &str = "/account";

pub(super) fn routes(config: &mut ServiceConfig) {
    config
        .route(HERE, get().to(show))
        .route("/account/password", get().to(to_account))
        .route("/account/password", post().to(change_password))
        .route("/account/password-strength", post().to(strength::strength))
        .route("/account/sessions/{session}/end", post().to(sessions::end))
        .route("/account/sign-out-everywhere", post().to(sessions::sign_out_everywhere));
}

/// Which part of what happened.
#[derive(Debug, Default, Deserialize)]
struct Asked {
    before: Option<String>,
    /// `all` for every session, and not the newest alone.
    sessions: Option<String>,
}

#[derive(Template)]
#[template(path = "account.html")]
struct AccountPage {
    frame: Frame,
    me: UserBody,
    /// Whether they may change what others ask an administrator for.
    may_edit: bool,
    password: PasswordFields,
    sessions: Result<Sessions, PartFailure>,
    activity: Result<History, PartFailure>,
}

struct Sessions {
    rows: Vec<SessionRow>,
    total: u64,
    /// Whether there are more to be shown.
    is_part: bool,
}

async fn show(who: SignedIn, asked: Query<Asked>) -> Result<HttpResponse, Failure> {
    answer(who, &asked, PasswordFields::default(), StatusCode::OK).await
}

async fn to_account(who: SignedIn) -> HttpResponse {
    who.context.go(HERE)
}

/// Changes one's own password.
async fn change_password(ProtectedForm { who, form }: ProtectedForm) -> Result<HttpResponse, Failure> {
    match new_password::change(&who, &form).await? {
        Ok(()) => {
            who.context.tell(Toast::done(who.context.t("account-password-changed")));
            Ok(who.context.go(HERE))
        }
        Err(fields) => answer(who, &Asked::default(), fields, StatusCode::UNPROCESSABLE_ENTITY).await,
    }
}

async fn answer(
    mut who: SignedIn,
    asked: &Asked,
    password: PasswordFields,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    let (me, sessions, activity) =
        join3(who.api.me(), who.api.own_sessions(), who.api.own_activity(Some(HAPPENINGS), asked.before.as_deref()))
            .await;
    let me = me?;
    keep_up(&mut who, &me);
    let (context, language) = (&who.context, who.context.language());
    let page = AccountPage {
        frame: Frame::signed_in(&who, Section::Account, context.t("my-account")),
        may_edit: May::of(&who.session, &me.user_id, me.role).edit,
        password,
        sessions: part(context, sessions).map(|list| sessions_of(list, asked, language)),
        activity: part(context, activity).map(|timeline| history(timeline, asked, &me, language)),
        me,
    };
    context.page(status, &page)
}

/// An administrator may have given another name or role since the sign-in: from now on the frame shows these.
fn keep_up(who: &mut SignedIn, me: &UserBody) {
    let session = &mut who.session;
    if session.user_name != me.name || session.role != me.role {
        session.user_name.clone_from(&me.name);
        session.role = me.role;
        who.context.cookies().keep_session(session);
    }
}

fn sessions_of(list: OwnSessions, asked: &Asked, language: Language) -> Sessions {
    let mut rows: Vec<_> = list.items.into_iter().map(|session| SessionRow::own(session, language)).collect();
    // The one that asks first, then the newest.
    rows.sort_by_key(|row| !row.is_current);
    let is_part = asked.sessions.as_deref() != Some("all") && rows.len() > SESSIONS;
    if is_part {
        rows.truncate(SESSIONS);
    }
    Sessions { rows, total: list.total, is_part }
}

fn history(timeline: Timeline, asked: &Asked, me: &UserBody, language: Language) -> History {
    History::new(timeline, asked.before.is_none(), &me.user_id, Reader::Oneself, language)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sessions(count: u32, asked: &str) -> Sessions {
        let one = |number: u32| {
            serde_json::json!({
                "id": number.to_string(), "created_at": "2026-01-01T00:00:00Z", "last_seen_at": "2026-01-01T00:00:00Z",
                "expires_at": "2026-01-02T00:00:00Z", "ip_address": null, "user_agent": null, "device": "",
                "current": number == count - 1,
            })
        };
        let items: Vec<_> = (0..count).map(one).collect();
        let list = serde_json::from_value(serde_json::json!({ "items": items, "total": count })).unwrap();
        let asked = Asked { sessions: Some(asked.to_owned()), ..Asked::default() };
        sessions_of(list, &asked, Language::English)
    }

    #[test]
    fn who_is_signed_in_at_many_places_sees_this_one_and_the_newest_first() {
        let many = sessions(60, "");
        assert_eq!((many.rows.len(), many.total, many.is_part), (SESSIONS, 60, true));
        assert!(many.rows[0].is_current && many.rows[1].id == "0");
        let all = sessions(60, "all");
        assert_eq!((all.rows.len(), all.is_part), (60, false));
        assert!(!sessions(20, "").is_part);
    }
}

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use futures_util::future::join3;
use serde::Deserialize;
use steward_client::SessionList;
use steward_contracts::bodies::{SessionPage, Timeline, TimelineKind, UserDetailsBody};

use super::address;
use super::devices::SessionRow;
use super::edit_form::{Compared, EditForm, Which};
use super::may::May;
use super::timeline::{History, Reader};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::language::Language;
use crate::pages::part::{PartFailure, part};
use crate::pages::users::LIST;
use crate::request::{Administrator, RequestContext, SignedIn};
use crate::roles;

/// Happenings and sessions on a page.
const HAPPENINGS: u32 = 20;
const SESSIONS: u32 = 10;

/// Which part of what is shown in parts.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Asked {
    /// Cursor of the timeline.
    before: Option<String>,
    /// Cursor of the sessions.
    sessions: Option<String>,
}

/// What the form shows.
pub(super) enum Editing {
    /// The user as they are, or what was typed when a session was over.
    Fresh,
    /// What was typed, with what is wrong with it.
    Typed(EditForm),
    /// What was typed, next to what somebody else has made of the user meanwhile.
    Conflict(EditForm),
}

#[derive(Template)]
#[template(path = "user.html")]
struct UserPage {
    frame: Frame,
    /// This page without a query.
    address: String,
    user: UserDetailsBody,
    initials: String,
    may: May,
    is_self: bool,
    /// Until when somebody is locked out of the account, if they are, and how long that is.
    lock: Option<(DateTime<Utc>, String)>,
    form: Option<EditForm>,
    /// Whether the form shows what was typed before the session was over.
    is_kept: bool,
    conflict: Option<Conflict>,
    sessions: Result<Sessions, PartFailure>,
    timeline: Result<History, PartFailure>,
}

impl UserPage {
    /// A value of the form as people read it.
    fn value_text(&self, which: &Which, value: &str) -> String {
        match (which, roles::parse(value)) {
            (Which::Role, Some(role)) => self.frame.role(&role),
            _ => value.to_owned(),
        }
    }

    fn roles(&self) -> [(&'static str, String); 3] {
        roles::ALL.map(|role| (roles::name(role), self.frame.role(&role)))
    }
}

struct Conflict {
    /// Who saved, and when, if that can be told.
    by: Option<(String, DateTime<Utc>)>,
    rows: Vec<Compared>,
}

struct Sessions {
    rows: Vec<SessionRow>,
    total: u64,
    older: Option<String>,
}

/// The page of a user.
pub(super) async fn show(
    Administrator(who): Administrator,
    id: Path<String>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Failure> {
    answer(&who, &id, &asked, Editing::Fresh, StatusCode::OK).await
}

/// The page of a user with this in its form.
pub(super) async fn answer(
    who: &SignedIn,
    id: &str,
    asked: &Asked,
    editing: Editing,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    let SignedIn { context, session, api } = who;
    let list = SessionList { page_size: Some(SESSIONS), cursor: asked.sessions.clone(), ..SessionList::default() };
    let (user, sessions, timeline) = join3(
        api.user_with_tag(id),
        api.user_sessions(id, &list),
        api.user_timeline(id, Some(HAPPENINGS), asked.before.as_deref()),
    )
    .await;
    let (user, tag) = user?;
    let language = context.language();
    let may = May::of(session, &user.user_id, user.role);
    let author = timeline.as_ref().ok().and_then(|timeline| last_author(timeline, &session.user_id));
    let (form, conflict, is_kept) = filled_in(context, editing, &user, tag);
    let page = UserPage {
        frame: Frame::signed_in(who, Section::Users, user.name.clone()).below(LIST, context.t("user-management")),
        address: address(&user.user_id),
        initials: initials(&user.name),
        is_self: session.user_id == user.user_id,
        lock: user.locked_until.and_then(|until| Some((until, left(until, context.now(), language)?))),
        form: may.edit.then_some(form),
        is_kept,
        conflict: conflict.map(|rows| Conflict { by: author, rows }),
        sessions: part(context, sessions).map(|page| sessions_of(page, language)),
        timeline: part(context, timeline).map(|timeline| history(timeline, asked, &user, language)),
        may,
        user,
    };
    context.page(status, &page)
}

/// The form, what is to be chosen in it, and whether it was kept over a sign-in.
fn filled_in(
    context: &RequestContext,
    editing: Editing,
    user: &UserDetailsBody,
    tag: String,
) -> (EditForm, Option<Vec<Compared>>, bool) {
    match editing {
        Editing::Fresh => {
            let draft = context.cookies().take_draft(context.target());
            match draft.as_ref().and_then(EditForm::kept) {
                Some(form) => (form, None, true),
                None => (EditForm::of(user, tag), None, false),
            }
        }
        Editing::Typed(form) => (form, None, false),
        Editing::Conflict(form) => (form.onto(user, tag), Some(form.compare(user)), false),
    }
}

/// How long it is until then; `None` if that is over.
fn left(until: DateTime<Utc>, now: DateTime<Utc>, language: Language) -> Option<String> {
    let left = (until - now).to_std().ok().filter(|left| !left.is_zero())?;
    // Whoever waits that long is not too early.
    let seconds = left.as_millis().div_ceil(1_000);
    let (id, n) =
        if seconds < 120 { ("user-lock-seconds", seconds) } else { ("user-lock-minutes", seconds.div_ceil(60)) };
    Some(language.text_with(id, &[("n", u64::try_from(n).unwrap_or(u64::MAX).into())]))
}

/// Who changed the user last, other than `reader`.
fn last_author(timeline: &Timeline, reader: &str) -> Option<(String, DateTime<Utc>)> {
    let last = timeline.items.iter().find(|item| item.kind == TimelineKind::Change)?;
    let is_somebody_else = last.actor_id.as_deref().is_some_and(|id| id != reader);
    last.actor_name.clone().filter(|_| is_somebody_else).map(|name| (name, last.at))
}

fn sessions_of(page: SessionPage, language: Language) -> Sessions {
    let rows = page.items.into_iter().map(|session| SessionRow::of_user(session, language)).collect();
    Sessions { rows, total: page.total, older: page.next_cursor }
}

fn history(timeline: Timeline, asked: &Asked, user: &UserDetailsBody, language: Language) -> History {
    History::new(timeline, asked.before.is_none(), &user.user_id, Reader::Administrator, language)
}

/// The first letters of the first and the last word.
fn initials(name: &str) -> String {
    let mut words = name.split_whitespace().filter_map(|word| word.chars().find(|c| c.is_alphanumeric()));
    let (first, last) = (words.next(), words.next_back());
    first.into_iter().chain(last).flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use steward_contracts::bodies::TimelineEntry;

    use super::*;

    #[test]
    fn a_lock_out_tells_how_long_it_lasts() {
        let left = |milliseconds| {
            let until = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(milliseconds);
            left(until, DateTime::UNIX_EPOCH, Language::English)
        };
        assert_eq!((left(-1), left(0)), (None, None));
        for (milliseconds, expected) in
            [(1, "in 1 second"), (1_001, "in 2 seconds"), (119_000, "in 119 seconds"), (121_000, "in 3 minutes")]
        {
            assert_eq!(left(milliseconds).as_deref(), Some(expected));
        }
    }

    #[test]
    fn whoever_changed_the_user_last_is_told_unless_it_was_the_reader() {
        let entry = |kind, actor: Option<&str>| TimelineEntry {
            actor_id: actor.map(str::to_owned),
            actor_name: actor.map(str::to_uppercase),
            ..TimelineEntry::bare(DateTime::UNIX_EPOCH, kind)
        };
        let items = vec![
            entry(TimelineKind::SignIn, None),
            entry(TimelineKind::Change, Some("boss")),
            entry(TimelineKind::Change, Some("chief")),
        ];
        let timeline = Timeline { items, next_cursor: None };
        assert_eq!(last_author(&timeline, "chief"), Some(("BOSS".to_owned(), DateTime::UNIX_EPOCH)));
        assert_eq!(last_author(&timeline, "boss"), None);
    }

    #[test]
    fn initials_are_those_of_the_first_and_the_last_word() {
        for (name, expected) in [
            ("John Doe", "JD"),
            ("John Ronald Reuel tolkien", "JT"),
            ("홍길동", "홍"),
            ("  \"quoted\" <script> ", "QS"),
            ("★", ""),
            ("ß", "SS"),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }
}

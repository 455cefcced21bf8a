use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use askama::Template;
use chrono::{DateTime, Utc};
use futures_util::future::join4;
use serde::Deserialize;
use steward_client::SessionList;
use steward_contracts::bodies::{ProfileBody, SessionPage, Timeline, TimelineKind, UserDetailsBody};

use super::address;
use super::devices::SessionRow;
use super::edit_form::{EditForm, EditedField, FieldConflict};
use super::permissions::Permissions;
use super::timeline::{History, Reader};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::language::Language;
use crate::pages::part::{PartFailure, part};
use crate::pages::profile_form::ProfileForm;
use crate::pages::users::LIST;
use crate::request::{Administrator, Draft, SignedIn};
use crate::roles;

/// Timeline items and sessions per page.
const TIMELINE_ITEMS: u32 = 20;
const MAX_SESSIONS: u32 = 10;

/// The query parameters of the page.
#[derive(Debug, Default, Deserialize)]
pub(super) struct PageParameters {
    /// The cursor of the timeline.
    before: Option<String>,
    /// The cursor of the sessions.
    sessions: Option<String>,
}

/// The content of the form.
pub(super) enum Editing {
    /// The current user, or a draft from before the sign-in.
    Fresh,
    /// The typed values, with their errors.
    Typed(EditForm),
    /// The typed values next to another administrator's changes.
    Conflict(EditForm),
    /// The current user, and the typed values of the profile.
    Profile(Box<ProfileForm>),
}

#[derive(Template)]
#[template(path = "user.html")]
struct UserPage {
    frame: Frame,
    /// The page's path.
    address: String,
    user: UserDetailsBody,
    initials: String,
    permissions: Permissions,
    is_self: bool,
    /// When the lockout ends, and how long that takes; `None` if the account is not locked.
    lock: Option<(DateTime<Utc>, String)>,
    form: Option<EditForm>,
    /// Whether the form was restored from a draft.
    is_kept: bool,
    conflict: Option<Conflict>,
    profile: Result<UserProfile, PartFailure>,
    sessions: Result<Sessions, PartFailure>,
    timeline: Result<History, PartFailure>,
}

impl UserPage {
    /// Formats a value of the form.
    fn value_text(&self, which: &EditedField, value: &str) -> String {
        match (which, roles::parse(value)) {
            (EditedField::Role, Some(role)) => self.frame.role(&role),
            _ => value.to_owned(),
        }
    }

    /// Returns the hash of the user's picture.
    fn avatar(&self) -> Option<&str> {
        self.profile.as_ref().ok()?.body.avatar.as_deref()
    }

    fn roles(&self) -> [(&'static str, String); 3] {
        roles::ALL.map(|role| (roles::name(role), self.frame.role(&role)))
    }
}

struct Conflict {
    /// The author and the time of the other change, if known.
    by: Option<(String, DateTime<Utc>)>,
    rows: Vec<FieldConflict>,
}

/// The profile and its form.
struct UserProfile {
    body: ProfileBody,
    form: ProfileForm,
}

impl UserProfile {
    /// Returns the attributes with their values as JSON.
    fn attributes(&self) -> impl Iterator<Item = (&String, String)> {
        self.body.attributes.iter().map(|(name, value)| (name, value.to_string()))
    }
}

struct Sessions {
    rows: Vec<SessionRow>,
    total: u64,
    older: Option<String>,
}

/// Shows the page of a user.
pub(super) async fn show(
    Administrator(caller): Administrator,
    id: Path<String>,
    parameters: Query<PageParameters>,
) -> Result<HttpResponse, Failure> {
    render_page(&caller, &id, &parameters, Editing::Fresh, StatusCode::OK).await
}

/// Renders the page of a user with this form.
pub(super) async fn render_page(
    caller: &SignedIn,
    id: &str,
    parameters: &PageParameters,
    editing: Editing,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    let SignedIn { context, session, api, .. } = caller;
    let list =
        SessionList { page_size: Some(MAX_SESSIONS), cursor: parameters.sessions.clone(), ..SessionList::default() };
    let (user, profile, sessions, timeline) = join4(
        api.user_with_tag(id),
        api.user_profile(id),
        api.user_sessions(id, &list),
        api.user_timeline(id, Some(TIMELINE_ITEMS), parameters.before.as_deref()),
    )
    .await;
    let (user, tag) = user?;
    let language = context.language();
    let permissions = Permissions::new(session, &user.user_id, user.role);
    let author = timeline.as_ref().ok().and_then(|timeline| last_author(timeline, &session.user_id));
    let draft = match editing {
        Editing::Fresh => context.cookies().take_draft(context.target()),
        _ => None,
    };
    let typed = match &editing {
        Editing::Profile(typed) => Some(ProfileForm::clone(typed)),
        _ => draft.as_ref().and_then(ProfileForm::from_draft),
    };
    let (form, conflict, is_kept) = form_state(editing, draft.as_ref(), &user, tag);
    let page = UserPage {
        frame: Frame::signed_in(caller, Section::Users, user.name.clone()).below(LIST, context.t("user-management")),
        address: address(&user.user_id),
        initials: initials(&user.name),
        is_self: session.user_id == user.user_id,
        lock: user.locked_until.and_then(|until| Some((until, time_left(until, context.now(), language)?))),
        form: permissions.edit.then_some(form),
        is_kept,
        conflict: conflict.map(|rows| Conflict { by: author, rows }),
        profile: part(context, profile).map(|(body, tag)| {
            let form = typed.unwrap_or_else(|| ProfileForm::new(&body, tag));
            UserProfile { body, form }
        }),
        sessions: part(context, sessions).map(|page| sessions_of(page, language)),
        timeline: part(context, timeline).map(|timeline| history(timeline, parameters, &user, language)),
        permissions,
        user,
    };
    context.render(status, &page)
}

/// Returns the form, its conflicts, and whether it was restored from a draft.
fn form_state(
    editing: Editing,
    draft: Option<&Draft>,
    user: &UserDetailsBody,
    tag: String,
) -> (EditForm, Option<Vec<FieldConflict>>, bool) {
    match editing {
        Editing::Fresh | Editing::Profile(_) => match draft.and_then(EditForm::from_draft) {
            Some(form) => (form, None, true),
            None => (EditForm::new(user, tag), None, false),
        },
        Editing::Typed(form) => (form, None, false),
        Editing::Conflict(form) => (form.rebase(user, tag), Some(form.compare(user)), false),
    }
}

/// Formats the time until an instant; `None` if it has passed.
fn time_left(until: DateTime<Utc>, now: DateTime<Utc>, language: Language) -> Option<String> {
    let left = (until - now).to_std().ok().filter(|left| !left.is_zero())?;
    // Rounded up, so that a retry after this time is not too early.
    let seconds = left.as_millis().div_ceil(1_000);
    let (id, n) =
        if seconds < 120 { ("user-lock-seconds", seconds) } else { ("user-lock-minutes", seconds.div_ceil(60)) };
    Some(language.text_with(id, &[("n", u64::try_from(n).unwrap_or(u64::MAX).into())]))
}

/// Returns the author and the time of the last change, unless `reader` is the author.
fn last_author(timeline: &Timeline, reader: &str) -> Option<(String, DateTime<Utc>)> {
    let last = timeline.items.iter().find(|item| item.kind == TimelineKind::Change)?;
    let is_other_user = last.actor_id.as_deref().is_some_and(|id| id != reader);
    last.actor_name.clone().filter(|_| is_other_user).map(|name| (name, last.at))
}

fn sessions_of(page: SessionPage, language: Language) -> Sessions {
    let rows = page.items.into_iter().map(|session| SessionRow::of_user(session, language)).collect();
    Sessions { rows, total: page.total, older: page.next_cursor }
}

fn history(timeline: Timeline, parameters: &PageParameters, user: &UserDetailsBody, language: Language) -> History {
    History::new(timeline, parameters.before.is_none(), &user.user_id, Reader::Administrator, language)
}

/// Returns the initials of the first and the last word.
pub(in crate::pages) fn initials(name: &str) -> String {
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
    fn a_lockout_shows_the_time_left() {
        let left = |milliseconds| {
            let until = DateTime::UNIX_EPOCH + TimeDelta::milliseconds(milliseconds);
            time_left(until, DateTime::UNIX_EPOCH, Language::English)
        };
        assert_eq!((left(-1), left(0)), (None, None));
        for (milliseconds, expected) in
            [(1, "in 1 second"), (1_001, "in 2 seconds"), (119_000, "in 119 seconds"), (121_000, "in 3 minutes")]
        {
            assert_eq!(left(milliseconds).as_deref(), Some(expected));
        }
    }

    #[test]
    fn the_last_author_is_returned_unless_it_is_the_reader() {
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
    fn initials_are_of_the_first_and_the_last_word() {
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

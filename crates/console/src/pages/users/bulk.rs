//! One thing done to many users: those that were ticked, or all that match.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use futures_util::StreamExt;
use futures_util::stream;
use sha2::{Digest, Sha256};
use steward_client::{Client, Error};
use steward_contracts::bodies::{UserBody, UserRole};
use steward_domain::{Action, UserId};

use super::query::{LIST, ListQuery, Place};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::user::may::May;
use crate::request::{Administrator, FormData, ProtectedForm, Session, SignedIn, Toast};

/// Most users that are changed in one go: what a person waits for.
const MOST: usize = 1_000;
/// Calls at the same time.
const AT_ONCE: usize = 8;
/// Users on a page of the API, at the most.
const API_PAGE: u32 = 100;
/// Users that are named before it is done.
const NAMED: usize = 100;

/// What can be done to many.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum BulkAction {
    Activate,
    Deactivate,
    SignOut,
    Delete,
}

impl BulkAction {
    const ALL: [Self; 4] = [Self::Activate, Self::Deactivate, Self::SignOut, Self::Delete];

    fn name(self) -> &'static str {
        match self {
            Self::Activate => "activate",
            Self::Deactivate => "deactivate",
            Self::SignOut => "signout",
            Self::Delete => "delete",
        }
    }

    fn is_allowed(self, may: May) -> bool {
        match self {
            Self::Activate => may.activate,
            Self::Deactivate => may.deactivate,
            Self::SignOut => may.revoke_sessions,
            Self::Delete => may.delete,
        }
    }

    /// What the trail calls it.
    fn action(self) -> Action {
        match self {
            Self::Activate => Action::UserActivated,
            Self::Deactivate => Action::UserDeactivated,
            Self::SignOut => Action::SessionsRevoked,
            Self::Delete => Action::UserDeleted,
        }
    }

    /// The id of the text that says what comes of it.
    fn text(self) -> &'static str {
        match self {
            Self::Activate => "users-bulk-text-activate",
            Self::Deactivate => "users-bulk-text-deactivate",
            Self::SignOut => "users-bulk-text-signout",
            Self::Delete => "users-bulk-text-delete",
        }
    }

    /// The id of the text of its button.
    fn button(self) -> &'static str {
        match self {
            Self::Activate => "users-activate",
            Self::Deactivate => "users-deactivate",
            Self::SignOut => "users-sign-out",
            Self::Delete => "users-delete",
        }
    }

    async fn done_to(self, api: &Client, user_id: &str) -> Result<(), Error> {
        match self {
            Self::Activate => api.activate_user(user_id).await.map(drop),
            Self::Deactivate => api.deactivate_user(user_id).await.map(drop),
            Self::SignOut => api.revoke_sessions(user_id).await.map(drop),
            Self::Delete => api.delete_user(user_id).await,
        }
    }
}

/// A user it is to be done to. What is not known of them the API judges.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Subject {
    user_id: String,
    name: Option<String>,
    role: Option<UserRole>,
    is_active: Option<bool>,
}

impl From<UserBody> for Subject {
    fn from(user: UserBody) -> Self {
        Self { user_id: user.user_id, name: Some(user.name), role: Some(user.role), is_active: Some(user.is_active) }
    }
}

impl Subject {
    /// Whether there is anything to do, and it is allowed.
    fn is_due(&self, action: BulkAction, session: &Session) -> bool {
        let is_so_already = match action {
            BulkAction::Activate => self.is_active == Some(true),
            BulkAction::Deactivate => self.is_active == Some(false),
            // Whoever signs everybody out goes on with it.
            BulkAction::SignOut => session.user_id.eq_ignore_ascii_case(&self.user_id),
            BulkAction::Delete => false,
        };
        !is_so_already && self.role.is_none_or(|role| action.is_allowed(May::of(session, &self.user_id, role)))
    }
}

/// Asks whether it is to be done.
#[derive(Template)]
#[template(path = "users_bulk.html")]
struct BulkPage {
    frame: Frame,
    action: BulkAction,
    /// Where it was asked for.
    back: String,
    /// The filters, where it is about all that match.
    everything: Option<String>,
    subjects: Vec<Subject>,
    skipped: usize,
    /// More match than are done in one go.
    is_part: bool,
    /// Whether others are meant by now than were confirmed.
    has_changed: bool,
}

impl BulkPage {
    fn named(&self) -> impl Iterator<Item = &Subject> {
        self.subjects.iter().take(NAMED)
    }

    fn unnamed(&self) -> usize {
        self.subjects.len().saturating_sub(NAMED)
    }

    /// By what it is told whether the same users are still meant.
    fn digest(&self) -> String {
        digest(&self.subjects)
    }

    fn is_dangerous(&self) -> bool {
        self.action != BulkAction::Activate
    }
}

/// Does it; or asks first, where it cannot be undone, or is about users who are not all in sight.
pub(super) async fn act(
    ProtectedForm { who: Administrator(who), form }: ProtectedForm<Administrator>,
) -> Result<HttpResponse, Failure> {
    let context = &who.context;
    let back = form.page(LIST);
    let Some(action) = BulkAction::ALL.into_iter().find(|action| action.name() == form.get("action")) else {
        return Ok(context.go(back));
    };
    let everything = (form.get("all") == "yes").then(|| form.get("filters").to_owned());
    let (found, is_part) = match &everything {
        Some(filters) => all_that_match(&who, filters).await?,
        None => (picked(&who, &form, back).await?, false),
    };
    if found.is_empty() {
        context.tell(Toast::failed(context.t("users-bulk-nobody")));
        return Ok(context.go(back));
    }
    let (subjects, left): (Vec<_>, Vec<_>) =
        found.into_iter().partition(|subject| subject.is_due(action, &who.session));
    let is_asked_first = action == BulkAction::Delete || everything.is_some();
    let confirmed = form.get("confirmed");
    if is_asked_first && confirmed != digest(&subjects) {
        let title = match subjects.len() {
            0 => context.t("users-bulk-nothing-to-do"),
            count => {
                let id = format!("users-bulk-ask-{}", action.name());
                context.language().text_with(&id, &[("count", count.into())])
            }
        };
        let frame = Frame::signed_in(&who, Section::Users, title).below(LIST, context.t("user-management"));
        let (back, skipped) = (back.to_owned(), left.len());
        let has_changed = !confirmed.is_empty();
        let page = BulkPage { frame, action, back, everything, subjects, skipped, is_part, has_changed };
        return context.page(StatusCode::OK, &page);
    }
    let outcome = run(&who.api, action, &subjects).await;
    context.tell(told(&who, action, &Outcome { skipped: outcome.skipped + left.len(), ..outcome }));
    Ok(context.go(back))
}

/// Tells these users from any others.
fn digest(subjects: &[Subject]) -> String {
    let ids: BTreeSet<&str> = subjects.iter().map(|subject| &*subject.user_id).collect();
    let mut digest = Sha256::new();
    for id in ids {
        digest.update(id);
        digest.update("\n");
    }
    base16ct::lower::encode_string(&digest.finalize()[..16])
}

/// Those who were ticked. Who they are is looked up on the page where that was done, in one call; whoever is not there
/// any more is tried all the same.
async fn picked(who: &SignedIn, form: &FormData, page: &str) -> Result<Vec<Subject>, Failure> {
    let ids: BTreeSet<&str> = form.all("id").filter(|id| UserId::parse(id).is_ok()).take(MOST).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (_, shown) = super::users(&who.api, ListQuery::of(page), who.context.now()).await?;
    let mut subjects: Vec<Subject> =
        shown.items.into_iter().filter(|user| ids.contains(&*user.user_id)).map(Subject::from).collect();
    for id in ids {
        if !subjects.iter().any(|subject| subject.user_id == id) {
            subjects.push(Subject { user_id: id.to_owned(), name: None, role: None, is_active: None });
        }
    }
    Ok(subjects)
}

/// The first of all that match, and whether there are more. All are found before anything is done, since what is done
/// may change who matches.
async fn all_that_match(who: &SignedIn, filters: &str) -> Result<(Vec<Subject>, bool), Failure> {
    let now = who.context.now();
    let mut query = ListQuery { page_size: API_PAGE, ..ListQuery::parse(filters).at(Place::First, now) };
    let mut subjects = Vec::new();
    loop {
        let page = who.api.users(&query.to_api(now)).await?;
        subjects.extend(page.items.into_iter().map(Subject::from));
        match page.next_cursor {
            Some(_) if subjects.len() >= MOST => return Ok((subjects, true)),
            Some(cursor) => query = query.at(Place::After(cursor), now),
            None => return Ok((subjects, false)),
        }
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    done: usize,
    skipped: usize,
    failed: usize,
    /// Why the first of those that failed did.
    why: Option<String>,
}

/// What became of one user.
enum Fate {
    Done,
    Skipped,
    Failed,
}

/// Does it, a few at a time. Where nobody answers, or not any more, the rest is not tried.
async fn run(api: &Client, action: BulkAction, subjects: &[Subject]) -> Outcome {
    let (is_over, why) = (Cell::new(false), RefCell::new(None));
    let fates = stream::iter(subjects).map(|subject| async {
        if is_over.get() {
            return Fate::Failed;
        }
        match action.done_to(api, &subject.user_id).await {
            Ok(()) => Fate::Done,
            // Forbidden by what only the API knows; or gone meanwhile.
            Err(error) if matches!(error.status(), Some(403 | 404)) => Fate::Skipped,
            Err(error) => {
                is_over.set(is_over.get() || !matches!(error.status(), Some(409 | 412 | 422)));
                why.borrow_mut().get_or_insert_with(|| error.problem().map(|problem| problem.detail.to_string()));
                Fate::Failed
            }
        }
    });
    let outcome = Outcome::default();
    let outcome = fates.buffer_unordered(AT_ONCE).fold(outcome, |mut outcome, fate| async move {
        *match fate {
            Fate::Done => &mut outcome.done,
            Fate::Skipped => &mut outcome.skipped,
            Fate::Failed => &mut outcome.failed,
        } += 1;
        outcome
    });
    Outcome { why: why.take().flatten(), ..outcome.await }
}

/// What was done, in words, and where the trail tells more.
fn told(who: &SignedIn, action: BulkAction, outcome: &Outcome) -> Toast {
    let language = who.context.language();
    let counted = |id: &str, count: usize| language.text_with(id, &[("count", count.into())]);
    let mut text = vec![counted(&format!("users-bulk-done-{}", action.name()), outcome.done)];
    if outcome.skipped > 0 {
        text.push(counted("users-bulk-skipped", outcome.skipped));
    }
    if outcome.failed > 0 {
        text.push(counted("users-bulk-failed", outcome.failed));
        text.extend(outcome.why.clone());
    }
    let text = text.join(" ");
    let toast = if outcome.failed > 0 { Toast::failed(text) } else { Toast::done(text) };
    if outcome.done == 0 {
        return toast;
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("who", &who.session.user_id)
        .append_pair("action", action.action().as_str())
        .finish();
    toast.with_link(format!("/audit?{query}"), who.context.t("users-in-the-audit-log"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn session(role: &str) -> Session {
        serde_json::from_value(json!({
            "user_id": "boss", "user_name": "Boss", "role": role, "must_change_password": false, "csrf": "",
            "access_token": "", "access_expires": 0, "refresh_token": "",
        }))
        .unwrap()
    }

    fn subject(user_id: &str, role: UserRole, is_active: bool) -> Subject {
        Subject { user_id: user_id.to_owned(), name: None, role: Some(role), is_active: Some(is_active) }
    }

    #[test]
    fn only_those_are_due_for_whom_something_changes_and_may() {
        let due = |role: &str, subject: &Subject| BulkAction::ALL.map(|action| subject.is_due(action, &session(role)));
        let user = subject("alice", UserRole::User, true);
        assert_eq!(due("admin", &user), [false, true, true, true]);
        assert_eq!(due("admin", &Subject { is_active: Some(false), ..user.clone() }), [true, false, true, true]);
        assert_eq!(due("admin", &subject("chief", UserRole::Admin, true)), [false; 4]);
        assert_eq!(due("super_admin", &subject("chief", UserRole::Admin, true)), [false, true, true, true]);
        assert_eq!(due("super_admin", &subject("Boss", UserRole::SuperAdmin, true)), [false; 4]);
        // Of whom nothing is known the API judges.
        let unknown = Subject { role: None, is_active: None, ..user };
        assert_eq!(due("admin", &unknown), [true; 4]);
    }

    #[test]
    fn others_than_were_confirmed_are_told_apart() {
        let subjects = |ids: &[&str]| ids.iter().map(|id| subject(id, UserRole::User, true)).collect::<Vec<_>>();
        let confirmed = digest(&subjects(&["alice", "bob"]));
        assert_eq!(digest(&subjects(&["bob", "alice"])), confirmed);
        for others in [&["alice"][..], &["alice", "bob", "eve"], &["alicebob"], &[]] {
            assert_ne!(digest(&subjects(others)), confirmed, "{others:?}");
        }
    }

    #[test]
    fn every_deed_has_a_name_of_its_own() {
        for action in BulkAction::ALL {
            assert_eq!(BulkAction::ALL.into_iter().filter(|other| other.name() == action.name()).count(), 1);
        }
    }
}

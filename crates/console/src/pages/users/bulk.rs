//! Bulk actions: on selected users, or on all that match a filter.

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

use super::query::{LIST, ListQuery, PagePosition};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::user::permissions::Permissions;
use crate::request::{Administrator, FormData, ProtectedForm, Session, SignedIn, Toast};

/// The maximum number of users per action, given how long a user waits for a response.
const MAX_USERS: usize = 1_000;
/// Concurrent calls of the API.
const CONCURRENCY: usize = 8;
/// The largest page size of the API.
const API_PAGE_SIZE: u32 = 100;
/// Users that the confirmation page lists by name.
const MAX_LISTED: usize = 100;

/// An action on many users.
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

    fn is_allowed(self, permissions: Permissions) -> bool {
        match self {
            Self::Activate => permissions.activate,
            Self::Deactivate => permissions.deactivate,
            Self::SignOut => permissions.revoke_sessions,
            Self::Delete => permissions.delete,
        }
    }

    /// Returns the action's name in the audit trail.
    fn action(self) -> Action {
        match self {
            Self::Activate => Action::UserActivated,
            Self::Deactivate => Action::UserDeactivated,
            Self::SignOut => Action::SessionsRevoked,
            Self::Delete => Action::UserDeleted,
        }
    }

    /// Returns the id of the text that describes the effect.
    fn text(self) -> &'static str {
        match self {
            Self::Activate => "users-bulk-text-activate",
            Self::Deactivate => "users-bulk-text-deactivate",
            Self::SignOut => "users-bulk-text-signout",
            Self::Delete => "users-bulk-text-delete",
        }
    }

    /// Returns the id of the button's text.
    fn button(self) -> &'static str {
        match self {
            Self::Activate => "users-activate",
            Self::Deactivate => "users-deactivate",
            Self::SignOut => "users-sign-out",
            Self::Delete => "users-delete",
        }
    }

    async fn apply(self, api: &Client, user_id: &str) -> Result<(), Error> {
        match self {
            Self::Activate => api.activate_user(user_id).await.map(drop),
            Self::Deactivate => api.deactivate_user(user_id).await.map(drop),
            Self::SignOut => api.revoke_sessions(user_id).await.map(drop),
            Self::Delete => api.delete_user(user_id).await,
        }
    }
}

/// A user that the action applies to. The API decides on users with unknown fields.
#[derive(Debug, Clone, PartialEq, Eq)]
struct SelectedUser {
    user_id: String,
    name: Option<String>,
    role: Option<UserRole>,
    is_active: Option<bool>,
}

impl From<UserBody> for SelectedUser {
    fn from(user: UserBody) -> Self {
        Self { user_id: user.user_id, name: Some(user.name), role: Some(user.role), is_active: Some(user.is_active) }
    }
}

impl SelectedUser {
    /// Returns whether the action is allowed and would have an effect.
    fn is_applicable(&self, action: BulkAction, session: &Session) -> bool {
        let has_no_effect = match action {
            BulkAction::Activate => self.is_active == Some(true),
            BulkAction::Deactivate => self.is_active == Some(false),
            // Signing out every user keeps the session of the request.
            BulkAction::SignOut => session.user_id.eq_ignore_ascii_case(&self.user_id),
            BulkAction::Delete => false,
        };
        !has_no_effect && self.role.is_none_or(|role| action.is_allowed(Permissions::new(session, &self.user_id, role)))
    }
}

/// The confirmation page.
#[derive(Template)]
#[template(path = "users_bulk.html")]
struct BulkPage {
    frame: Frame,
    action: BulkAction,
    /// The page of the form.
    back: String,
    /// The filters, if the action applies to all users that match.
    filters: Option<String>,
    users: Vec<SelectedUser>,
    skipped: usize,
    /// Whether more users match than one action covers.
    is_truncated: bool,
    /// Whether the users differ from those that were confirmed.
    has_changed: bool,
}

impl BulkPage {
    fn listed(&self) -> impl Iterator<Item = &SelectedUser> {
        self.users.iter().take(MAX_LISTED)
    }

    fn unlisted_count(&self) -> usize {
        self.users.len().saturating_sub(MAX_LISTED)
    }

    /// Returns the digest that the form sends back as the confirmation.
    fn digest(&self) -> String {
        digest(&self.users)
    }

    fn is_dangerous(&self) -> bool {
        self.action != BulkAction::Activate
    }
}

/// Runs a bulk action. Asks for confirmation first if the action is irreversible or applies to users that are not
/// shown.
pub(super) async fn submit(
    ProtectedForm { caller: Administrator(caller), form }: ProtectedForm<Administrator>,
) -> Result<HttpResponse, Failure> {
    let context = &caller.context;
    let back = form.page(LIST);
    let Some(action) = BulkAction::ALL.into_iter().find(|action| action.name() == form.get("action")) else {
        return Ok(context.redirect(back));
    };
    let filters = (form.get("all") == "yes").then(|| form.get("filters").to_owned());
    let (candidates, is_truncated) = match &filters {
        Some(filters) => matching_users(&caller, filters).await?,
        None => (selected_users(&caller, &form, back).await?, false),
    };
    if candidates.is_empty() {
        context.add_toast(Toast::failed(context.t("users-bulk-none")));
        return Ok(context.redirect(back));
    }
    let (users, inapplicable): (Vec<_>, Vec<_>) =
        candidates.into_iter().partition(|user| user.is_applicable(action, &caller.session));
    let needs_confirmation = action == BulkAction::Delete || filters.is_some();
    let confirmed = form.get("confirmed");
    if needs_confirmation && confirmed != digest(&users) {
        let title = match users.len() {
            0 => context.t("users-bulk-nothing-to-do"),
            count => {
                let id = format!("users-bulk-ask-{}", action.name());
                context.language().text_with(&id, &[("count", count.into())])
            }
        };
        let frame = Frame::signed_in(&caller, Section::Users, title).below(LIST, context.t("user-management"));
        let (back, skipped) = (back.to_owned(), inapplicable.len());
        let has_changed = !confirmed.is_empty();
        let page = BulkPage { frame, action, back, filters, users, skipped, is_truncated, has_changed };
        return context.render(StatusCode::OK, &page);
    }
    let outcome = run(&caller.api, action, &users).await;
    context.add_toast(outcome_toast(
        &caller,
        action,
        &Outcome { skipped: outcome.skipped + inapplicable.len(), ..outcome },
    ));
    Ok(context.redirect(back))
}

/// Returns a digest that identifies this set of users.
fn digest(users: &[SelectedUser]) -> String {
    let ids: BTreeSet<&str> = users.iter().map(|user| &*user.user_id).collect();
    let mut digest = Sha256::new();
    for id in ids {
        digest.update(id);
        digest.update("\n");
    }
    base16ct::lower::encode_string(&digest.finalize()[..16])
}

/// Returns the selected users. One call of the API looks them up on the page of the form. Users that are no longer on
/// it are included with unknown fields.
async fn selected_users(caller: &SignedIn, form: &FormData, page: &str) -> Result<Vec<SelectedUser>, Failure> {
    let ids: BTreeSet<&str> = form.all("id").filter(|id| UserId::parse(id).is_ok()).take(MAX_USERS).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let (_, shown) = super::fetch_page(caller, ListQuery::from_target(page)).await?;
    let mut users: Vec<SelectedUser> =
        shown.items.into_iter().filter(|user| ids.contains(&*user.user_id)).map(SelectedUser::from).collect();
    for id in ids {
        if !users.iter().any(|user| user.user_id == id) {
            users.push(SelectedUser { user_id: id.to_owned(), name: None, role: None, is_active: None });
        }
    }
    Ok(users)
}

/// Returns the first users that match, and whether there are more. All are read before the action runs, since the
/// action may change which users match.
async fn matching_users(caller: &SignedIn, filters: &str) -> Result<(Vec<SelectedUser>, bool), Failure> {
    let now = caller.context.now();
    let mut query = ListQuery { page_size: API_PAGE_SIZE, ..ListQuery::parse(filters).at(PagePosition::First, now) };
    let mut users = Vec::new();
    loop {
        let page = caller.api.users(&query.to_api(caller.session.times(), now)).await?;
        users.extend(page.items.into_iter().map(SelectedUser::from));
        match page.next_cursor {
            Some(_) if users.len() >= MAX_USERS => return Ok((users, true)),
            Some(cursor) => query = query.at(PagePosition::After(cursor), now),
            None => return Ok((users, false)),
        }
    }
}

#[derive(Debug, Default, PartialEq, Eq)]
struct Outcome {
    done: usize,
    skipped: usize,
    failed: usize,
    /// The error of the first user that failed.
    why: Option<String>,
}

/// The result for one user.
enum UserOutcome {
    Done,
    Skipped,
    Failed,
}

/// Runs the action with limited concurrency. After an error that affects all users, the rest fail without a call.
async fn run(api: &Client, action: BulkAction, users: &[SelectedUser]) -> Outcome {
    let (is_over, why) = (Cell::new(false), RefCell::new(None));
    let outcomes = stream::iter(users).map(|user| async {
        if is_over.get() {
            return UserOutcome::Failed;
        }
        match action.apply(api, &user.user_id).await {
            Ok(()) => UserOutcome::Done,
            // Denied for a reason that only the API knows, or deleted concurrently.
            Err(error) if matches!(error.status(), Some(403 | 404)) => UserOutcome::Skipped,
            Err(error) => {
                is_over.set(is_over.get() || !matches!(error.status(), Some(409 | 412 | 422)));
                why.borrow_mut().get_or_insert_with(|| error.problem().map(|problem| problem.detail.to_string()));
                UserOutcome::Failed
            }
        }
    });
    let outcome = Outcome::default();
    let outcome = outcomes.buffer_unordered(CONCURRENCY).fold(outcome, |mut outcome, user_outcome| async move {
        *match user_outcome {
            UserOutcome::Done => &mut outcome.done,
            UserOutcome::Skipped => &mut outcome.skipped,
            UserOutcome::Failed => &mut outcome.failed,
        } += 1;
        outcome
    });
    Outcome { why: why.take().flatten(), ..outcome.await }
}

/// Returns the message about the result, with a link to the audit trail.
fn outcome_toast(caller: &SignedIn, action: BulkAction, outcome: &Outcome) -> Toast {
    let language = caller.context.language();
    let count_text = |id: &str, count: usize| language.text_with(id, &[("count", count.into())]);
    let mut text = vec![count_text(&format!("users-bulk-done-{}", action.name()), outcome.done)];
    if outcome.skipped > 0 {
        text.push(count_text("users-bulk-skipped", outcome.skipped));
    }
    if outcome.failed > 0 {
        text.push(count_text("users-bulk-failed", outcome.failed));
        text.extend(outcome.why.clone());
    }
    let text = text.join(" ");
    let toast = if outcome.failed > 0 { Toast::failed(text) } else { Toast::done(text) };
    if outcome.done == 0 {
        return toast;
    }
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("who", &caller.session.user_id)
        .append_pair("action", action.action().as_str())
        .finish();
    toast.with_link(format!("/audit?{query}"), caller.context.t("users-in-the-audit-log"))
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

    fn selected(user_id: &str, role: UserRole, is_active: bool) -> SelectedUser {
        SelectedUser { user_id: user_id.to_owned(), name: None, role: Some(role), is_active: Some(is_active) }
    }

    #[test]
    fn an_action_applies_if_it_is_allowed_and_has_an_effect() {
        let applicable =
            |role: &str, user: &SelectedUser| BulkAction::ALL.map(|action| user.is_applicable(action, &session(role)));
        let user = selected("alice", UserRole::User, true);
        assert_eq!(applicable("admin", &user), [false, true, true, true]);
        assert_eq!(
            applicable("admin", &SelectedUser { is_active: Some(false), ..user.clone() }),
            [true, false, true, true]
        );
        assert_eq!(applicable("admin", &selected("chief", UserRole::Admin, true)), [false; 4]);
        assert_eq!(applicable("super_admin", &selected("chief", UserRole::Admin, true)), [false, true, true, true]);
        assert_eq!(applicable("super_admin", &selected("Boss", UserRole::SuperAdmin, true)), [false; 4]);
        // The API decides on users with unknown fields.
        let unknown = SelectedUser { role: None, is_active: None, ..user };
        assert_eq!(applicable("admin", &unknown), [true; 4]);
    }

    #[test]
    fn the_digest_identifies_the_set_of_users() {
        let users = |ids: &[&str]| ids.iter().map(|id| selected(id, UserRole::User, true)).collect::<Vec<_>>();
        let confirmed = digest(&users(&["alice", "bob"]));
        assert_eq!(digest(&users(&["bob", "alice"])), confirmed);
        for others in [&["alice"][..], &["alice", "bob", "eve"], &["alicebob"], &[]] {
            assert_ne!(digest(&users(others)), confirmed, "{others:?}");
        }
    }

    #[test]
    fn every_action_has_a_unique_name() {
        for action in BulkAction::ALL {
            assert_eq!(BulkAction::ALL.into_iter().filter(|other| other.name() == action.name()).count(), 1);
        }
    }
}

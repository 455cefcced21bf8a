use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;
use steward_client::AuditList;
use steward_contracts::bodies::UserDetailsBody;
use steward_domain::Action;

use super::denied::refusal;
use super::may::May;
use super::{address, audit_address};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::users::LIST;
use crate::visit::{Act, Administrator, SignedIn, Toast, Visit, own_page};

#[derive(Template)]
#[template(path = "user_delete.html")]
struct DeletePage {
    frame: Frame,
    address: String,
    user: UserDetailsBody,
    /// Where to go instead.
    back: String,
}

#[derive(Deserialize)]
pub(super) struct Asked {
    /// The page that led here.
    back: Option<String>,
}

/// Asks whether a user is really to be deleted.
pub(super) async fn ask(
    Administrator(who): Administrator,
    id: Path<String>,
    asked: Query<Asked>,
) -> Result<HttpResponse, Failure> {
    let user = who.api.user(&id).await?;
    let (visit, address) = (&who.visit, address(&user.user_id));
    if !May::of(&who.session, &user.user_id, user.role).delete {
        visit.tell(Toast::failed(visit.t("user-delete-denied")));
        return Ok(visit.go(&address));
    }
    let back = asked.back.as_deref().and_then(own_page).unwrap_or(&address).to_owned();
    let frame = Frame::signed_in(&who, Section::Users, visit.t("user-delete"))
        .below(LIST, visit.t("user-management"))
        .below(address.clone(), user.name.clone());
    visit.page(StatusCode::OK, &DeletePage { frame, address, user, back })
}

/// Deletes a user, and leads to the list that one came from.
pub(super) async fn delete(
    Act { who: Administrator(who), form }: Act<Administrator>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    let (visit, address) = (&who.visit, address(&id));
    match who.api.delete_user(&id).await {
        Ok(()) => {
            visit.tell(deleted(visit, &id, None));
            Ok(visit.go(after(form.get("back"), form.page(LIST))))
        }
        Err(error) if error.status() == Some(404) => match deletion(&who, &id).await? {
            Some(toast) => {
                visit.tell(toast);
                Ok(visit.go(after(form.get("back"), form.page(LIST))))
            }
            None => Err(error.into()),
        },
        Err(error) => match refusal(&error, visit.language()) {
            Some(text) => {
                visit.tell(Toast::failed(text));
                let page = form.page(&address);
                // Nobody is asked once more what cannot be done.
                Ok(visit.go(if is_list(page) { page } else { &address }))
            }
            None => Err(error.into()),
        },
    }
}

/// What the audit trail says of the deletion of a user who is not there; `None` if there never was one of this id.
async fn deletion(who: &SignedIn, id: &str) -> Result<Option<Toast>, Failure> {
    let action = Some(Action::UserDeleted.as_str().to_owned());
    let list = AuditList { target: Some(id.to_owned()), action, page_size: Some(1), ..AuditList::default() };
    let entry = who.api.audit_logs(&list).await?.items.into_iter().next();
    Ok(entry.map(|entry| {
        let by = (entry.admin_id != who.session.user_id).then_some(entry.admin_name);
        deleted(&who.visit, id, by)
    }))
}

/// The message that a user is deleted; with a name, that this other user deleted them.
fn deleted(visit: &Visit, id: &str, by: Option<String>) -> Toast {
    let text = match by {
        None => visit.language().text_with("user-deleted", &[("id", id.into())]),
        Some(name) => visit.language().text_with("user-deleted-by", &[("id", id.into()), ("name", name.into())]),
    };
    Toast::done(text).with_link(audit_address(id, Action::UserDeleted), visit.t("user-audit-entry"))
}

/// The list as it was, if one came from there: the user's own page is gone.
fn after<'a>(back: &'a str, page: &'a str) -> &'a str {
    [back, page].into_iter().find(|page| own_page(page).is_some() && is_list(page)).unwrap_or(LIST)
}

fn is_list(page: &str) -> bool {
    page.split(['?', '#']).next() == Some(LIST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_a_deletion_one_is_where_the_list_was() {
        for (back, page, expected) in [
            ("/users?role=user", "/users/alice/delete", "/users?role=user"),
            ("", "/users?page_size=20", "/users?page_size=20"),
            ("/users/alice", "/users/alice/delete", "/users"),
            ("//evil.example", "/users/alice", "/users"),
            ("/users", "", "/users"),
        ] {
            assert_eq!(after(back, page), expected, "{back} {page}");
        }
    }
}

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
use crate::request::{Administrator, ProtectedForm, RequestContext, SignedIn, Toast, own_page};

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
    let (context, address) = (&who.context, address(&user.user_id));
    if !May::of(&who.session, &user.user_id, user.role).delete {
        context.tell(Toast::failed(context.t("user-delete-denied")));
        return Ok(context.go(&address));
    }
    let back = asked.back.as_deref().and_then(own_page).unwrap_or(&address).to_owned();
    let frame = Frame::signed_in(&who, Section::Users, context.t("user-delete"))
        .below(LIST, context.t("user-management"))
        .below(address.clone(), user.name.clone());
    context.page(StatusCode::OK, &DeletePage { frame, address, user, back })
}

/// Deletes a user, and leads to the list that one came from.
pub(super) async fn delete(
    ProtectedForm { who: Administrator(who), form }: ProtectedForm<Administrator>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    let (context, address) = (&who.context, address(&id));
    match who.api.delete_user(&id).await {
        Ok(()) => {
            context.tell(deleted(context, &id, None));
            Ok(context.go(after(form.get("back"), form.page(LIST))))
        }
        Err(error) if error.status() == Some(404) => match deletion(&who, &id).await? {
            Some(toast) => {
                context.tell(toast);
                Ok(context.go(after(form.get("back"), form.page(LIST))))
            }
            None => Err(error.into()),
        },
        Err(error) => match refusal(&error, context.language()) {
            Some(text) => {
                context.tell(Toast::failed(text));
                let page = form.page(&address);
                // Nobody is asked once more what cannot be done.
                Ok(context.go(if is_list(page) { page } else { &address }))
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
        let by = (entry.actor_id != who.session.user_id).then_some(entry.actor_name);
        deleted(&who.context, id, by)
    }))
}

/// The message that a user is deleted; with a name, that this other user deleted them.
fn deleted(context: &RequestContext, id: &str, by: Option<String>) -> Toast {
    let text = match by {
        None => context.language().text_with("user-deleted", &[("id", id.into())]),
        Some(name) => context.language().text_with("user-deleted-by", &[("id", id.into()), ("name", name.into())]),
    };
    Toast::done(text).with_link(audit_address(id, Action::UserDeleted), context.t("user-audit-entry"))
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

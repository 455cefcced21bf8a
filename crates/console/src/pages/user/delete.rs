use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;
use steward_client::AuditList;
use steward_contracts::bodies::UserDetailsBody;
use steward_domain::Action;

use super::denied::denial_text;
use super::permissions::Permissions;
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
    /// The target of the cancel button.
    back: String,
}

#[derive(Deserialize)]
pub(super) struct DeleteParameters {
    /// The page that linked here.
    back: Option<String>,
}

/// Shows the confirmation page for a deletion.
pub(super) async fn confirm(
    Administrator(caller): Administrator,
    id: Path<String>,
    parameters: Query<DeleteParameters>,
) -> Result<HttpResponse, Failure> {
    let user = caller.api.user(&id).await?;
    let (context, address) = (&caller.context, address(&user.user_id));
    if !Permissions::new(&caller.session, &user.user_id, user.role).delete {
        context.add_toast(Toast::failed(context.t("user-delete-denied")));
        return Ok(context.redirect(&address));
    }
    let back = parameters.back.as_deref().and_then(own_page).unwrap_or(&address).to_owned();
    let frame = Frame::signed_in(&caller, Section::Users, context.t("user-delete"))
        .below(LIST, context.t("user-management"))
        .below(address.clone(), user.name.clone());
    context.render(StatusCode::OK, &DeletePage { frame, address, user, back })
}

/// Deletes a user and returns to the list.
pub(super) async fn delete(
    ProtectedForm { caller: Administrator(caller), form }: ProtectedForm<Administrator>,
    id: Path<String>,
) -> Result<HttpResponse, Failure> {
    let (context, address) = (&caller.context, address(&id));
    match caller.api.delete_user(&id).await {
        Ok(()) => {
            context.add_toast(deletion_toast(context, &id, None));
            Ok(context.redirect(destination(form.get("back"), form.page(LIST))))
        }
        Err(error) if error.status() == Some(404) => match find_deletion(&caller, &id).await? {
            Some(toast) => {
                context.add_toast(toast);
                Ok(context.redirect(destination(form.get("back"), form.page(LIST))))
            }
            None => Err(error.into()),
        },
        Err(error) => match denial_text(&error, context.language()) {
            Some(text) => {
                context.add_toast(Toast::failed(text));
                let page = form.page(&address);
                // Returning to the confirmation page would be of no use.
                Ok(context.redirect(if is_list(page) { page } else { &address }))
            }
            None => Err(error.into()),
        },
    }
}

/// Looks up the deletion of a user in the audit trail. Returns `None` if the user never existed.
async fn find_deletion(caller: &SignedIn, id: &str) -> Result<Option<Toast>, Failure> {
    let action = Some(Action::UserDeleted.as_str().to_owned());
    let list = AuditList { target: Some(id.to_owned()), action, page_size: Some(1), ..AuditList::default() };
    let entry = caller.api.audit_logs(&list).await?.items.into_iter().next();
    Ok(entry.map(|entry| {
        let by = (entry.actor_id != caller.session.user_id).then_some(entry.actor_name);
        deletion_toast(&caller.context, id, by)
    }))
}

/// Returns the message for a deleted user; `by` is the name of another administrator who deleted the user.
fn deletion_toast(context: &RequestContext, id: &str, by: Option<String>) -> Toast {
    let text = match by {
        None => context.language().text_with("user-deleted", &[("id", id.into())]),
        Some(name) => context.language().text_with("user-deleted-by", &[("id", id.into()), ("name", name.into())]),
    };
    Toast::done(text).with_link(audit_address(id, Action::UserDeleted), context.t("user-audit-entry"))
}

/// Returns the list that linked here, or the plain list: the user's own page no longer exists.
fn destination<'a>(back: &'a str, page: &'a str) -> &'a str {
    [back, page].into_iter().find(|page| own_page(page).is_some() && is_list(page)).unwrap_or(LIST)
}

fn is_list(page: &str) -> bool {
    page.split(['?', '#']).next() == Some(LIST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_deletion_returns_to_the_list() {
        for (back, page, expected) in [
            ("/users?role=user", "/users/alice/delete", "/users?role=user"),
            ("", "/users?page_size=20", "/users?page_size=20"),
            ("/users/alice", "/users/alice/delete", "/users"),
            ("//evil.example", "/users/alice", "/users"),
            ("/users", "", "/users"),
        ] {
            assert_eq!(destination(back, page), expected, "{back} {page}");
        }
    }
}

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use actix_web::web::{Path, Query};
use askama::Template;
use serde::Deserialize;
use steward_contracts::bodies::UserDetailsBody;
use steward_domain::Action;

use super::denied::refusal;
use super::may::May;
use super::{address, audit_address};
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::pages::users::LIST;
use crate::visit::{Act, Administrator, Toast, own_page};

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
            let text = visit.language().text_with("user-deleted", &[("id", id.as_str().into())]);
            let entry = audit_address(&id, Action::UserDeleted);
            visit.tell(Toast::done(text).with_link(entry, visit.t("user-audit-entry")));
            Ok(visit.go(after(form.get("back"), form.page(LIST))))
        }
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

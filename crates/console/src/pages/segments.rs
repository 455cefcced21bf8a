//! The segments of the user list: filters that are kept under a name. They are shown there.

use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, post};
use steward_domain::SegmentName;

use super::users::{LIST, ListQuery, to_stored};
use crate::failure::Failure;
use crate::request::{Administrator, ProtectedForm, Toast};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/segments", post().to(save)).route("/segments/delete", post().to(delete));
}

/// Keeps the filters of the page that the form stands on, in the place of what was kept under that name.
async fn save(
    ProtectedForm { who: Administrator(who), form }: ProtectedForm<Administrator>,
) -> Result<HttpResponse, Failure> {
    let (context, page) = (&who.context, form.page(LIST));
    let Ok(name) = SegmentName::parse(form.get("name")) else {
        context.tell(Toast::failed(context.t("users-segment-bad-name")));
        return Ok(context.go(page));
    };
    let query = ListQuery::of(page);
    let toast = match who.api.save_segment(name.as_str(), &to_stored(&query, context.now())).await {
        Ok(segment) => {
            Toast::done(context.language().text_with("users-segment-saved", &[("name", segment.name.into())]))
        }
        Err(error) if error.status() == Some(409) => Toast::failed(context.t("users-segment-full")),
        Err(error) if error.status() == Some(422) => Toast::failed(context.t("users-segment-too-long")),
        Err(error) => return Err(error.into()),
    };
    context.tell(toast);
    Ok(context.go(&query.at_the_start().address()))
}

async fn delete(
    ProtectedForm { who: Administrator(who), form }: ProtectedForm<Administrator>,
) -> Result<HttpResponse, Failure> {
    let context = &who.context;
    // Not parsed: an earlier version may have stored a name that is refused by now.
    let name = form.get("name");
    if name.trim().is_empty() {
        return Err(Failure::NotFound);
    }
    match who.api.delete_segment(name).await {
        Err(error) if error.status() != Some(404) => return Err(error.into()),
        // Gone is gone, whoever did it.
        _ => {}
    }
    context.tell(Toast::done(context.language().text_with("users-segment-deleted", &[("name", name.into())])));
    Ok(context.go(form.page(LIST)))
}

//! Segments of the user list: filters saved under a name. The list shows them.

use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, post};
use steward_domain::SegmentName;

use super::users::{LIST, ListQuery, to_stored};
use crate::failure::Failure;
use crate::request::{Administrator, ProtectedForm, Toast};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/segments", post().to(save)).route("/segments/delete", post().to(delete));
}

/// Saves the filters of the form's page. Replaces a segment of the same name.
async fn save(
    ProtectedForm { caller: Administrator(caller), form }: ProtectedForm<Administrator>,
) -> Result<HttpResponse, Failure> {
    let (context, page) = (&caller.context, form.page(LIST));
    let Ok(name) = SegmentName::parse(form.get("name")) else {
        context.add_toast(Toast::failed(context.t("users-segment-bad-name")));
        return Ok(context.redirect(page));
    };
    let query = ListQuery::from_target(page);
    let toast =
        match caller.api.save_segment(name.as_str(), &to_stored(&query, caller.session.times(), context.now())).await {
            Ok(segment) => {
                Toast::done(context.language().text_with("users-segment-saved", &[("name", segment.name.into())]))
            }
            Err(error) if error.status() == Some(409) => Toast::failed(context.t("users-segment-full")),
            Err(error) if error.status() == Some(422) => Toast::failed(context.t("users-segment-too-long")),
            Err(error) => return Err(error.into()),
        };
    context.add_toast(toast);
    Ok(context.redirect(&query.first_page().address()))
}

async fn delete(
    ProtectedForm { caller: Administrator(caller), form }: ProtectedForm<Administrator>,
) -> Result<HttpResponse, Failure> {
    let context = &caller.context;
    // Not parsed: an earlier version may have stored a name that is no longer valid.
    let name = form.get("name");
    if name.trim().is_empty() {
        return Err(Failure::NotFound);
    }
    match caller.api.delete_segment(name).await {
        Err(error) if error.status() != Some(404) => return Err(error.into()),
        // The segment is already deleted.
        _ => {}
    }
    context.add_toast(Toast::done(context.language().text_with("users-segment-deleted", &[("name", name.into())])));
    Ok(context.redirect(form.page(LIST)))
}

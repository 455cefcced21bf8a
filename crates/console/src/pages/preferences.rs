use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, post};

use crate::language::Language;
use crate::request::{ProtectedForm, RequestContext, Theme};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/preferences", post().to(save));
}

/// Stores the chosen language or theme in the browser.
async fn save(ProtectedForm { caller: context, form }: ProtectedForm<RequestContext>) -> HttpResponse {
    if let Some(language) = Language::from_tag(form.get("language")) {
        context.cookies().set_language(language);
    }
    if let Some(theme) = Theme::from_name(form.get("theme")) {
        context.cookies().set_theme(theme);
    }
    context.redirect(form.page("/"))
}

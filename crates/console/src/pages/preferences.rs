use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, post};

use crate::language::Language;
use crate::request::{ProtectedForm, RequestContext, Theme};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/preferences", post().to(keep));
}

/// Keeps the language or the theme that was chosen, for this browser.
async fn keep(ProtectedForm { who: context, form }: ProtectedForm<RequestContext>) -> HttpResponse {
    if let Some(language) = Language::from_tag(form.get("language")) {
        context.cookies().keep_language(language);
    }
    if let Some(theme) = Theme::from_name(form.get("theme")) {
        context.cookies().keep_theme(theme);
    }
    context.go(form.page("/"))
}

use actix_web::HttpResponse;
use actix_web::web::{ServiceConfig, post};

use crate::language::Language;
use crate::visit::{Act, Theme, Visit};

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route("/preferences", post().to(keep));
}

/// Keeps the language or the theme that was chosen, for this browser.
async fn keep(Act { who: visit, form }: Act<Visit>) -> HttpResponse {
    if let Some(language) = Language::from_tag(form.get("language")) {
        visit.jar().keep_language(language);
    }
    if let Some(theme) = Theme::from_name(form.get("theme")) {
        visit.jar().keep_theme(theme);
    }
    visit.go(form.page("/"))
}

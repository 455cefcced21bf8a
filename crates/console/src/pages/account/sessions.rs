use actix_web::HttpResponse;
use actix_web::web::Path;

use super::HERE;
use crate::failure::Failure;
use crate::visit::{Act, Toast};

/// Ends one of one's own sessions.
pub(super) async fn end(Act { who, form }: Act, session: Path<String>) -> Result<HttpResponse, Failure> {
    let toast = match who.api.end_own_session(&session).await {
        Ok(()) => Toast::done(who.visit.t("user-session-revoked")),
        Err(error) if error.status() == Some(404) => Toast::failed(who.visit.t("user-session-gone")),
        Err(error) => return Err(error.into()),
    };
    who.visit.tell(toast);
    Ok(who.visit.go(form.page(HERE)))
}

/// Signs out everywhere, or everywhere else.
pub(super) async fn sign_out_everywhere(Act { who, form }: Act) -> Result<HttpResponse, Failure> {
    let keep_this = form.get("keep") == "this";
    let ended = who.api.logout_all(keep_this).await?.ended;
    let visit = &who.visit;
    let text = visit.language().text_with("account-signed-out-elsewhere", &[("count", ended.into())]);
    if keep_this {
        visit.tell(Toast::done(text));
        return Ok(visit.go(form.page(HERE)));
    }
    visit.jar().sign_out();
    visit.tell(Toast::done(visit.t("account-signed-out-everywhere")));
    Ok(visit.go("/sign-in"))
}

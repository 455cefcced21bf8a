use actix_web::HttpResponse;
use actix_web::web::Path;

use super::HERE;
use crate::failure::Failure;
use crate::request::{ProtectedForm, Toast};

/// Ends one of one's own sessions.
pub(super) async fn end(
    ProtectedForm { who, form }: ProtectedForm,
    session: Path<String>,
) -> Result<HttpResponse, Failure> {
    let toast = match who.api.end_own_session(&session).await {
        Ok(()) => Toast::done(who.context.t("user-session-revoked")),
        Err(error) if error.status() == Some(404) => Toast::failed(who.context.t("user-session-gone")),
        Err(error) => return Err(error.into()),
    };
    who.context.tell(toast);
    Ok(who.context.go(form.page(HERE)))
}

/// Signs out everywhere, or everywhere else.
pub(super) async fn sign_out_everywhere(ProtectedForm { who, form }: ProtectedForm) -> Result<HttpResponse, Failure> {
    let keep_this = form.get("keep") == "this";
    let ended = who.api.logout_all(keep_this).await?.ended;
    let context = &who.context;
    let text = context.language().text_with("account-signed-out-elsewhere", &[("count", ended.into())]);
    if keep_this {
        context.tell(Toast::done(text));
        return Ok(context.go(form.page(HERE)));
    }
    context.cookies().sign_out();
    context.tell(Toast::done(context.t("account-signed-out-everywhere")));
    Ok(context.go("/sign-in"))
}

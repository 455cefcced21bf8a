use actix_web::HttpResponse;
use actix_web::web::Path;

use super::ACCOUNT;
use crate::failure::Failure;
use crate::request::{ProtectedForm, Toast};

/// Ends one of the user's own sessions.
pub(super) async fn end(
    ProtectedForm { caller, form }: ProtectedForm,
    session: Path<String>,
) -> Result<HttpResponse, Failure> {
    let toast = match caller.api.end_own_session(&session).await {
        Ok(()) => Toast::done(caller.context.t("user-session-revoked")),
        Err(error) if error.status() == Some(404) => Toast::failed(caller.context.t("user-session-gone")),
        Err(error) => return Err(error.into()),
    };
    caller.context.add_toast(toast);
    Ok(caller.context.redirect(form.page(ACCOUNT)))
}

/// Signs out everywhere, or everywhere else.
pub(super) async fn sign_out_everywhere(
    ProtectedForm { caller, form }: ProtectedForm,
) -> Result<HttpResponse, Failure> {
    let keep_this = form.get("keep") == "this";
    let ended = caller.api.logout_all(keep_this).await?.ended;
    let context = &caller.context;
    let text = context.language().text_with("account-signed-out-elsewhere", &[("count", ended.into())]);
    if keep_this {
        context.add_toast(Toast::done(text));
        return Ok(context.redirect(form.page(ACCOUNT)));
    }
    context.cookies().sign_out();
    context.add_toast(Toast::done(context.t("account-signed-out-everywhere")));
    Ok(context.redirect("/sign-in"))
}

use actix_web::http::header::{CONTENT_DISPOSITION, HeaderValue};
use actix_web::{HttpRequest, HttpResponse};
use steward_client::Error;

use super::ACCOUNT;
use crate::failure::Failure;
use crate::request::{SignedIn, Toast};

/// Returns the file with everything that is stored about the user. A link of another site leads to the account page: an
/// export is recorded and limited, so other sites must not cause one.
pub(super) async fn export(caller: SignedIn, request: HttpRequest) -> Result<HttpResponse, Failure> {
    let context = &caller.context;
    let site = request.headers().get("sec-fetch-site").map(HeaderValue::as_bytes);
    if !matches!(site, None | Some(b"same-origin" | b"none")) {
        return Ok(context.redirect(ACCOUNT));
    }
    match caller.api.export_account().await {
        Ok(export) => {
            let (id, day) = (&export.account.user_id, export.exported_at.date_naive());
            let name = format!("attachment; filename=\"steward-export-{id}-{day}.json\"");
            let text = serde_json::to_string_pretty(&export).map_err(|error| Failure::Internal(error.to_string()))?;
            let mut response = HttpResponse::Ok();
            Ok(response.content_type("application/json").insert_header((CONTENT_DISPOSITION, name)).body(text))
        }
        Err(error) if error.status() == Some(429) => {
            context.add_toast(Toast::failed(wait_text(&caller, &error)));
            Ok(context.redirect(ACCOUNT))
        }
        Err(error) => Err(error.into()),
    }
}

fn wait_text(caller: &SignedIn, error: &Error) -> String {
    let minutes = error.retry_after().unwrap_or(3_600).div_ceil(60);
    caller.context.language().text_with("account-export-too-many", &[("minutes", minutes.into())])
}

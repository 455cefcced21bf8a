use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::web::Data;
use actix_web::{HttpResponse, get};
use steward_contracts::bodies::AccountExportBody;
use steward_web::responses::{Anywhere, NeedsToken};
use steward_web::{ApiError, Caller, CallerOrigin, HttpError, IntoProblem, NoRequirement};

use crate::AuthService;
use crate::export_account::{ExportAccountError, MAX_ITEMS};

/// Export own data
///
/// Returns everything that is stored about the caller as a file: account, profile, sessions, sign-ins, audit entries,
/// mails and saved filters, without secrets and without data of other users. Each list has the newest 10,000 items; `truncated`
/// names the lists that are cut. At most 3 exports per hour. A mail reports each export to the caller.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    responses(
        Anywhere,
        (
            status = 200, description = "The data", body = AccountExportBody,
            headers(("Content-Disposition" = String, description = "The name of the file"))
        ),
        NeedsToken,
    )
)]
#[get("/api/auth/me/export")]
pub(super) async fn export_account(
    service: Data<AuthService>,
    caller: Caller<NoRequirement>,
    origin: CallerOrigin,
) -> Result<HttpResponse, ApiError> {
    let (export, at) = service.export_account(&caller.session, origin.0).await?;
    // A user id has no character with a meaning in a header.
    let name = format!("attachment; filename=\"steward-export-{}-{}.json\"", export.user.user_id, at.date_naive());
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_DISPOSITION, name))
        .json(AccountExportBody::new(export, MAX_ITEMS, at)))
}

impl IntoProblem for ExportAccountError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::TooMany(wait) => ApiError::too_many("too-many-exports", "Too many exports", wait),
            Self::SignedOut => HttpError::Unauthenticated.into(),
            Self::Change(error) => error.into(),
            Self::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;
    use serde_json::json;
    use steward_testkit::{a_user, at};

    use crate::testing::http::{get, with_token};
    use crate::testing::{PASSWORD, TestApp};

    const EXPORT: &str = "/api/auth/me/export";

    #[actix_web::test]
    async fn an_export_has_everything_but_secrets() {
        let app = TestApp::new().await;
        app.create(a_user("alice").name("Alice Kim")).await;
        app.create(a_user("bob")).await;
        app.log_in("alice", "wrong").await.unwrap_err();
        let signed_in = app.log_in("alice", PASSWORD).await.unwrap();
        app.clock.set(at(60));
        let response = app.call(with_token(get(EXPORT), &signed_in.token)).await;
        assert_eq!(response.status, 200);
        let disposition = response.headers.get("content-disposition").unwrap();
        assert_eq!(disposition, "attachment; filename=\"steward-export-alice-2026-01-02.json\"");
        let body = response.body;
        assert_eq!((&body["account"]["user_id"], &body["account"]["name"]), (&json!("alice"), &json!("Alice Kim")));
        assert_eq!((&body["limit"], &body["truncated"]), (&json!(10_000), &json!([])));
        assert_eq!(body["exported_at"], "2026-01-02T03:05:05.678901Z");
        assert_eq!(body["sessions"].as_array().unwrap().len(), 1);
        assert_eq!(body["sign_ins"].as_array().unwrap().len(), 2);
        assert_eq!(body["sign_ins"][1]["reason"], "wrong_password");
        let actions: Vec<_> = body["audit_entries"].as_array().unwrap().iter().map(|entry| &entry["action"]).collect();
        assert_eq!(actions, ["DATA_EXPORTED", "USER_CREATED"]);
        assert_eq!(
            (&body["mails"][0]["kind"], &body["mails"][0]["state"]),
            (&json!("data_exported"), &json!("queued"))
        );
        let text = body.to_string();
        for secret in ["$2b$", "bob", signed_in.refresh_token.text().expose_secret()] {
            assert!(!text.contains(secret), "{secret}");
        }
    }

    #[actix_web::test]
    async fn a_user_exports_three_times_per_hour() {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        app.create(a_user("bob")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        for second in [0, 10, 20] {
            app.clock.set(at(second));
            assert_eq!(app.call(with_token(get(EXPORT), &token)).await.status, 200);
        }
        app.clock.set(at(30));
        let response = app.call(with_token(get(EXPORT), &token)).await;
        assert_eq!((response.status, response.headers.get("retry-after").unwrap().to_str().unwrap()), (429, "3570"));
        let bob = app.log_in("bob", PASSWORD).await.unwrap().token;
        assert_eq!(app.call(with_token(get(EXPORT), &bob)).await.status, 200);
        assert_eq!(app.audit_trail().await.iter().filter(|entry| entry.action == "DATA_EXPORTED").count(), 4);
        assert_eq!(app.call(get(EXPORT)).await.status, 401);
    }
}

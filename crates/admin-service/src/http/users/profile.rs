use actix_web::{HttpRequest, HttpResponse, get, put};
use steward_contracts::bodies::UpdateProfileRequest;
use steward_web::parameters::IfMatch;
use steward_web::responses::{Anywhere, ChecksVersion, NamesUser, NeedsAdministrator, ReadsBody, ReturnsProfile};
use steward_web::{
    Administrator, ApiError, CallerOrigin, JsonBody, UserNotFound, if_match, path_user_id, profile_change,
    profile_response,
};

use crate::http::{Service, to_context};

/// Get the profile of a user
///
/// `ETag` changes with every change of a field, but not with the picture. Send it as `If-Match` with `PUT` to avoid
/// overwriting concurrent changes.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(("user_id" = String, Path, description = "The user id, in any case", example = "user123")),
    responses(
        Anywhere,
        ReturnsProfile,
        NeedsAdministrator,
        NamesUser,
    )
)]
#[get("/api/admin/users/{user_id}/profile")]
pub(in crate::http) async fn user_profile(
    administrator: Administrator,
    service: Service,
    request: HttpRequest,
) -> Result<HttpResponse, ApiError> {
    let profile = service.user_profile(&administrator.actor, &path_user_id(&request)?).await?;
    Ok(profile_response(profile.ok_or(UserNotFound)?))
}

/// Update the profile of a user
///
/// Changes only the fields in the body; `null` clears a field. With `If-Match`, the profile changes only if the current
/// version matches.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(
        ("user_id" = String, Path, description = "The user id, in any case", example = "user123"),
        IfMatch,
    ),
    request_body = UpdateProfileRequest,
    responses(
        Anywhere,
        ReturnsProfile,
        ChecksVersion,
        ReadsBody,
        NeedsAdministrator,
        NamesUser,
    )
)]
#[put("/api/admin/users/{user_id}/profile")]
pub(in crate::http) async fn update_user_profile(
    administrator: Administrator,
    service: Service,
    origin: CallerOrigin,
    request: HttpRequest,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let user_id = path_user_id(&request)?;
    let versions = if_match(&request)?;
    let change = profile_change(body.fields()?)?;
    let context = to_context(administrator, origin);
    Ok(profile_response(service.update_user_profile(context, &user_id, change, versions).await?))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::TestApp;
    use crate::testing::http::{get, put};

    const PROFILE: &str = "/api/admin/users/alice/profile";

    #[actix_web::test]
    async fn administrators_read_and_change_a_profile() {
        let app = TestApp::new().await;
        let changed = app.call("boss", put(PROFILE, &json!({"phone": "+1 212 555 0100", "locale": "de"}))).await;
        assert_eq!((changed.status, &changed.body["phone"]), (200, &json!("+12125550100")));
        let read = app.call("chief", get("/api/admin/users/ALICE/profile")).await;
        assert_eq!((read.status, &read.body), (200, &changed.body));
        assert_eq!(read.headers.get("etag"), changed.headers.get("etag"));
        assert_eq!(
            app.only_entry().await.details.as_deref(),
            Some("phone: (none) → +12125550100; locale: (none) → de")
        );
        let version = read.headers.get("etag").unwrap().to_str().unwrap().to_owned();
        let change = |tag: &str| put(PROFILE, &json!({"phone": null})).insert_header(("if-match", tag));
        assert_eq!(app.call("boss", change("\"x\"")).await.status, 412);
        assert_eq!(app.call("boss", change(&version)).await.status, 200);
        assert_eq!(app.call("root", change(&version)).await.status, 412);
    }

    #[actix_web::test]
    async fn rejections_have_their_status() {
        let app = TestApp::new().await;
        for (caller, target, body, status) in [
            ("alice", "alice", json!({"title": "A"}), 403),
            ("boss", "chief", json!({"title": "A"}), 403),
            ("boss", "unknown", json!({"title": "A"}), 404),
            ("boss", "x", json!({"title": "A"}), 404),
            ("boss", "alice", json!({"phone": "1", "time_zone": "KST"}), 422),
        ] {
            let response = app.call(caller, put(&format!("/api/admin/users/{target}/profile"), &body)).await;
            assert_eq!(response.status, status, "{caller} → {target}: {body}");
        }
        for (caller, target, status) in [("alice", "alice", 403), ("boss", "unknown", 404), ("boss", "chief", 200)] {
            assert_eq!(app.call(caller, get(&format!("/api/admin/users/{target}/profile"))).await.status, status);
        }
        assert!(app.audit_trail().await.is_empty());
    }
}

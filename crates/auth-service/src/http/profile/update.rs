use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse, put};
use steward_contracts::bodies::UpdateProfileRequest;
use steward_web::parameters::IfMatch;
use steward_web::responses::{Anywhere, ChecksVersion, NeedsToken, ReadsBody, ReturnsProfile};
use steward_web::{ApiError, Caller, CallerOrigin, JsonBody, if_match, profile_change, profile_response};

use crate::AuthService;

/// Update own profile
///
/// Changes only the fields in the body; `null` clears a field. With `If-Match`, the profile changes only if the current
/// version matches.
#[utoipa::path(
    tag = "auth",
    security(("bearer" = [])),
    params(IfMatch),
    request_body = UpdateProfileRequest,
    responses(
        Anywhere,
        ReturnsProfile,
        ChecksVersion,
        ReadsBody,
        NeedsToken,
    )
)]
#[put("/api/auth/me/profile")]
pub(in crate::http) async fn update_own_profile(
    service: Data<AuthService>,
    caller: Caller,
    origin: CallerOrigin,
    request: HttpRequest,
    body: JsonBody,
) -> Result<HttpResponse, ApiError> {
    let versions = if_match(&request)?;
    let change = profile_change(body.fields()?)?;
    let profile = service.update_own_profile(&caller.session, change, versions, origin.0).await?;
    Ok(profile_response(profile))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use steward_testkit::a_user;

    use crate::testing::http::{TestResponse, get, put, with_token};
    use crate::testing::{PASSWORD, TestApp};

    const PROFILE: &str = "/api/auth/me/profile";

    async fn alice() -> (TestApp, String) {
        let app = TestApp::new().await;
        app.create(a_user("alice")).await;
        let token = app.log_in("alice", PASSWORD).await.unwrap().token;
        (app, token)
    }

    fn tag(response: &TestResponse) -> String {
        response.headers.get("etag").unwrap().to_str().unwrap().to_owned()
    }

    #[actix_web::test]
    async fn only_the_fields_in_the_body_change() {
        let (app, token) = alice().await;
        let empty = json!({
            "phone": null, "department": null, "title": null, "locale": null, "time_zone": null, "attributes": {},
            "avatar": null,
        });
        let response = app.call(with_token(get(PROFILE), &token)).await;
        assert_eq!((response.status, &response.body), (200, &empty));
        let change = |body: Value| with_token(put(PROFILE).set_json(body), &token);
        let body = json!({
            "phone": "+82 10-1234-5678", "title": " Engineer ", "locale": "ko-kr", "time_zone": "asia/seoul",
            "attributes": {"badge": "A-7"},
        });
        let response = app.call(change(body)).await;
        let expected = json!({
            "phone": "+821012345678", "department": null, "title": "Engineer", "locale": "ko-KR",
            "time_zone": "Asia/Seoul", "attributes": {"badge": "A-7"}, "avatar": null,
        });
        assert_eq!((response.status, &response.body), (200, &expected));
        let response = app.call(change(json!({"title": null, "attributes": null}))).await;
        assert_eq!((&response.body["title"], &response.body["attributes"]), (&json!(null), &json!({})));
        assert_eq!(response.body["phone"], "+821012345678");
        let nothing = app.call(change(json!({"locale": "ko-KR"}))).await;
        assert_eq!((nothing.status, nothing.body), (200, response.body));
        assert_eq!(app.user("alice").await.locale.unwrap().to_string(), "ko-KR");

        let trail = app.audit_trail().await;
        let changes: Vec<_> = trail.iter().filter(|entry| entry.action == "PROFILE_UPDATED").collect();
        assert_eq!(changes.len(), 2);
        assert_eq!(
            changes[0].details.as_deref(),
            Some("title: Engineer → (none); attributes: {\"badge\":\"A-7\"} → {}")
        );
        assert_eq!((changes[0].actor_id.as_str(), changes[0].target.as_deref()), ("alice", Some("alice")));
        assert_eq!(changes[0].origin.ip_address.as_deref(), Some("192.0.2.7"));
    }

    #[actix_web::test]
    async fn if_match_prevents_lost_updates() {
        let (app, token) = alice().await;
        let version = tag(&app.call(with_token(get(PROFILE), &token)).await);
        let change = |tag: &str, title: &str| {
            with_token(put(PROFILE).set_json(json!({ "title": title })), &token).insert_header(("if-match", tag))
        };
        let changed = app.call(change(&version, "One")).await;
        assert_eq!(changed.status, 200);
        assert_ne!(tag(&changed), version);
        for stale in [version.as_str(), "\"x\""] {
            let response = app.call(change(stale, "Two")).await;
            assert_eq!((response.status, response.body["title"].as_str()), (412, Some("Precondition failed")));
        }
        assert_eq!(app.call(change("x", "Two")).await.status, 400);
        assert_eq!(app.call(change(&tag(&changed), "Two")).await.status, 200);
        assert_eq!(app.call(change("*", "Three")).await.status, 200);
    }

    #[actix_web::test]
    async fn rejections_have_their_status() {
        let (app, token) = alice().await;
        for request in [get(PROFILE), put(PROFILE).set_json(json!({}))] {
            assert_eq!(app.call(request).await.status, 401);
        }
        for (body, status) in [
            (json!({"phone": "0"}), 422),
            (json!({"avatar": null}), 422),
            (json!({"attributes": {"a": {"b": {"c": {}}}}}), 422),
            (json!([]), 400),
        ] {
            let response = app.call(with_token(put(PROFILE).set_json(&body), &token)).await;
            assert_eq!(response.status, status, "{body}");
        }
        assert_eq!(app.call(with_token(put(PROFILE).set_payload("{}"), &token)).await.status, 415);
    }
}

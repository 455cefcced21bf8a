use actix_web::{HttpResponse, get};
use steward_contracts::bodies::UserAnalytics;
use steward_web::responses::{Anywhere, NeedsAdministrator};
use steward_web::{Administrator, ApiError};

use crate::http::Service;

/// Get user statistics
///
/// The statistics are exact and current.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    responses(Anywhere, (status = 200, description = "The statistics", body = UserAnalytics), NeedsAdministrator)
)]
#[get("/api/admin/analytics/users")]
pub(in crate::http) async fn user_analytics(
    administrator: Administrator,
    service: Service,
) -> Result<HttpResponse, ApiError> {
    let statistics = service.user_statistics(&administrator.actor).await?;
    Ok(HttpResponse::Ok().json(UserAnalytics::from(&statistics)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_testkit::{a_user, at};

    use crate::testing::TestApp;
    use crate::testing::http::get;

    const ANALYTICS: &str = "/api/admin/analytics/users";

    #[actix_web::test]
    async fn users_are_counted_by_role_status_and_age() {
        let app = TestApp::new().await;
        app.create(a_user("veteran").created_at(at(-40 * 24 * 3600))).await;
        let response = app.call("boss", get(ANALYTICS)).await;
        let expected = json!({
            "total_users": 7, "active_users": 6, "inactive_users": 1, "recent_registrations": 6,
            "role_distribution": {"user": 3, "admin": 2, "super_admin": 2}, "activity_rate": 85.7,
        });
        assert_eq!((response.status, response.body), (200, expected));
    }

    #[actix_web::test]
    async fn only_administrators_have_access() {
        let app = TestApp::new().await;
        assert_eq!(app.call("alice", get(ANALYTICS)).await.status, 403);
        assert_eq!(app.send(get(ANALYTICS)).await.status, 401);
    }
}

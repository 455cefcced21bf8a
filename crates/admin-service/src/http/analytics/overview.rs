use actix_web::{HttpResponse, get};
use steward_contracts::bodies::Overview;
use steward_web::responses::{Anywhere, NeedsAdministrator};
use steward_web::{Administrator, ApiError};

use crate::http::Service;

/// Get an overview of users and sign-ins
///
/// Returns current counts. Most counts come with that of the preceding period.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    responses(Anywhere, (status = 200, description = "The counts", body = Overview), NeedsAdministrator)
)]
#[get("/api/admin/analytics/overview")]
pub(in crate::http) async fn analytics_overview(
    administrator: Administrator,
    service: Service,
) -> Result<HttpResponse, ApiError> {
    let overview = service.overview(&administrator.actor).await?;
    Ok(HttpResponse::Ok().json(Overview::from(overview)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_testkit::{a_user, at};

    use crate::testing::TestApp;
    use crate::testing::http::get;

    const OVERVIEW: &str = "/api/admin/analytics/overview";

    #[actix_web::test]
    async fn the_overview_has_each_count_and_the_preceding_one() {
        const DAY: i64 = 24 * 3600;
        let app = TestApp::new().await;
        app.create(a_user("veteran").created_at(at(-40 * DAY))).await;
        app.create(a_user("newcomer").created_at(at(-10 * DAY))).await;
        app.open_session("alice").await;
        let response = app.call("boss", get(OVERVIEW)).await;
        let expected = json!({
            "total_users": 8, "active_users": 7,
            "new_users_7_days": 6, "new_users_7_days_before": 1,
            "new_users_30_days": 7, "new_users_30_days_before": 1,
            // One of them is the caller's session.
            "active_sessions": 2, "active_sessions_is_exact": true,
            "failed_sign_ins_24_hours": 0, "failed_sign_ins_24_hours_before": 0,
            "daily_active_users": 2, "weekly_active_users": 2, "monthly_active_users": 2,
        });
        assert_eq!((response.status, response.body), (200, expected));
    }

    #[actix_web::test]
    async fn only_administrators_have_access() {
        let app = TestApp::new().await;
        assert_eq!(app.call("alice", get(OVERVIEW)).await.status, 403);
        assert_eq!(app.send(get(OVERVIEW)).await.status, 401);
        assert_eq!(app.call("root", get(OVERVIEW)).await.status, 200);
    }
}

use actix_web::{HttpResponse, get};
use steward_contracts::bodies::{Activity, Interval};
use steward_domain::Invalid;
use steward_domain::activity::parse_day;
use steward_web::responses::{Anywhere, NeedsAdministrator, ReadsQuery};
use steward_web::{Administrator, ApiError, Fields, HttpError, IntoProblem, Query, text};

use crate::analytics::{ActivityError, ActivityQuery};
use crate::http::Service;

/// Get activity by day, week or month
///
/// Counts registrations, sign-ins and active users per day, week or month in UTC. The default range is the last 30
/// days. Every bucket of the range is listed, and the range is extended to whole weeks or months. The maximum is five
/// years and 400 buckets.
#[utoipa::path(
    tag = "admin",
    security(("bearer" = [])),
    params(
        ("from" = Option<chrono::NaiveDate>, Query, description = "The first day", example = "2026-10-01"),
        (
            "to" = Option<chrono::NaiveDate>, Query, example = "2026-11-01",
            description = "The first day after the range"
        ),
        ("interval" = Option<Interval>, Query, description = "The length of a bucket; `day` by default"),
    ),
    responses(
        Anywhere,
        (status = 200, description = "The activity", body = Activity),
        ReadsQuery,
        NeedsAdministrator,
    )
)]
#[get("/api/admin/analytics/activity")]
pub(in crate::http) async fn analytics_activity(
    administrator: Administrator,
    service: Service,
    query: Query,
) -> Result<HttpResponse, ApiError> {
    let query = parse(query.fields()?)?;
    let (range, counts) = service.activity(&administrator.actor, &query).await?;
    Ok(HttpResponse::Ok().json(Activity::new(&range, counts)))
}

fn parse(mut fields: Fields) -> Result<ActivityQuery, ApiError> {
    let from = fields.optional("from", text(parse_day));
    let to = fields.optional("to", text(parse_day));
    let interval = fields.optional("interval", text(steward_domain::Interval::parse));
    let (from, to, interval) = fields.finish((from, to, interval))?;
    Ok(ActivityQuery { from, to, interval: interval.unwrap_or_default() })
}

impl IntoProblem for ActivityError {
    fn into_problem(self) -> ApiError {
        match self {
            Self::Denied(denied) => denied.into(),
            Self::Range(range) => HttpError::invalid_field(range.field(), &Invalid::new(range.to_string())).into(),
            Self::Store(error) => error.into(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};
    use steward_testkit::{a_user, at};

    use crate::testing::TestApp;
    use crate::testing::http::get;

    const ACTIVITY: &str = "/api/admin/analytics/activity";

    fn point(date: &str, registrations: u64, sign_ins: u64, active_users: u64) -> Value {
        json!({
            "date": date, "registrations": registrations, "sign_ins": sign_ins, "failed_sign_ins": 0,
            "active_users": active_users,
        })
    }

    #[actix_web::test]
    async fn every_bucket_is_listed() {
        let app = TestApp::new().await;
        app.create(a_user("newcomer").created_at(at(24 * 3600))).await;
        app.open_session("alice").await;
        app.open_session("alice").await;
        let response = app.call("boss", get(&format!("{ACTIVITY}?from=2026-01-01&to=2026-01-04"))).await;
        // The counts include the caller's own sign-in.
        let points = [point("2026-01-01", 0, 0, 0), point("2026-01-02", 6, 3, 2), point("2026-01-03", 1, 0, 0)];
        let expected = json!({"from": "2026-01-01", "to": "2026-01-04", "interval": "day", "points": points});
        assert_eq!((response.status, response.body), (200, expected));
        let response = app.call("boss", get(&format!("{ACTIVITY}?from=2026-01-02&to=2026-01-03&interval=week"))).await;
        let points = [point("2025-12-29", 7, 4, 2)];
        let expected = json!({"from": "2025-12-29", "to": "2026-01-05", "interval": "week", "points": points});
        assert_eq!((response.status, response.body), (200, expected));
    }

    #[actix_web::test]
    async fn the_default_range_is_the_last_thirty_days() {
        let app = TestApp::new().await;
        let response = app.call("root", get(ACTIVITY)).await;
        let (body, points) = (&response.body, response.body["points"].as_array().unwrap());
        assert_eq!((&body["from"], &body["to"], points.len()), (&json!("2025-12-04"), &json!("2026-01-03"), 30));
        assert_eq!(points[29], point("2026-01-02", 6, 1, 1));
    }

    #[actix_web::test]
    async fn invalid_parameters_are_named() {
        let app = TestApp::new().await;
        for (query, wrong) in [
            ("from=2026-10-1&to=tomorrow&interval=year&by=day", vec!["by", "from", "interval", "to"]),
            ("from=2026-10-01&to=2026-10-01", vec!["to"]),
            ("from=2026-10-02&to=2026-10-01", vec!["to"]),
            ("from=2020-01-01&to=2025-01-02&interval=month", vec!["to"]),
            ("from=2025-01-01&to=2026-02-06", vec!["interval"]),
        ] {
            let response = app.call("boss", get(&format!("{ACTIVITY}?{query}"))).await;
            let mut named = response.wrong_fields();
            named.sort_unstable();
            assert_eq!((response.status, named), (422, wrong), "{query}");
        }
    }

    #[actix_web::test]
    async fn only_administrators_have_access() {
        let app = TestApp::new().await;
        assert_eq!(app.call("alice", get(&format!("{ACTIVITY}?from=2026-10-02&to=2026-10-01"))).await.status, 403);
        assert_eq!(app.send(get(ACTIVITY)).await.status, 401);
    }
}

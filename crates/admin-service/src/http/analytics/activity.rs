use actix_web::{HttpResponse, get};
use steward_contracts::bodies::{Activity, Interval};
use steward_domain::activity::parse_day;
use steward_domain::{Invalid, TimeZone};
use steward_web::responses::{Anywhere, NeedsAdministrator, ReadsQuery};
use steward_web::{Administrator, ApiError, Fields, HttpError, IntoProblem, Query, text};

use crate::analytics::{ActivityError, ActivityQuery};
use crate::http::Service;

/// Get activity by day, week or month
///
/// Counts registrations, sign-ins and active users per day, week or month. The default range is the last 30 days. Every
/// bucket of the range is listed, and the range is extended to whole weeks or months. The maximum is five years and 400
/// buckets.
///
/// Days are those of `time_zone`, except for active users: they are counted in days of UTC. In a zone whose days begin
/// within an hour of UTC, such as Asia/Kolkata, all registrations and sign-ins of this hour count in the day before.
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
        (
            "time_zone" = Option<String>, Query, example = "Asia/Seoul", pattern = "^[A-Za-z0-9_+/-]+$",
            description = "The time zone of the days, by its name in the IANA database; UTC by default"
        ),
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
    let time_zone = fields.optional("time_zone", text(TimeZone::parse));
    let (from, to, interval, time_zone) = fields.finish((from, to, interval, time_zone))?;
    let (interval, time_zone) = (interval.unwrap_or_default(), time_zone.unwrap_or_default());
    Ok(ActivityQuery { from, to, interval, time_zone })
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
            ("time_zone=KST", vec!["time_zone"]),
            ("time_zone=%2B09%3A00&to=tomorrow", vec!["time_zone", "to"]),
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
    async fn days_are_those_of_the_time_zone() {
        let app = TestApp::new().await;
        // 2026-01-04 02:04 and 2026-01-05 00:04 in Seoul.
        app.create(a_user("early").created_at(at(38 * 3600))).await;
        app.create(a_user("late").created_at(at(60 * 3600))).await;
        for (query, expected) in [
            (
                "from=2026-01-02&to=2026-01-06",
                [("2026-01-02", 6), ("2026-01-03", 1), ("2026-01-04", 1), ("2026-01-05", 0)],
            ),
            (
                "from=2026-01-02&to=2026-01-06&time_zone=asia/seoul",
                [("2026-01-02", 6), ("2026-01-03", 0), ("2026-01-04", 1), ("2026-01-05", 1)],
            ),
        ] {
            let response = app.call("boss", get(&format!("{ACTIVITY}?{query}"))).await;
            let points = response.body["points"].as_array().unwrap().iter();
            let points =
                points.map(|point| (point["date"].as_str().unwrap(), point["registrations"].as_u64().unwrap()));
            assert_eq!(points.collect::<Vec<_>>(), expected, "{query}");
        }
        // The default range ends today, which is another day than in UTC.
        let response = app.call("boss", get(&format!("{ACTIVITY}?time_zone=Pacific/Pago_Pago"))).await;
        assert_eq!((&response.body["from"], &response.body["to"]), (&json!("2025-12-03"), &json!("2026-01-02")));
        let response = app.call("boss", get(&format!("{ACTIVITY}?time_zone=KST"))).await;
        let message = response.body["errors"][0]["message"].as_str().unwrap();
        assert_eq!(message, "must be a time zone of the IANA database, such as Asia/Seoul");
    }

    #[actix_web::test]
    async fn only_administrators_have_access() {
        let app = TestApp::new().await;
        assert_eq!(app.call("alice", get(&format!("{ACTIVITY}?from=2026-10-02&to=2026-10-01"))).await.status, 403);
        assert_eq!(app.send(get(ACTIVITY)).await.status, 401);
    }
}

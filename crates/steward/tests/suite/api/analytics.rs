//! `GET /api/admin/analytics/overview`, `GET /api/admin/analytics/activity`

use serde_json::Value;

use crate::support::Deployment;

in_every_shape!(analytics_count_every_event, activity_needs_an_administrator_and_a_valid_range);

const OVERVIEW: &str = "/api/admin/analytics/overview";
const ACTIVITY: &str = "/api/admin/analytics/activity";

/// The sum of a field over the buckets of the activity.
fn sum(activity: &Value, field: &str) -> u64 {
    activity["points"].as_array().unwrap().iter().map(|point| point[field].as_u64().unwrap()).sum()
}

async fn analytics_count_every_event(deployment: Deployment) {
    let manager = deployment.manager().await;
    let before = manager.get(OVERVIEW).send().await.expect(200);
    let number = |response: &Value, field: &str| response[field].as_u64().unwrap();
    for _ in 0..2 {
        deployment.api.login("alice", "test123").await.expect(200);
    }
    deployment.api.login("bob", "wrong-one").await.expect(401);
    deployment.api.login("unknown.user", "wrong-one").await.expect(401);
    deployment.api.register("gildong", "correct horse").await.expect(201);

    let after = manager.get(OVERVIEW).send().await.expect(200);
    let grown = |field| number(after.json(), field) - number(before.json(), field);
    assert_eq!((grown("total_users"), grown("active_users")), (1, 1));
    assert_eq!((grown("new_users_7_days"), grown("new_users_30_days")), (1, 1));
    assert_eq!((grown("active_sessions"), grown("failed_sign_ins_24_hours")), (2, 2));
    assert_eq!((number(before.json(), "total_users"), &after.json()["active_sessions_is_exact"]), (10, &true.into()));
    // The manager and Alice; fewer if midnight (UTC) has passed.
    assert!(number(after.json(), "daily_active_users") <= 2);
    assert_eq!((number(after.json(), "weekly_active_users"), number(after.json(), "monthly_active_users")), (2, 2));
    for field in ["new_users_7_days_before", "new_users_30_days_before", "failed_sign_ins_24_hours_before"] {
        assert_eq!(number(after.json(), field), 0, "{field}");
    }

    let days = manager.get(ACTIVITY).send().await.expect(200);
    assert_eq!((days.json()["points"].as_array().unwrap().len(), &days.json()["interval"]), (30, &"day".into()));
    for interval in ["day", "week", "month"] {
        let activity = manager.get(&format!("{ACTIVITY}?interval={interval}")).send().await.expect(200);
        let activity = activity.json();
        assert_eq!((sum(activity, "registrations"), sum(activity, "failed_sign_ins")), (11, 2), "{interval}");
        assert_eq!(sum(activity, "sign_ins"), 3, "{interval}");
        assert!((2..=3).contains(&sum(activity, "active_users")), "{interval}");
        assert_eq!(activity["interval"], interval);
    }
    // Midnight in the zone may have passed, but the default range has the last 30 days.
    let activity = manager.get(&format!("{ACTIVITY}?time_zone=Asia/Seoul")).send().await.expect(200);
    assert_eq!((sum(activity.json(), "registrations"), sum(activity.json(), "sign_ins")), (11, 3));
    let long_ago = manager.get(&format!("{ACTIVITY}?from=2001-01-01&to=2001-02-01")).send().await.expect(200);
    assert_eq!(long_ago.json()["points"].as_array().unwrap().len(), 31);
    assert_eq!(sum(long_ago.json(), "registrations"), 0);
}

async fn activity_needs_an_administrator_and_a_valid_range(deployment: Deployment) {
    let (user, admin) = (deployment.user().await, deployment.super_admin().await);
    for path in [OVERVIEW, ACTIVITY] {
        deployment.api.get(path).send().await.expect(401);
        user.get(path).send().await.expect(403);
        admin.get(path).send().await.expect(200);
    }
    for (query, wrong) in [
        ("from=2026-11-01&to=2026-10-01", "to"),
        ("from=2026-10-01T00:00:00Z", "from"),
        ("interval=hour", "interval"),
        ("from=2020-01-01&to=2024-01-01", "interval"),
        ("days=7", "days"),
        ("time_zone=Seoul", "time_zone"),
    ] {
        let response = admin.get(&format!("{ACTIVITY}?{query}")).send().await.expect(422);
        assert_eq!(response.invalid_fields(), [wrong], "{query}");
    }
    admin.get(&format!("{ACTIVITY}?from=%zz")).send().await.expect(400);
}

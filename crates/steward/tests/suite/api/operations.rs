//! Health and metrics, of the gateway and of each service.

use crate::support::{Deployment, Shape};

in_every_shape!(every_process_reports_its_health, requests_are_counted_by_route_not_by_path);

async fn every_process_reports_its_health(deployment: Deployment) {
    for base in [deployment.api.base(), &deployment.auth, &deployment.admin] {
        let api = deployment.api.moved_to(base);
        for path in ["/health/live", "/health/ready", "/metrics"] {
            api.get(path).send().await.expect(200);
            api.call("HEAD", path).send().await.expect(200);
        }
        assert_eq!(api.get("/health/ready").send().await.expect(200).text("status"), "healthy");
    }
    if deployment.shape == Shape::Split {
        // Each service serves only its own endpoints.
        let (auth, admin) = (deployment.api.moved_to(&deployment.auth), deployment.api.moved_to(&deployment.admin));
        let token = deployment.super_admin().await.token().to_owned();
        auth.with_token(&token).get("/api/auth/me").send().await.expect(200);
        admin.with_token(&token).get("/api/admin/users").send().await.expect(200);
        auth.with_token(&token).get("/api/admin/users/alice").send_unlisted().await.expect(404);
        admin.with_token(&token).get("/api/auth/me").send_unlisted().await.expect(404);
    }
}

async fn requests_are_counted_by_route_not_by_path(deployment: Deployment) {
    let admin = deployment.super_admin().await;
    for user_id in ["alice", "bob", "unknown-1", "unknown-2"] {
        admin.get(&format!("/api/admin/users/{user_id}")).send().await;
        admin.get(&format!("/nowhere/{user_id}")).send().await.expect(404);
    }
    let metrics = admin.get("/metrics").send().await.expect(200);
    let metrics = String::from_utf8_lossy(metrics.bytes()).into_owned();
    let count = |status: &str| {
        let line = metrics.lines().find(|line| {
            line.starts_with("steward_http_requests_total{")
                && line.contains("route=\"/api/admin/users/{user_id}\"")
                && line.contains(&format!("status=\"{status}\""))
        });
        line.and_then(|line| line.rsplit(' ').next().map(str::to_owned))
    };
    assert_eq!((count("200").as_deref(), count("404").as_deref()), (Some("2"), Some("2")), "{metrics}");
    assert!(!metrics.contains("unknown-1") && !metrics.contains("alice"), "{metrics}");
    assert!(metrics.contains("steward_http_request_duration_seconds_bucket"));
}

//! Health and metrics, of the gateway and of each service.

use crate::support::{Deployment, Shape};

in_every_shape!(
    every_process_reports_its_health,
    requests_are_counted_by_route_not_by_path,
    each_task_runs_in_the_worker_or_in_the_process_of_its_service,
);

async fn every_process_reports_its_health(deployment: Deployment) {
    for base in [deployment.api.base(), &deployment.auth, &deployment.admin, &deployment.worker] {
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

/// The tasks that run in the process at `base`.
async fn tasks_at(deployment: &Deployment, base: &str) -> Vec<String> {
    let metrics = deployment.api.moved_to(base).get("/metrics").send().await.expect(200);
    let metrics = String::from_utf8_lossy(metrics.bytes()).into_owned();
    let of_task = |line: &str| {
        Some(line.strip_prefix("steward_task_consecutive_failures{task=\"")?.split_once('"')?.0.to_owned())
    };
    metrics.lines().filter_map(of_task).collect()
}

async fn each_task_runs_in_the_worker_or_in_the_process_of_its_service(deployment: Deployment) {
    let for_workers = [
        "add_origin_keys",
        "erase_accounts",
        "fold_texts",
        "purge_idempotency_keys",
        "purge_invitations",
        "purge_links",
        "purge_mails",
        "purge_sessions",
        "purge_sign_ins",
        "respell_addresses",
        "send_mails",
    ];
    if deployment.shape == Shape::Split {
        assert_eq!(tasks_at(&deployment, &deployment.worker).await, for_workers);
        assert_eq!(tasks_at(&deployment, &deployment.auth).await, ["write_last_seen"]);
        assert!(tasks_at(&deployment, &deployment.admin).await.is_empty());
        assert!(tasks_at(&deployment, deployment.api.base()).await.is_empty());
    } else {
        let all = for_workers.into_iter().chain(["write_last_seen"]).collect::<Vec<_>>();
        assert_eq!(tasks_at(&deployment, deployment.api.base()).await, all);
    }
}

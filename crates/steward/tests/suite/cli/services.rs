//! `serve --only`

use steward_testkit::http::Api;
use tempfile::tempdir;

use crate::support::{Database, Launch, SECRET_KEY, launch};

/// Signs calls between services, if it is not derived from the secret key.
const SERVICE_KEY: &str = "what only the services share, 32 bytes and more";

#[tokio::test]
async fn services_of_one_process_have_separate_addresses_and_call_each_other_directly() {
    let (folder, database) = (tempdir().unwrap(), Database::postgres_with_sample_users().await);
    let launch = |services: &[&str]| {
        let only = services.iter().flat_map(|service| ["--only", service]);
        let arguments: Vec<&str> = std::iter::once("serve").chain(only).collect();
        launch(folder.path(), &database.url(), &arguments)
    };
    // No service listens at these URLs, so that a call over HTTP would fail.
    let nowhere = [("STEWARD_AUTH_URL", "http://127.0.0.1:1"), ("STEWARD_ADMIN_URL", "http://127.0.0.1:1")];
    let mut all = launch(&["gateway", "auth", "admin"]).with_all(&nowhere).start();
    let addresses = ["gateway", "auth", "admin"].map(|service| {
        // In the order in which they are logged, which is the order of the list.
        all.address_of(service)
    });
    let api = Api::at(&addresses[0]).await;
    let admin = api.signed_in("admin", "admin123").await;
    admin.get("/api/admin/users").send().await.expect(200);
    admin.moved_to(&addresses[1]).get("/api/auth/me").send().await.expect(200);
    admin.moved_to(&addresses[2]).post("/api/admin/users/alice/reset-password").send().await.expect(200);

    let mut auth = launch(&["auth"]).start();
    let auth_url = auth.address_of("auth");
    let mut rest = launch(&["gateway", "admin"]).with("STEWARD_AUTH_URL", &auth_url).start();
    let admin = admin.moved_to(&rest.address_of("gateway"));
    admin.get("/api/admin/users").send().await.expect(200);
    admin.get("/api/auth/me").send().await.expect(200);
    admin.post("/api/admin/users/alice/reset-password").send().await.expect(200);
}

#[tokio::test]
async fn only_the_auth_service_needs_the_secret_key() {
    let (folder, database) = (tempdir().unwrap(), Database::postgres_with_sample_users().await);
    let launch = |service: &str, variable: &str| {
        Launch::new(folder.path(), &["serve", "--only", service])
            .with("STEWARD_ENV", "production")
            .with("DATABASE_URL", database.url())
            .with("STEWARD_SERVICE_KEY", SERVICE_KEY)
            .with(variable, "127.0.0.1:0")
    };
    let mut auth = launch("auth", "STEWARD_AUTH_ADDR").with("SECRET_KEY", SECRET_KEY).start();
    let auth_url = auth.address_of("auth");
    let mut admin = launch("admin", "STEWARD_ADMIN_ADDR").with("STEWARD_AUTH_URL", &auth_url).start();
    let admin_url = admin.address_of("admin");
    let gateway =
        launch("gateway", "STEWARD_API_ADDR").with("STEWARD_AUTH_URL", &auth_url).with("STEWARD_ADMIN_URL", &admin_url);
    let mut gateway = gateway.start();
    let api = Api::at(&gateway.address_of("gateway")).await;
    let admin = api.signed_in("admin", "admin123").await;
    admin.get("/api/admin/users").send().await.expect(200);

    // With another service key, no token can be validated, so that every call fails.
    let mut stranger = Launch::new(folder.path(), &["serve", "--only", "admin"])
        .with("STEWARD_ENV", "production")
        .with("DATABASE_URL", database.url())
        .with("STEWARD_SERVICE_KEY", "some other key, of 32 bytes and a few more")
        .with("STEWARD_AUTH_URL", &auth_url)
        .with("STEWARD_ADMIN_ADDR", "127.0.0.1:0")
        .start();
    admin.moved_to(&stranger.address_of("admin")).get("/api/admin/users").send().await.expect(503);
}

use std::time::Duration;

use steward_domain::ports::StoreError;
use steward_ephemeral::Redis;
use steward_testkit::servers;
use steward_testkit::servers::Certificate;

#[tokio::test]
async fn tls_requires_a_trusted_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let files = Certificate::self_signed(folder.path()).unwrap();
    let server = servers::Redis::start_with_tls(files).unwrap();
    let redis = |url: String| Redis::new(&url.parse().unwrap()).with_timeout(Duration::from_secs(5));
    // The certificate is self-signed, so the system does not trust it.
    let refused = redis(server.url()).ping().await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    redis(format!("{}#insecure", server.url())).ping().await.unwrap();
}

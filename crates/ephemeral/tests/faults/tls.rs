use std::process::Command;
use std::time::Duration;

use steward_domain::ports::StoreError;
use steward_ephemeral::Redis;
use steward_testkit::servers;
use steward_testkit::servers::Certificate;

#[tokio::test]
async fn tls_requires_a_trusted_certificate() {
    let folder = tempfile::tempdir().unwrap();
    let files = Certificate { certificate: folder.path().join("cert.pem"), key: folder.path().join("key.pem") };
    let made = Command::new("openssl")
        .args("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=redis".split(' '))
        .args(["-addext", "subjectAltName=IP:127.0.0.1", "-keyout"])
        .arg(&files.key)
        .arg("-out")
        .arg(&files.certificate)
        .output()
        .unwrap();
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    let server = servers::Redis::start_with_tls(files).unwrap();
    let redis = |url: String| Redis::new(&url.parse().unwrap()).with_timeout(Duration::from_secs(5));
    // The certificate is self-signed, so the system does not trust it.
    let refused = redis(server.url()).ping().await;
    assert!(matches!(refused, Err(StoreError::Unavailable(_))), "{refused:?}");
    redis(format!("{}#insecure", server.url())).ping().await.unwrap();
}

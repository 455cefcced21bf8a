use std::fs;
use std::os::unix::fs::PermissionsExt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use steward_testkit::signing_keys::{ED25519, ED25519_ID, ED25519_PUBLIC, P256, P256_PUBLIC};

use crate::support::{Deployment, SECRET_KEY, Shape};

const NEXT_KEY: &str = "the next secret, which also has 32 bytes and more";

const SIGNING: &str = "STEWARD_SIGNING_KEY_FILE";
const PREVIOUS: &str = "STEWARD_SIGNING_KEY_PREVIOUS_FILE";

/// Checks the status of `/api/auth/me` with this token.
async fn assert_status(deployment: &Deployment, token: &str, status: u16) {
    deployment.api.with_token(token).get("/api/auth/me").send().await.expect(status);
}

/// The token of a new session.
async fn signed_in(deployment: &Deployment) -> String {
    deployment.user().await.token().to_owned()
}

async fn key_rotation_keeps_sessions(shape: Shape) {
    let mut deployment = Deployment::start(shape).await;
    let old = signed_in(&deployment).await;

    deployment.restart_with(&[("SECRET_KEY", NEXT_KEY), ("SECRET_KEY_PREVIOUS", SECRET_KEY)]).await;
    assert_status(&deployment, &old, 200).await;
    let new = signed_in(&deployment).await;

    deployment.restart_with(&[("SECRET_KEY", NEXT_KEY)]).await;
    assert_status(&deployment, &new, 200).await;
    assert_status(&deployment, &old, 401).await;

    // The old key signs nothing: with both keys swapped, only tokens of the new key stay valid.
    deployment.restart_with(&[]).await;
    assert_status(&deployment, &new, 401).await;
    assert_status(&deployment, &old, 200).await;
}

/// Writes a key file to the deployment's folder, readable by its owner only.
fn key_file(deployment: &Deployment, name: &str, pem: &str) -> String {
    let path = deployment.folder.path().join(name);
    fs::write(&path, pem).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    path.to_str().unwrap().to_owned()
}

fn header(token: &str) -> Value {
    let (header, _) = token.split_once('.').unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(header).unwrap()).unwrap()
}

/// The algorithms of the published keys, without a token.
async fn published(deployment: &Deployment) -> Vec<String> {
    let response = deployment.api.get("/.well-known/jwks.json").send().await.expect(200);
    assert_eq!(response.header("cache-control"), "public, max-age=300");
    let keys = response.json()["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["alg"].as_str().unwrap().to_owned()).collect()
}

async fn rotation_from_a_secret_to_key_files(shape: Shape) {
    let mut deployment = Deployment::start(shape).await;
    let ed25519 = key_file(&deployment, "ed25519.pem", ED25519);
    let ed25519_public = key_file(&deployment, "ed25519.pub", ED25519_PUBLIC);
    let p256 = key_file(&deployment, "p256.pem", P256);
    let p256_public = key_file(&deployment, "p256.pub", P256_PUBLIC);
    let by_secret = signed_in(&deployment).await;
    assert_eq!((header(&by_secret)["alg"].as_str(), published(&deployment).await), (Some("HS256"), Vec::new()));

    // A key starts to sign; existing sessions stay valid.
    deployment.restart_with(&[(SIGNING, &ed25519)]).await;
    assert_status(&deployment, &by_secret, 200).await;
    let first = signed_in(&deployment).await;
    assert_eq!(header(&first), serde_json::json!({"typ": "JWT", "alg": "EdDSA", "kid": ED25519_ID}));
    assert_status(&deployment, &first, 200).await;

    // The next key is published before it signs; then the two are swapped.
    deployment.restart_with(&[(SIGNING, &ed25519), (PREVIOUS, &p256_public)]).await;
    assert_eq!(published(&deployment).await, ["EdDSA", "ES256"]);
    deployment.restart_with(&[(SIGNING, &p256), (PREVIOUS, &ed25519_public)]).await;
    assert_eq!(published(&deployment).await, ["ES256", "EdDSA"]);
    let second = signed_in(&deployment).await;
    assert_eq!(header(&second)["alg"], "ES256");
    for token in [&by_secret, &first, &second] {
        assert_status(&deployment, token, 200).await;
    }

    // The old key is removed, and a setting rejects the tokens of the secret.
    deployment.restart_with(&[(SIGNING, &p256), ("STEWARD_ACCEPT_HS256", "false")]).await;
    assert_eq!(published(&deployment).await, ["ES256"]);
    assert_status(&deployment, &second, 200).await;
    for token in [&by_secret, &first] {
        assert_status(&deployment, token, 401).await;
    }
}

#[tokio::test]
async fn key_rotation_keeps_sessions_in_one_process() {
    key_rotation_keeps_sessions(Shape::Sqlite).await;
}

#[tokio::test]
async fn key_rotation_keeps_sessions_in_many_processes() {
    key_rotation_keeps_sessions(Shape::Split).await;
}

#[tokio::test]
async fn rotation_from_a_secret_to_key_files_in_one_process() {
    rotation_from_a_secret_to_key_files(Shape::Sqlite).await;
}

#[tokio::test]
async fn rotation_from_a_secret_to_key_files_in_many_processes() {
    rotation_from_a_secret_to_key_files(Shape::Split).await;
}

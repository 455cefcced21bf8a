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

/// What `/api/auth/me` says to the bearer of this token.
async fn is_answered(deployment: &Deployment, token: &str, status: u16) {
    deployment.api.with_token(token).get("/api/auth/me").send().await.expect(status);
}

/// The token of a user who signs in now.
async fn signed_in(deployment: &Deployment) -> String {
    deployment.user().await.token().to_owned()
}

async fn keys_change_without_logging_anyone_out(shape: Shape) {
    let mut deployment = Deployment::start(shape).await;
    let old = signed_in(&deployment).await;

    deployment.restart_with(&[("SECRET_KEY", NEXT_KEY), ("SECRET_KEY_PREVIOUS", SECRET_KEY)]).await;
    is_answered(&deployment, &old, 200).await;
    let new = signed_in(&deployment).await;

    deployment.restart_with(&[("SECRET_KEY", NEXT_KEY)]).await;
    is_answered(&deployment, &new, 200).await;
    is_answered(&deployment, &old, 401).await;

    // The old key signs nothing: with both keys swapped only what the new one signed is good in the end.
    deployment.restart_with(&[]).await;
    is_answered(&deployment, &new, 401).await;
    is_answered(&deployment, &old, 200).await;
}

/// Key files in the deployment's own folder, for its owner alone.
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

/// The algorithms of the keys that are published, by anybody's leave.
async fn published(deployment: &Deployment) -> Vec<String> {
    let answer = deployment.api.get("/.well-known/jwks.json").send().await.expect(200);
    assert_eq!(answer.header("cache-control"), "public, max-age=300");
    let keys = answer.json()["keys"].as_array().unwrap().clone();
    keys.iter().map(|key| key["alg"].as_str().unwrap().to_owned()).collect()
}

async fn from_a_secret_to_a_key_and_from_that_to_another(shape: Shape) {
    let mut deployment = Deployment::start(shape).await;
    let ed25519 = key_file(&deployment, "ed25519.pem", ED25519);
    let ed25519_public = key_file(&deployment, "ed25519.pub", ED25519_PUBLIC);
    let p256 = key_file(&deployment, "p256.pem", P256);
    let p256_public = key_file(&deployment, "p256.pub", P256_PUBLIC);
    let by_secret = signed_in(&deployment).await;
    assert_eq!((header(&by_secret)["alg"].as_str(), published(&deployment).await), (Some("HS256"), Vec::new()));

    // A key begins to sign; whoever was signed in stays so.
    deployment.restart_with(&[(SIGNING, &ed25519)]).await;
    is_answered(&deployment, &by_secret, 200).await;
    let first = signed_in(&deployment).await;
    assert_eq!(header(&first), serde_json::json!({"typ": "JWT", "alg": "EdDSA", "kid": ED25519_ID}));
    is_answered(&deployment, &first, 200).await;

    // The key to come is published before it signs; then the two change over.
    deployment.restart_with(&[(SIGNING, &ed25519), (PREVIOUS, &p256_public)]).await;
    assert_eq!(published(&deployment).await, ["EdDSA", "ES256"]);
    deployment.restart_with(&[(SIGNING, &p256), (PREVIOUS, &ed25519_public)]).await;
    assert_eq!(published(&deployment).await, ["ES256", "EdDSA"]);
    let second = signed_in(&deployment).await;
    assert_eq!(header(&second)["alg"], "ES256");
    for token in [&by_secret, &first, &second] {
        is_answered(&deployment, token, 200).await;
    }

    // The old key goes, and what the secret signed ends by a setting.
    deployment.restart_with(&[(SIGNING, &p256), ("STEWARD_ACCEPT_HS256", "false")]).await;
    assert_eq!(published(&deployment).await, ["ES256"]);
    is_answered(&deployment, &second, 200).await;
    for token in [&by_secret, &first] {
        is_answered(&deployment, token, 401).await;
    }
}

#[tokio::test]
async fn keys_change_without_logging_anyone_out_in_one_process() {
    keys_change_without_logging_anyone_out(Shape::Sqlite).await;
}

#[tokio::test]
async fn keys_change_without_logging_anyone_out_in_many_processes() {
    keys_change_without_logging_anyone_out(Shape::Apart).await;
}

#[tokio::test]
async fn from_a_secret_to_a_key_and_from_that_to_another_in_one_process() {
    from_a_secret_to_a_key_and_from_that_to_another(Shape::Sqlite).await;
}

#[tokio::test]
async fn from_a_secret_to_a_key_and_from_that_to_another_in_many_processes() {
    from_a_secret_to_a_key_and_from_that_to_another(Shape::Apart).await;
}

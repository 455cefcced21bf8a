//! The dependencies of the public client.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on must fail at the spot")]

use std::process::Command;

#[test]
fn the_client_depends_on_neither_the_password_policy_nor_the_calls_between_services() {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--package", "steward-client", "--edges", "normal"])
        .args(["--prefix", "none", "--format", "{p} [{f}]"])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../.."))
        .output()
        .unwrap();
    let tree = String::from_utf8(tree.stdout).unwrap();
    let of = |name: &str| tree.lines().find(|line| line.starts_with(name));
    assert_eq!(of("zxcvbn"), None);
    for package in ["steward-contracts ", "steward-domain "] {
        let features = of(package).and_then(|line| line.rsplit_once(" [")).unwrap().1;
        assert_eq!(features, "]", "features of {package}");
    }
}

//! The folder of .eml files.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use steward_domain::ports::SendError;
use steward_mail::{ConnectError, TransportSettings, connect};
use steward_testkit::contracts::mailer::a_mail;

fn settings(folder: &Path) -> TransportSettings {
    let url = format!("file://{}", folder.display());
    TransportSettings::new(url.parse().unwrap(), "no-reply@acme.example".parse().unwrap())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[tokio::test]
async fn a_mail_is_a_file_that_only_the_owner_reads() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("data/mail");
    let mailer = connect(&settings(&folder)).unwrap();
    assert_eq!(mode(&folder), 0o700);
    let mail = a_mail("one-1");
    for _attempt in 0..2 {
        mailer.send(&mail).await.unwrap();
    }
    let files: Vec<_> = fs::read_dir(&folder).unwrap().map(|file| file.unwrap().path()).collect();
    let name = format!("{}-one-1.eml", mail.created_at.format("%Y%m%dT%H%M%S"));
    assert_eq!(files, [folder.join(name)], "neither a draft nor a second file");
    assert_eq!(mode(&files[0]), 0o600);
}

#[tokio::test]
async fn a_folder_that_was_removed_is_created_again() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("mail");
    let mailer = connect(&settings(&folder)).unwrap();
    fs::remove_dir(&folder).unwrap();
    mailer.send(&a_mail("1")).await.unwrap();
    assert_eq!(fs::read_dir(&folder).unwrap().count(), 1);
}

#[tokio::test]
async fn a_failure_to_write_is_temporary() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("mail");
    let mailer = connect(&settings(&folder)).unwrap();
    fs::remove_dir(&folder).unwrap();
    fs::write(&folder, "no folder").unwrap();
    let failure = mailer.send(&a_mail("1")).await;
    assert!(matches!(&failure, Err(SendError::Temporary(text)) if text.contains("cannot write")), "{failure:?}");
    let refused = connect(&settings(&folder)).map(|_| ());
    assert!(matches!(refused, Err(ConnectError::Folder { .. })), "{refused:?}");
}

#[tokio::test]
async fn an_id_that_is_no_name_is_refused() {
    let parent = tempfile::tempdir().unwrap();
    let mailer = connect(&settings(&parent.path().join("mail"))).unwrap();
    for id in ["", "../x", "a b", "a\r\nb", "a>", &"a".repeat(61)] {
        assert!(matches!(mailer.send(&a_mail(id)).await, Err(SendError::Permanent(_))), "{id:?}");
    }
    assert_eq!(fs::read_dir(parent.path().join("mail")).unwrap().count(), 0);
}

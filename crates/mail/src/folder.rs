//! Writes mails to a folder of .eml files: for development, or for a program that collects them.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use async_trait::async_trait;
use steward_domain::ports::{Mailer, OutgoingMail, SendError};

use crate::connect_error::ConnectError;
use crate::message::Composer;

/// A folder with one .eml file per mail.
#[derive(Debug)]
pub(crate) struct FolderMailer {
    folder: PathBuf,
    composer: Composer,
}

impl FolderMailer {
    /// Creates the folder, readable by its owner only, unless it exists.
    pub(crate) fn create(folder: PathBuf, composer: Composer) -> Result<Self, ConnectError> {
        create_folder(&folder).map_err(|error| ConnectError::Folder { folder: folder.display().to_string(), error })?;
        Ok(Self { folder, composer })
    }
}

#[async_trait]
impl Mailer for FolderMailer {
    /// Writes `{time}-{id}.eml`. A later attempt replaces the file of an earlier one.
    async fn send(&self, mail: &OutgoingMail) -> Result<(), SendError> {
        let composed = self.composer.compose(mail)?;
        let name = format!("{}-{}.eml", mail.created_at.format("%Y%m%dT%H%M%S"), mail.id);
        let folder = self.folder.clone();
        let file = folder.join(&name);
        let failed =
            |error: &dyn std::fmt::Display| SendError::Temporary(format!("cannot write {}: {error}", file.display()));
        let write = tokio::task::spawn_blocking(move || write(&folder, &name, composed.content.as_bytes()));
        write.await.map_err(|panic| failed(&panic))?.map_err(|error| failed(&error))
    }
}

/// Writes a file under a temporary name first, so that a reader of the folder never sees a part of it.
fn write(folder: &Path, name: &str, content: &[u8]) -> io::Result<()> {
    create_folder(folder)?;
    let draft = folder.join(format!(".{name}.draft"));
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&draft)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&draft, folder.join(name))
}

fn create_folder(folder: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

//! The keys that sign tokens, and the keys that sign calls between services.

use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use steward_auth_service::TokenKeys;
use steward_contracts::services::ServiceKey;
use steward_web::service::ServiceId;

use super::Environment;
use super::key_strength::{HINT, check_length, check_strength};
use super::reader::Reader;
use super::secret_files;
use super::signing_key::{self, KeyFiles};
use crate::cli::Options;
use crate::system;

const FILE: &str = "secret_key";

/// The keys of a process.
pub(super) struct Keys {
    /// The keys for tokens; only where the auth service or its background tasks run.
    pub(super) signing: Option<TokenKeys>,
    /// The key that signs calls between services.
    pub(super) service: ServiceKey,
    /// The keys that encrypt the console's cookies: the first for new cookies, all of them for reading.
    pub(super) cookies: Vec<SecretSlice<u8>>,
}

/// Reads the keys that `services` need. Only the auth service gets the files of signing keys. The worker, which runs the
/// background tasks of the auth service, needs only the secret key. Other services need no other key if the service key
/// is set.
pub(super) fn read(
    reader: &mut Reader<'_>,
    options: &Options,
    environment: Environment,
    services: &[ServiceId],
    data_folder: &Path,
    warnings: &mut Vec<String>,
) -> Option<Keys> {
    let is_development = environment == Environment::Development;
    let mut key = |variable: &str| {
        let parse = |text: &str| match check_strength(text) {
            // The guide's published key is acceptable on a developer's machine.
            Err(what) if is_development && check_length(text).is_ok() => {
                warnings.push(format!("{variable} {what}; staging and production refuse it"));
                Ok(SecretString::from(text))
            }
            Err(what) => Err(what),
            Ok(()) => Ok(SecretString::from(text)),
        };
        reader.secret(variable, None, parse)
    };
    let service_key = key("STEWARD_SERVICE_KEY");
    let current = key("SECRET_KEY");
    let previous = key("SECRET_KEY_PREVIOUS");
    let signs = services.contains(&steward_auth_service::ID);
    let has_auth = signs || services.contains(&steward_worker::ID);
    // The files are read only where the auth service signs or verifies tokens.
    let files = if signs { signing_key::read(reader, options, warnings) } else { Some(KeyFiles::none()) };
    let (service_key, current, previous) = (service_key?, current?, previous?);

    if !has_auth && let Some(key) = &service_key {
        let service = ServiceKey::new(key.expose_secret().as_bytes());
        return Some(Keys { signing: None, cookies: vec![cookie_key(&service)], service });
    }
    let current = match current {
        Some(current) => current,
        None if is_development => match load_or_generate(data_folder) {
            Ok(key) => {
                warnings.extend(secret_files::warning("SECRET_KEY", &data_folder.join(FILE)));
                key
            }
            Err(what) => return reader.refuse("SECRET_KEY", what),
        },
        None => return reader.refuse("SECRET_KEY", format!("is not set; {HINT}")),
    };
    let service_key = service_key.map_or_else(
        || ServiceKey::derived_from(current.expose_secret().as_bytes()),
        |key| ServiceKey::new(key.expose_secret().as_bytes()),
    );
    // Cookies that were encrypted with the previous key remain valid.
    let before = previous.as_ref().map(|key| ServiceKey::derived_from(key.expose_secret().as_bytes()));
    let cookies = [Some(&service_key), before.as_ref()].into_iter().flatten().map(cookie_key).collect();
    if !has_auth {
        return Some(Keys { signing: None, service: service_key, cookies });
    }
    let KeyFiles { signing: signing_key, previous: previous_signing_key, accept_hs256 } = files?;
    let signing = TokenKeys { current, previous, signing_key, previous_signing_key, accept_hs256 };
    Some(Keys { signing: Some(signing), service: service_key, cookies })
}

fn cookie_key(key: &ServiceKey) -> SecretSlice<u8> {
    SecretSlice::from(key.derive("steward console cookies v1").to_vec())
}

/// The key of this development machine, which is generated once. Concurrent callers get the same key.
fn load_or_generate(folder: &Path) -> Result<SecretString, String> {
    let file = folder.join(FILE);
    let read = match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => match generate(folder, &file) {
            Ok(()) => fs::read_to_string(&file),
            Err(error) => {
                return Err(format!("is not set, and no key can be kept in {} ({error}); {HINT}", file.display()));
            }
        },
        read => read,
    };
    check_file(&file, read).map(SecretString::from)
}

/// The key that was read from `file`, or why it is not usable.
fn check_file(file: &Path, read: io::Result<String>) -> Result<String, String> {
    let location = format!("is kept in {}, which", file.display());
    let key = read.map_err(|error| match error.kind() {
        io::ErrorKind::PermissionDenied => {
            format!("{location} this user may not read; give the file to this user (chown), or set SECRET_KEY")
        }
        io::ErrorKind::IsADirectory => format!("{location} is a folder; remove it, or set SECRET_KEY"),
        io::ErrorKind::InvalidData => {
            format!("{location} is not UTF-8; remove the file to generate another key, or set SECRET_KEY")
        }
        _ => format!("{location} cannot be read ({error}); remove the file to generate another key, or set SECRET_KEY"),
    })?;
    let key = key.trim_end();
    let remedy = "remove the file to generate another key, or set SECRET_KEY";
    if key.is_empty() {
        return Err(format!("{location} is empty; {remedy}"));
    }
    check_length(key).map_err(|what| format!("{location} {what}; {remedy}"))?;
    Ok(key.to_owned())
}

/// Writes a new key to a draft beside `file` and links it there: the first link wins, and no reader sees a partial key.
fn generate(folder: &Path, file: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    let mut random = [0; 48];
    system::fill(&mut random)?;
    let key = URL_SAFE_NO_PAD.encode(random);
    system::fill(&mut random)?;
    let draft = folder.join(format!(".{FILE}.{}", URL_SAFE_NO_PAD.encode(&random[..9])));
    let written = write_draft(&draft, &key).and_then(|()| match fs::hard_link(&draft, file) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    });
    // The draft is not needed any more, whether or not the link succeeded.
    let _ = fs::remove_file(&draft);
    written
}

fn write_draft(draft: &Path, key: &str) -> io::Result<()> {
    let mut draft = OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft)?;
    writeln!(draft, "{key}")?;
    draft.sync_all()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn concurrent_callers_share_one_generated_key() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let keys: BTreeSet<String> = std::thread::scope(|scope| {
            let callers: Vec<_> = (0..8).map(|_| scope.spawn(|| load_or_generate(&data))).collect();
            callers.into_iter().map(|key| key.join().unwrap().unwrap().expose_secret().to_owned()).collect()
        });
        assert_eq!(keys.len(), 1, "{keys:?}");
        let mode = fs::metadata(data.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1, "drafts are removed");
    }

    #[test]
    fn an_unusable_key_file_is_reported_with_the_reason() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join(FILE);
        let error = || load_or_generate(folder.path()).map(drop).unwrap_err();
        for (text, what) in [("", "is empty"), ("\n", "is empty"), ("hunter2\n", "has 7 bytes")] {
            fs::write(&file, text).unwrap();
            assert!(error().starts_with(&format!("is kept in {}, which {what}", file.display())), "{}", error());
            assert!(!error().contains("hunter2"));
        }
        fs::write(&file, b"\xff\xff").unwrap();
        assert!(error().contains("which is not UTF-8"), "{}", error());
        fs::remove_file(&file).unwrap();
        fs::create_dir(&file).unwrap();
        assert!(error().contains("which is a folder"), "{}", error());
        // Root can read every file; containers run tests as root.
        let denied = check_file(&file, Err(io::ErrorKind::PermissionDenied.into())).unwrap_err();
        assert!(denied.contains("this user may not read") && denied.contains("chown"), "{denied}");

        let none = load_or_generate(Path::new("/proc/none")).map(drop).unwrap_err();
        assert!(none.starts_with("is not set, and no key can be kept in /proc/none/secret_key"), "{none}");
    }
}

//! The keys: what signs tokens, and what signs calls between services.

use std::collections::BTreeSet;
use std::fs::{self, DirBuilder, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use steward_auth_service::TokenKeys;
use steward_contracts::ServiceKey;

use super::Environment;
use super::reader::Reader;
use super::signing_key::{self, KeyFiles};
use crate::cli::{Options, Service};
use crate::system;

/// The key that the guide prints, which everybody knows.
pub(super) const PUBLISHED_KEY: &str = "your-super-secret-key-change-in-production-min-32-chars";

const SHORTEST: usize = 32;
const FILE: &str = "secret_key";
const HOW: &str = "it must be at least 32 random bytes, such as `openssl rand -base64 48` prints";

/// Why a key should not be used, if so.
fn strength(key: &str) -> Result<(), String> {
    if key == PUBLISHED_KEY {
        return Err(format!("is the one that the guide prints, which everybody knows; {HOW}"));
    }
    if key.len() < SHORTEST {
        return Err(format!("has {} bytes; {HOW}", key.len()));
    }
    Ok(())
}

/// The keys of a process.
pub(super) struct Keys {
    /// What tokens are signed with, where the auth service runs.
    pub(super) signing: Option<TokenKeys>,
    /// What services sign their calls with.
    pub(super) service: ServiceKey,
    /// What the console's cookies are encrypted with: the first for new ones, all for reading.
    pub(super) cookies: Vec<SecretSlice<u8>>,
}

/// Reads the keys that `services` need: the auth service alone gets the signing key, and a deployment that says its
/// service key needs no other elsewhere.
pub(super) fn read(
    reader: &mut Reader<'_>,
    options: &Options,
    environment: Environment,
    services: &BTreeSet<Service>,
    data_folder: &Path,
    warnings: &mut Vec<String>,
) -> Option<Keys> {
    let is_development = environment == Environment::Development;
    let parse = |text: &str| match strength(text) {
        Err(_) if is_development && text == PUBLISHED_KEY => Ok(SecretString::from(text)),
        Err(what) => Err(what),
        Ok(()) => Ok(SecretString::from(text)),
    };
    let service_key = reader.secret("STEWARD_SERVICE_KEY", None, parse);
    let current = reader.secret("SECRET_KEY", None, parse);
    let previous = reader.secret("SECRET_KEY_PREVIOUS", None, parse);
    let signs = services.contains(&Service::Auth);
    // Keys that sign lie where the auth service runs, and nowhere else.
    let files = if signs { signing_key::read(reader, options, warnings) } else { None };
    let (service_key, current, previous) = (service_key?, current?, previous?);

    if !signs && let Some(key) = &service_key {
        let service = ServiceKey::new(key.expose_secret().as_bytes());
        return Some(Keys { signing: None, cookies: vec![cookie_key(&service)], service });
    }
    let current = match current {
        Some(current) => current,
        None if is_development => match kept(data_folder) {
            Ok(key) => key,
            Err(error) => {
                let file = data_folder.join(FILE);
                return reader.refuse(
                    "SECRET_KEY",
                    format!("is not set, and cannot be kept in {} ({error}); {HOW}", file.display()),
                );
            }
        },
        None => return reader.refuse("SECRET_KEY", format!("is not set; {HOW}")),
    };
    if current.expose_secret() == PUBLISHED_KEY {
        warnings.push("SECRET_KEY is the one that the guide prints; outside development it is refused".to_owned());
    }
    let service_key = service_key.map_or_else(
        || ServiceKey::derived_from(current.expose_secret().as_bytes()),
        |key| ServiceKey::new(key.expose_secret().as_bytes()),
    );
    // Whoever has a cookie of the key before stays signed in.
    let before = previous.as_ref().map(|key| ServiceKey::derived_from(key.expose_secret().as_bytes()));
    let cookies = [Some(&service_key), before.as_ref()].into_iter().flatten().map(cookie_key).collect();
    if !signs {
        return Some(Keys { signing: None, service: service_key, cookies });
    }
    let KeyFiles { signing: signing_key, previous: previous_signing_key, accept_hs256 } = files?;
    let signing = TokenKeys { current, previous, signing_key, previous_signing_key, accept_hs256 };
    Some(Keys { signing: Some(signing), service: service_key, cookies })
}

fn cookie_key(key: &ServiceKey) -> SecretSlice<u8> {
    SecretSlice::from(key.derive("steward console cookies v1").to_vec())
}

/// The key of this development machine: made once, and the same for all who ask at once.
fn kept(folder: &Path) -> io::Result<SecretString> {
    let file = folder.join(FILE);
    match read_kept(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            make(folder, &file)?;
            read_kept(&file)
        }
        read => read,
    }
}

fn read_kept(file: &Path) -> io::Result<SecretString> {
    let key = fs::read_to_string(file)?;
    let key = key.trim_end();
    strength(key).map_err(|what| io::Error::new(io::ErrorKind::InvalidData, format!("the key kept there {what}")))?;
    Ok(SecretString::from(key))
}

/// Writes a fresh key beside `file` and links it there: whoever links first wins, and nobody reads half a key.
fn make(folder: &Path, file: &Path) -> io::Result<()> {
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
    // Of no use any more, whatever came of it.
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
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_development_key_is_made_once_for_all_who_ask_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("data");
        let keys: BTreeSet<String> = std::thread::scope(|scope| {
            let asking: Vec<_> = (0..8).map(|_| scope.spawn(|| kept(&data))).collect();
            asking.into_iter().map(|key| key.join().unwrap().unwrap().expose_secret().to_owned()).collect()
        });
        assert_eq!(keys.len(), 1, "{keys:?}");
        let mode = fs::metadata(data.join(FILE)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(fs::read_dir(&data).unwrap().count(), 1, "no draft stays behind");
    }

    #[test]
    fn what_is_weak_is_told_why_and_never_shown() {
        for (key, why) in [("short", "has 5 bytes"), (PUBLISHED_KEY, "is the one that the guide prints")] {
            let what = strength(key).unwrap_err();
            assert!(what.starts_with(why) && !what.contains(key), "{what}");
        }
        assert!(strength("0123456789abcdefghijklmnopqrstuv").is_ok());
    }
}

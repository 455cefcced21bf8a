//! The files of the keys that sign tokens in place of `SECRET_KEY`.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use secrecy::{ExposeSecret, SecretString};
use steward_auth_service::{InvalidKey, PublicKey, SigningKey};

use super::reader::Reader;
use super::{secret_files, values};
use crate::cli::Options;

const SIGNING: &str = "STEWARD_SIGNING_KEY_FILE";
const PREVIOUS: &str = "STEWARD_SIGNING_KEY_PREVIOUS_FILE";
const ACCEPT_HS256: &str = "STEWARD_ACCEPT_HS256";

const PRIVATE_KEY: &str = "it must name an unencrypted private key in PEM (PKCS#8), Ed25519 or P-256, such as `openssl \
                           genpkey -algorithm ed25519` prints";
const PUBLIC_KEY: &str = "it must name a key in PEM, public or private (PKCS#8), Ed25519 or P-256";

/// Largest file that is read, in bytes; a key has a few hundred.
const LONGEST: u64 = 64 * 1024;

/// The keys from files, and whether tokens that `SECRET_KEY` signed are accepted.
#[derive(Debug)]
pub(super) struct KeyFiles {
    pub(super) signing: Option<SigningKey>,
    pub(super) previous: Option<PublicKey>,
    pub(super) accept_hs256: bool,
}

impl KeyFiles {
    /// No key files, for a process that neither signs nor verifies tokens.
    pub(super) fn none() -> Self {
        Self { signing: None, previous: None, accept_hs256: true }
    }
}

/// Reads the key files that the options name.
pub(super) fn read(reader: &mut Reader<'_>, options: &Options, warnings: &mut Vec<String>) -> Option<KeyFiles> {
    let signing = options.signing_key_file.as_deref();
    let signing = key(reader, warnings, (SIGNING, signing), SigningKey::from_pem, PRIVATE_KEY);
    let previous = options.signing_key_previous_file.as_deref();
    let previous = key(reader, warnings, (PREVIOUS, previous), PublicKey::from_pem, PUBLIC_KEY);
    let accept_hs256 = reader.read(ACCEPT_HS256, options.accept_hs256.as_deref(), true, values::boolean);
    let (signing, previous, accept_hs256) = (signing?, previous?, accept_hs256?);

    if signing.is_none() && !accept_hs256 {
        let what = format!("is \"false\", but SECRET_KEY signs tokens; it must be true if {SIGNING} is not set");
        return reader.refuse(ACCEPT_HS256, what);
    }
    if let (Some(signing), Some(previous)) = (&signing, &previous)
        && signing.public().id() == previous.id()
    {
        warnings.push(format!("{PREVIOUS} names the key that {SIGNING} also names; remove it"));
    }
    Some(KeyFiles { signing, previous, accept_hs256 })
}

#[expect(clippy::option_option, reason = "the outer option is `None` for an invalid setting, as in `Reader::read`")]
fn key<T>(
    reader: &mut Reader<'_>,
    warnings: &mut Vec<String>,
    (variable, file): (&str, Option<&str>),
    parse: impl FnOnce(&SecretString) -> Result<T, InvalidKey>,
    expected: &str,
) -> Option<Option<T>> {
    let Some(file) = file.map(str::trim).filter(|file| !file.is_empty()) else { return Some(None) };
    let names = secret_files::names(file);
    let text = match contents(file) {
        Ok(text) => text,
        Err(error) => return reader.refuse(variable, format!("{names}, which cannot be read ({error}); {expected}")),
    };
    let key = match parse(&text) {
        Ok(key) => key,
        Err(what) => return reader.refuse(variable, format!("{names}, which {what}; {expected}")),
    };
    if text.expose_secret().contains("PRIVATE KEY") {
        warnings.extend(secret_files::warning(variable, Path::new(file)));
    }
    Some(Some(key))
}

fn contents(file: &str) -> io::Result<SecretString> {
    let mut text = String::new();
    File::open(file)?.take(LONGEST).read_to_string(&mut text)?;
    Ok(SecretString::from(text))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;
    use std::path::PathBuf;

    use steward_testkit::signing_keys::{ED25519, ED25519_ID, ED25519_PUBLIC, P256};
    use tempfile::TempDir;

    use super::super::Variables;
    use super::*;

    struct Files(TempDir);

    impl Files {
        fn new() -> Self {
            Self(tempfile::tempdir().unwrap())
        }

        fn with(&self, name: &str, text: &str, mode: u32) -> String {
            let path: PathBuf = self.0.path().join(name);
            fs::write(&path, text).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            path.to_str().unwrap().to_owned()
        }
    }

    fn options(signing: Option<&str>, previous: Option<&str>) -> Options {
        Options {
            signing_key_file: signing.map(Into::into),
            signing_key_previous_file: previous.map(Into::into),
            ..Options::default()
        }
    }

    /// The keys and the warnings, or the errors.
    fn load(options: &Options) -> Result<(KeyFiles, Vec<String>), Vec<String>> {
        let (variables, mut warnings) = (Variables::default(), Vec::new());
        let mut reader = Reader::new(&variables);
        let files = read(&mut reader, options, &mut warnings);
        let files =
            reader.finish(|| files).map_err(|errors| errors.iter().map(ToString::to_string).collect::<Vec<_>>())?;
        Ok((files, warnings))
    }

    #[test]
    fn without_key_files_the_secret_signs() {
        for given in [None, Some(""), Some("  ")] {
            let (files, warnings) = load(&options(given, given)).unwrap();
            assert!(files.signing.is_none() && files.previous.is_none() && files.accept_hs256 && warnings.is_empty());
        }
    }

    #[test]
    fn the_previous_key_may_be_private_or_public() {
        let files = Files::new();
        let (signing, previous) = (files.with("key", P256, 0o600), files.with("before", ED25519_PUBLIC, 0o644));
        let (read, warnings) = load(&options(Some(&signing), Some(&previous))).unwrap();
        assert_eq!(read.signing.unwrap().public().jwk().alg, "ES256");
        assert_eq!(read.previous.unwrap().id(), ED25519_ID);
        assert!(warnings.is_empty(), "a public key may be readable by all: {warnings:?}");

        let whole = files.with("whole", ED25519, 0o400);
        let (read, warnings) = load(&options(None, Some(&whole))).unwrap();
        assert_eq!(read.previous.unwrap().id(), ED25519_ID);
        assert!(warnings.is_empty());
    }

    #[test]
    fn each_invalid_file_is_reported_in_one_line_with_the_fix() {
        let files = Files::new();
        let public = files.with("public", ED25519_PUBLIC, 0o600);
        let secret = files.with("secret", "hunter2hunter2hunter2hunter2hunter2", 0o600);
        let empty = files.with("empty", "", 0o600);
        let rsa = files.with("legacy", &P256.replace(" PRIVATE", " RSA PRIVATE"), 0o600);
        let folder = files.0.path().to_str().unwrap();
        for (file, what) in [
            (&*public, "which holds a public key, which signs nothing; it must name"),
            (&secret, "which is not one key in PEM; it must name"),
            (&empty, "which is not one key in PEM; it must name"),
            (&rsa, "which holds a key that is not PKCS#8"),
            (folder, "which cannot be read ("),
            ("/nowhere/key.pem", "which cannot be read (No such file"),
        ] {
            let lines = load(&options(Some(file), None)).unwrap_err();
            assert_eq!(lines.len(), 1, "{lines:?}");
            let line = &lines[0];
            assert!(line.starts_with(&format!("STEWARD_SIGNING_KEY_FILE: names {file}, {what}")), "{line}");
            assert!(line.contains("openssl genpkey -algorithm ed25519"), "{line}");
            assert!(!line.contains('\n') && !line.contains("hunter2"), "{line}");
        }
        let both = load(&options(Some(&secret), Some(&secret))).unwrap_err();
        assert_eq!(both.len(), 2, "{both:?}");
        assert!(both[1].starts_with("STEWARD_SIGNING_KEY_PREVIOUS_FILE: names "), "{both:?}");
    }

    #[test]
    fn a_private_key_open_to_all_users_causes_a_warning() {
        let files = Files::new();
        for (mode, is_warned) in [(0o600, false), (0o400, false), (0o440, false), (0o644, true), (0o604, true)] {
            let file = files.with(&format!("{mode:o}"), ED25519, mode);
            for options in [options(Some(&file), None), options(None, Some(&file))] {
                let (_, warnings) = load(&options).unwrap();
                assert_eq!(warnings.len(), usize::from(is_warned), "{mode:o}: {warnings:?}");
                assert!(warnings.iter().all(|warning| warning.contains(&format!("mode {mode:04o}"))), "{warnings:?}");
            }
        }
    }

    #[test]
    fn the_same_key_in_both_settings_causes_a_warning() {
        let files = Files::new();
        let (key, half) = (files.with("key", ED25519, 0o600), files.with("half", ED25519_PUBLIC, 0o600));
        let (_, warnings) = load(&options(Some(&key), Some(&half))).unwrap();
        assert!(warnings[0].starts_with("STEWARD_SIGNING_KEY_PREVIOUS_FILE names the key"), "{warnings:?}");
    }

    #[test]
    fn tokens_of_the_secret_can_be_rejected_if_another_key_signs() {
        let files = Files::new();
        let key = files.with("key", ED25519, 0o600);
        let accepting = |text: &str, file| Options { accept_hs256: Some(text.into()), ..options(file, None) };
        assert!(!load(&accepting("false", Some(&key))).unwrap().0.accept_hs256);
        assert!(load(&accepting("true", Some(&key))).unwrap().0.accept_hs256);
        let lines = load(&accepting("false", None)).unwrap_err();
        assert!(lines[0].starts_with("STEWARD_ACCEPT_HS256: is \"false\"") && lines[0].contains("must be true"));
        let lines = load(&accepting("no", Some(&key))).unwrap_err();
        assert_eq!(lines, ["STEWARD_ACCEPT_HS256: is \"no\", and must be true or false"]);
    }
}

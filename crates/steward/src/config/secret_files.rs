//! Files with secrets that other users can open.

use std::fs::{self, Metadata};
use std::os::unix::fs::MetadataExt;
use std::path::Path;

/// Permissions of users who are neither the owner nor in the group. Group permissions are not checked, because
/// containers get their secrets by group (`fsGroup`).
const OTHERS: u32 = 0o006;

/// Names the file of a setting in a message. A value that does not look like a path is not shown: it may be the secret
/// itself, written into the wrong variable.
pub(super) fn names(file: &str) -> String {
    let is_path = !file.contains(char::is_control) && (file.starts_with(['/', '.']) || Path::new(file).exists());
    if is_path { format!("names {file}") } else { "names no file that exists".to_owned() }
}

/// A warning about a file with secrets that every user of this machine can open.
///
/// Returns `None` on a read-only file system, on which containers get their secrets (Docker: mode 0444). The mode
/// cannot be changed there, and the container has no other users.
pub(super) fn warning(variable: &str, path: &Path) -> Option<String> {
    open_to_others(path).map(|open| format!("{variable} names {open}"))
}

/// The path and the command that restricts it, if every user of this machine can open the file.
pub(super) fn open_to_others(path: &Path) -> Option<String> {
    let metadata = fs::metadata(path).ok()?;
    if !is_open_to_others(&metadata) || is_on_read_only_mount(path) {
        return None;
    }
    let (path, mode) = (path.display(), metadata.mode() & 0o7777);
    Some(format!("{path}, which every user of this machine can open (mode {mode:04o}): `chmod 600 {path}`"))
}

/// As [`warning`], but `None` if the folder of the file is closed to other users, so that the file's mode does not
/// matter.
pub(super) fn warning_unless_in_closed_folder(variable: &str, path: &Path) -> Option<String> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let is_closed = fs::metadata(folder).is_ok_and(|folder| folder.mode() & 0o001 == 0);
    if is_closed { None } else { warning(variable, path) }
}

fn is_open_to_others(metadata: &Metadata) -> bool {
    metadata.is_file() && metadata.mode() & OTHERS != 0
}

fn is_on_read_only_mount(path: &Path) -> bool {
    let (Ok(path), Ok(mounts)) = (path.canonicalize(), fs::read_to_string("/proc/self/mounts")) else { return false };
    is_read_only(&path, &mounts)
}

/// Whether the deepest mount point above `path` is mounted read-only. Of several mounts at one point the last counts.
/// `mounts` is in the format of proc(5): device, mount point, type and options in each line.
fn is_read_only(path: &Path, mounts: &str) -> bool {
    let fields = |line: &'_ str| {
        let mut fields = line.split(' ').skip(1);
        Some((fields.next()?.replace("\\040", " "), fields.nth(1)?.split(',').any(|option| option == "ro")))
    };
    let above = mounts.lines().filter_map(fields).filter(|(point, _)| path.starts_with(point));
    above.max_by_key(|(point, _)| point.len()).is_some_and(|(_, read_only)| read_only)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_file_open_to_others_is_reported_with_the_chmod_command() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("key");
        fs::write(&file, "secret").unwrap();
        for (mode, is_warned) in [(0o600, false), (0o400, false), (0o640, false), (0o644, true), (0o602, true)] {
            set_mode(&file, mode);
            let warning = warning("SECRET_KEY_FILE", &file);
            assert_eq!(warning.is_some(), is_warned, "{mode:o}: {warning:?}");
            if let Some(warning) = warning {
                assert!(warning.contains(&format!("(mode {mode:04o}): `chmod 600 {}`", file.display())), "{warning}");
            }
        }
        set_mode(folder.path(), 0o700);
        assert_eq!(warning_unless_in_closed_folder("DATABASE_URL", &file), None);
        set_mode(folder.path(), 0o755);
        assert!(warning_unless_in_closed_folder("DATABASE_URL", &file).is_some());
        assert_eq!(warning("SECRET_KEY_FILE", &folder.path().join("none")), None);
    }

    #[test]
    fn a_secret_in_place_of_a_file_name_is_not_shown() {
        for secret in ["hunter2", "postgres://u:hunter2@h/db", "-----BEGIN PRIVATE KEY-----\nhunter2", "/hunter2\n"] {
            assert!(!names(secret).contains("hunter2"));
        }
        assert_eq!(names("/nowhere/key"), "names /nowhere/key");
        assert_eq!(names("Cargo.toml"), "names Cargo.toml");
    }

    #[test]
    fn files_on_a_read_only_mount_are_not_reported() {
        let mounts = "overlay / overlay rw,relatime 0 0\ntmpfs /run/secrets tmpfs ro,relatime 0 0\n\
                      /dev/sda1 /run/secrets/rw\\040one ext4 rw 0 0\n";
        for (path, read_only) in [
            ("/run/secrets/key", true),
            ("/run/secrets/rw one/key", false),
            ("/run/secretsnot/key", false),
            ("/data/key", false),
        ] {
            assert_eq!(is_read_only(Path::new(path), mounts), read_only, "{path}");
        }
    }
}

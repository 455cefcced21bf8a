//! Texts for the fields of accounts and profiles in audit entries.

use crate::language::Language;
use crate::roles;

/// Returns the id of the text that names a field.
pub(crate) fn text(field: &str) -> &'static str {
    match field {
        "email" => "user-email",
        "name" => "user-name",
        "role" => "user-role",
        "is_restorable" => "user-restorable",
        "phone" => "profile-phone",
        "department" => "profile-department",
        "title" => "profile-job-title",
        "locale" => "profile-language",
        "time_zone" => "profile-time-zone",
        "attributes" => "profile-attributes",
        _ => "user-status",
    }
}

/// Formats the value of a field.
pub(crate) fn value(language: Language, field: &str, value: &str) -> String {
    let role = if field == "role" { roles::parse(value) } else { None };
    let id = match (field, value) {
        ("is_active", "true") => Some("user-active"),
        ("is_active", "false") => Some("user-inactive"),
        ("is_restorable", "true") => Some("user-restorable-yes"),
        ("is_restorable", "false") => Some("user-restorable-no"),
        ("phone" | "department" | "title" | "locale" | "time_zone", "(none)") => Some("profile-not-set"),
        _ => role.map(roles::text),
    };
    id.map_or_else(|| value.to_owned(), |id| language.text(id))
}

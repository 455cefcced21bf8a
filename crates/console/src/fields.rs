//! Texts for the account fields of audit entries.

use crate::language::Language;
use crate::roles;

/// Returns the id of the text that names a field.
pub(crate) fn text(field: &str) -> &'static str {
    match field {
        "email" => "user-email",
        "name" => "user-name",
        "role" => "user-role",
        _ => "user-status",
    }
}

/// Formats the value of a field.
pub(crate) fn value(language: Language, field: &str, value: &str) -> String {
    let role = if field == "role" { roles::parse(value) } else { None };
    let id = match (field, value) {
        ("is_active", "true") => Some("user-active"),
        ("is_active", "false") => Some("user-inactive"),
        _ => role.map(roles::text),
    };
    id.map_or_else(|| value.to_owned(), |id| language.text(id))
}

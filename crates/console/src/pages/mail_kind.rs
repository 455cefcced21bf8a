//! The names of the kinds of mails.

use steward_domain::MailKind;

use crate::language::Language;

/// Returns the name of a kind of mail, or the kind itself if this release does not know it.
pub(super) fn mail_kind(language: Language, kind: &str) -> String {
    MailKind::parse(kind).map_or_else(|| kind.to_owned(), |kind| language.text(kind_text(kind)))
}

/// Returns the id of the text for a kind of mail.
fn kind_text(kind: MailKind) -> &'static str {
    match kind {
        MailKind::Welcome => "outbox-kind-welcome",
        MailKind::VerifyEmail => "outbox-kind-verify-email",
        MailKind::ResetPassword => "outbox-kind-reset-password",
        MailKind::PasswordResetByAdministrator => "outbox-kind-password-reset-by-administrator",
        MailKind::AccountCreated => "outbox-kind-account-created",
        MailKind::TemporaryPasswordSet => "outbox-kind-temporary-password-set",
        MailKind::Invitation => "outbox-kind-invitation",
        MailKind::ConfirmEmailChange => "outbox-kind-confirm-email-change",
        MailKind::EmailChanged => "outbox-kind-email-changed",
        MailKind::PasswordChanged => "outbox-kind-password-changed",
        MailKind::NewDevice => "outbox-kind-new-device",
        MailKind::RoleChanged => "outbox-kind-role-changed",
        MailKind::Deactivated => "outbox-kind-deactivated",
        MailKind::Reactivated => "outbox-kind-reactivated",
        MailKind::LockedOut => "outbox-kind-locked-out",
        MailKind::DeletionScheduled => "outbox-kind-deletion-scheduled",
        MailKind::AccountDeleted => "outbox-kind-account-deleted",
        MailKind::DataExported => "outbox-kind-data-exported",
        MailKind::Test => "outbox-kind-test",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_has_a_name_in_every_language() {
        for language in Language::ALL {
            for known in MailKind::ALL {
                assert_ne!(mail_kind(language, known.as_str()), kind_text(known), "{language:?}");
            }
            assert_eq!(mail_kind(language, "of_the_future"), "of_the_future");
        }
    }
}

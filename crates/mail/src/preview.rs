//! One sample of each kind of mail, for previews and tests.

use chrono::TimeDelta;
use secrecy::SecretString;
use steward_domain::ports::{MailLink, OutgoingMail};
use steward_domain::{
    DisplayName, Email, LinkPurpose, Locale, MailContent, MailKind, Origin, Recipient, Role, Timestamp,
};

use crate::language::Language;

/// 27 November 2026, 09:26 UTC, in seconds.
const CREATED: i64 = 1_795_771_560;

const USER_AGENT: &str = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                          Version/17.5 Safari/605.1.15";

/// Returns a sample of each kind of mail, in the order of [`MailKind::ALL`].
pub fn samples(language: Language) -> Vec<OutgoingMail> {
    MailKind::ALL.into_iter().map(|kind| sample(kind, language)).collect()
}

/// Returns a sample of this kind of mail.
pub fn sample(kind: MailKind, language: Language) -> OutgoingMail {
    let (name, administrator) = match language {
        Language::English => ("Alice Johnson", "Morgan Reed"),
        Language::Korean => ("홍길동", "김민서"),
    };
    let recipient = Recipient {
        user: None,
        address: Email::from_stored("alice.johnson@example.com".to_owned()),
        name: Some(DisplayName::from_stored(name.to_owned())),
        locale: Locale::parse(language.tag()).ok(),
    };
    let created_at = Timestamp::UNIX_EPOCH + TimeDelta::seconds(CREATED);
    let link = link_purpose(kind).map(|purpose| {
        let token = "Zk3vJ9c1x0b8QqY2mTt5uWn7eLrD4hGsKpAaFfViXoE";
        let url = SecretString::from(format!("https://accounts.example.com{}?token={token}", purpose.path()));
        MailLink { url, expires_at: created_at + purpose.validity() }
    });
    let content = content(kind, administrator.to_owned(), created_at);
    OutgoingMail { id: format!("sample-{}", kind.as_str().replace('_', "-")), recipient, content, link, created_at }
}

fn link_purpose(kind: MailKind) -> Option<LinkPurpose> {
    match kind {
        MailKind::VerifyEmail => Some(LinkPurpose::VerifyEmail),
        MailKind::ResetPassword
        | MailKind::PasswordResetByAdministrator
        | MailKind::AccountCreated
        | MailKind::NewDevice => Some(LinkPurpose::ResetPassword),
        MailKind::Invitation => Some(LinkPurpose::AcceptInvitation),
        MailKind::ConfirmEmailChange => Some(LinkPurpose::ChangeEmail),
        MailKind::EmailChanged => Some(LinkPurpose::UndoEmailChange),
        _ => None,
    }
}

fn content(kind: MailKind, administrator: String, created_at: Timestamp) -> MailContent {
    let origin = Origin { ip_address: Some("203.0.113.42".to_owned()), user_agent: Some(USER_AGENT.to_owned()) };
    match kind {
        MailKind::Welcome => MailContent::Welcome,
        MailKind::VerifyEmail => MailContent::VerifyEmail,
        MailKind::ResetPassword => MailContent::ResetPassword { origin },
        MailKind::PasswordResetByAdministrator => MailContent::PasswordResetByAdministrator { administrator },
        MailKind::AccountCreated => MailContent::AccountCreated { administrator },
        MailKind::TemporaryPasswordSet => MailContent::TemporaryPasswordSet { administrator },
        MailKind::Invitation => MailContent::Invitation { administrator, role: Role::Admin },
        MailKind::ConfirmEmailChange => MailContent::ConfirmEmailChange,
        MailKind::EmailChanged => {
            MailContent::EmailChanged { new_address: Email::from_stored("alice@new.example".to_owned()) }
        }
        MailKind::PasswordChanged => MailContent::PasswordChanged { origin },
        MailKind::NewDevice => MailContent::NewDevice { origin },
        MailKind::RoleChanged => MailContent::RoleChanged { from: Role::User, to: Role::Admin },
        MailKind::Deactivated => MailContent::Deactivated,
        MailKind::Reactivated => MailContent::Reactivated,
        MailKind::LockedOut => MailContent::LockedOut { origin, until: created_at + TimeDelta::minutes(15) },
        MailKind::DeletionScheduled => MailContent::DeletionScheduled { purge_at: created_at + TimeDelta::days(14) },
        MailKind::AccountDeleted => MailContent::AccountDeleted,
        MailKind::DataExported => MailContent::DataExported { origin },
        MailKind::Test => MailContent::Test,
    }
}

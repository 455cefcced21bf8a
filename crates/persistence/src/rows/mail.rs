use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use steward_domain::ports::StoreError;
use steward_domain::{
    DisplayName, Email, Locale, MailContent, MailKind, NewMessage, Origin, Recipient, Role, Timestamp, UserKey,
};

use crate::schema::outbox;
use crate::timestamp::DbTimestamp;

/// A mail to insert.
#[derive(Insertable)]
#[diesel(table_name = outbox)]
pub(crate) struct NewMailRow<'a> {
    kind: &'static str,
    user_id: Option<i64>,
    address: &'a str,
    name: Option<&'a str>,
    locale: Option<String>,
    content: String,
    link_id: Option<&'a [u8]>,
    created_at: DbTimestamp,
    next_attempt_at: DbTimestamp,
    is_recovery: bool,
}

impl<'a> NewMailRow<'a> {
    /// A mail that a change at `created_at` caused. It is due at once.
    pub(crate) fn new(message: &'a NewMessage, created_at: DbTimestamp) -> Self {
        let Recipient { user, address, name, locale } = &message.recipient;
        Self {
            kind: message.content.kind().as_str(),
            user_id: user.map(UserKey::get),
            address: address.as_str(),
            name: name.as_ref().map(DisplayName::as_str),
            locale: locale.as_ref().map(Locale::to_string),
            content: StoredContent::from(&message.content).to_json(),
            link_id: message.link.as_ref().map(|link| link.id.as_bytes().as_slice()),
            created_at,
            next_attempt_at: created_at,
            is_recovery: message.content.kind().is_for_recovery(),
        }
    }
}

/// A stored mail whose content has not been deleted.
#[derive(Queryable, Selectable)]
#[diesel(table_name = outbox)]
pub(crate) struct MailRow {
    pub(crate) id: i64,
    kind: String,
    user_id: Option<i64>,
    pub(crate) address: String,
    name: Option<String>,
    locale: Option<String>,
    content: Option<String>,
    pub(crate) link_id: Option<Vec<u8>>,
    pub(crate) attempts: i32,
    pub(crate) created_at: DbTimestamp,
    pub(crate) is_recovery: bool,
}

impl MailRow {
    /// The recipient and the content.
    pub(crate) fn parts(&self) -> Result<(Recipient, MailContent), StoreError> {
        let unreadable =
            |reason: &str| StoreError::failed(format!("outbox.content of the mail with id {}: {reason}", self.id));
        let kind = MailKind::parse(&self.kind).ok_or_else(|| unreadable("unknown kind"))?;
        let content = self.content.as_deref().ok_or_else(|| unreadable("missing"))?;
        let content: StoredContent = serde_json::from_str(content).map_err(|error| unreadable(&error.to_string()))?;
        let recipient = Recipient {
            user: self.user_id.and_then(UserKey::new),
            address: Email::from_stored(self.address.clone()),
            name: self.name.clone().map(DisplayName::from_stored),
            locale: self.locale.as_deref().and_then(|tag| Locale::parse(tag).ok()),
        };
        Ok((recipient, content.into_content(kind).ok_or_else(|| unreadable("a value is missing or invalid"))?))
    }
}

/// The values of a mail's content, as JSON. Each kind of mail has some of them.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct StoredContent {
    #[serde(skip_serializing_if = "Option::is_none")]
    ip_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    administrator: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    new_address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    old_role: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<String>,
    /// Microseconds since the epoch.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<i64>,
}

impl From<&MailContent> for StoredContent {
    fn from(content: &MailContent) -> Self {
        let of_origin = |origin: &Origin| Self {
            ip_address: origin.ip_address.clone(),
            user_agent: origin.user_agent.clone(),
            ..Self::default()
        };
        let role = |role: Role| Some(role.as_str().to_owned());
        let until = |at: &Timestamp| Some(at.timestamp_micros());
        match content {
            MailContent::Welcome
            | MailContent::VerifyEmail
            | MailContent::ConfirmEmailChange
            | MailContent::Deactivated
            | MailContent::Reactivated
            | MailContent::AccountDeleted
            | MailContent::Test => Self::default(),
            MailContent::ResetPassword { origin }
            | MailContent::PasswordChanged { origin }
            | MailContent::NewDevice { origin }
            | MailContent::DataExported { origin } => of_origin(origin),
            MailContent::PasswordResetByAdministrator { administrator }
            | MailContent::AccountCreated { administrator }
            | MailContent::TemporaryPasswordSet { administrator } => {
                Self { administrator: Some(administrator.clone()), ..Self::default() }
            }
            MailContent::Invitation { administrator, role: invited } => {
                Self { administrator: Some(administrator.clone()), role: role(*invited), ..Self::default() }
            }
            MailContent::EmailChanged { new_address } => {
                Self { new_address: Some(new_address.to_string()), ..Self::default() }
            }
            MailContent::RoleChanged { from, to } => Self { old_role: role(*from), role: role(*to), ..Self::default() },
            MailContent::LockedOut { origin, until: end } => Self { until: until(end), ..of_origin(origin) },
            MailContent::DeletionScheduled { purge_at } => Self { until: until(purge_at), ..Self::default() },
        }
    }
}

impl StoredContent {
    fn to_json(&self) -> String {
        // A struct of texts and numbers always has a JSON form.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The content of a mail of this kind; `None` if a value is missing or invalid.
    fn into_content(self, kind: MailKind) -> Option<MailContent> {
        let Self { ip_address, user_agent, administrator, new_address, old_role, role, until } = self;
        let origin = Origin { ip_address, user_agent };
        let parse_role = |role: Option<String>| Role::parse(&role?).ok();
        let until = until.and_then(chrono::DateTime::from_timestamp_micros);
        Some(match kind {
            MailKind::Welcome => MailContent::Welcome,
            MailKind::VerifyEmail => MailContent::VerifyEmail,
            MailKind::ResetPassword => MailContent::ResetPassword { origin },
            MailKind::PasswordResetByAdministrator => {
                MailContent::PasswordResetByAdministrator { administrator: administrator? }
            }
            MailKind::AccountCreated => MailContent::AccountCreated { administrator: administrator? },
            MailKind::TemporaryPasswordSet => MailContent::TemporaryPasswordSet { administrator: administrator? },
            MailKind::Invitation => MailContent::Invitation { administrator: administrator?, role: parse_role(role)? },
            MailKind::ConfirmEmailChange => MailContent::ConfirmEmailChange,
            MailKind::EmailChanged => MailContent::EmailChanged { new_address: Email::from_stored(new_address?) },
            MailKind::PasswordChanged => MailContent::PasswordChanged { origin },
            MailKind::NewDevice => MailContent::NewDevice { origin },
            MailKind::RoleChanged => MailContent::RoleChanged { from: parse_role(old_role)?, to: parse_role(role)? },
            MailKind::Deactivated => MailContent::Deactivated,
            MailKind::Reactivated => MailContent::Reactivated,
            MailKind::LockedOut => MailContent::LockedOut { origin, until: until? },
            MailKind::DeletionScheduled => MailContent::DeletionScheduled { purge_at: until? },
            MailKind::AccountDeleted => MailContent::AccountDeleted,
            MailKind::DataExported => MailContent::DataExported { origin },
            MailKind::Test => MailContent::Test,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_content_is_read_as_it_was_stored() {
        let origin = || Origin::new("192.0.2.7".parse().ok(), Some("curl/8"));
        let at = chrono::DateTime::UNIX_EPOCH + chrono::TimeDelta::microseconds(1);
        let administrator = || "Kim \"the boss\"\n".to_owned();
        let contents = [
            MailContent::Welcome,
            MailContent::VerifyEmail,
            MailContent::ResetPassword { origin: origin() },
            MailContent::PasswordResetByAdministrator { administrator: administrator() },
            MailContent::AccountCreated { administrator: administrator() },
            MailContent::TemporaryPasswordSet { administrator: administrator() },
            MailContent::Invitation { administrator: administrator(), role: Role::Admin },
            MailContent::ConfirmEmailChange,
            MailContent::EmailChanged { new_address: Email::parse("new@example.com").unwrap() },
            MailContent::PasswordChanged { origin: Origin::default() },
            MailContent::NewDevice { origin: origin() },
            MailContent::RoleChanged { from: Role::User, to: Role::SuperAdmin },
            MailContent::Deactivated,
            MailContent::Reactivated,
            MailContent::LockedOut { origin: origin(), until: at },
            MailContent::DeletionScheduled { purge_at: at },
            MailContent::AccountDeleted,
            MailContent::DataExported { origin: origin() },
            MailContent::Test,
        ];
        for content in contents {
            let json = StoredContent::from(&content).to_json();
            let stored: StoredContent = serde_json::from_str(&json).unwrap();
            assert_eq!(stored.into_content(content.kind()), Some(content), "{json}");
        }
        assert_eq!(StoredContent::default().into_content(MailKind::LockedOut), None);
    }
}

use diesel::prelude::*;
use serde::Serialize;
use steward_domain::{DisplayName, Locale, MailContent, NewMessage, Origin, Recipient, Role, Timestamp, UserKey};

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
        }
    }
}

/// The values of a mail's content, as JSON. Each kind of mail has some of them.
#[derive(Default, Serialize)]
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
            | MailContent::AccountDeleted => Self::default(),
            MailContent::ResetPassword { origin }
            | MailContent::PasswordChanged { origin }
            | MailContent::NewDevice { origin }
            | MailContent::DataExported { origin } => of_origin(origin),
            MailContent::PasswordResetByAdministrator { administrator } => {
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
}

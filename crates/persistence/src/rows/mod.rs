//! The rows of the tables, one file per table: the values that queries read and write, and their domain values.
//!
//! Rows can be written by hand, so a conversion that parses is a `TryFrom` with a [`StoreError`] that names the column.
//!
//! [`StoreError`]: steward_domain::ports::StoreError

mod account_link;
mod audit_entry;
mod idempotency_key;
mod invitation;
mod login_failure;
mod mail;
mod outbox_entry;
mod profile;
mod refresh_token;
mod reset_request;
mod segment;
mod session;
mod sign_in_event;
mod task_lease;
mod user;

pub(crate) use self::account_link::{AccountLinkRow, ClaimedLinkRow, NewAccountLinkRow};
pub(crate) use self::audit_entry::{AuditEntryRow, NewAuditEntryRow, UserChangeRow};
pub(crate) use self::idempotency_key::{IdempotencyKeyRow, NewIdempotencyKeyRow};
pub(crate) use self::invitation::{InvitationLinkRow, InvitationRow, NewInvitationRow};
pub(crate) use self::login_failure::{LoginFailureRow, LoginFailureUpdate, NewLoginFailureRow};
pub(crate) use self::mail::{MailRow, NewMailRow};
pub(crate) use self::outbox_entry::{
    ExportedMailRow, MailUpdate, OutboxEntryRow, QueuedMailRow, UserMailRow, is_queued, mail_state,
};
pub(crate) use self::profile::{AvatarRow, NewAvatarRow, ProfileRow, UserProfileRow, user_profile};
pub(crate) use self::refresh_token::{NewRefreshTokenRow, TokenUse};
pub(crate) use self::reset_request::{NewResetRequestRow, ResetRequestRow};
pub(crate) use self::segment::{NewSegmentRow, SegmentRow};
pub(crate) use self::session::{
    ExportedSessionRow, NewSessionRow, SessionEndRow, SessionRecordRow, SessionRow, exported_session_columns,
    session_id, session_record_columns,
};
pub(crate) use self::sign_in_event::{
    NewSignInEventRow, OriginKeys, OriginRow, SignInEventRow, SignInRecordRow, sign_in_record_columns,
};
pub(crate) use self::task_lease::TaskLeaseRow;
pub(crate) use self::user::{NewUserRow, UserRow, UserUpdate, readable_users};

//! Bodies and parameters of the public API. The examples use the guide's sample data.

mod account;
mod account_export;
mod admin;
mod analytics;
mod audit;
mod auth;
mod health;
pub(crate) mod instant;
mod invitations;
mod jwks;
mod outbox;
mod passwords;
mod profile;
mod segments;
mod sessions;
mod sign_ins;
mod timeline;
mod user;
mod user_creation;
mod user_list;

pub use account::{
    ChangeEmailRequest, DeleteAccountRequest, DeletedAccount, ForgotPasswordRequest, LinkTokenRequest,
    ResetForgottenPasswordRequest,
};
pub use account_export::{
    AccountExportBody, ExportedAuditEntry, ExportedMailBody, ExportedSessionBody, ExportedSignInBody,
};
pub use admin::{PasswordDelivery, ResetPasswordRequest, ResetPasswordResponse, UpdateUserRequest, UserPage};
pub use analytics::{Activity, ActivityPoint, Interval, Overview, RoleDistribution, UserAnalytics};
pub use audit::{ActorKind, AuditLogEntry, AuditLogPage};
pub use auth::{LoginRequest, LoginResponse, MessageResponse, RegisterRequest, TokenType};
pub use health::{ApiState, DatabaseHealth, Health, HealthStatus, Liveness, RedisHealth};
pub use instant::{format_instant, parse_instant};
pub use invitations::{AcceptInvitationRequest, InvitationBody, InvitationPage, InvitationRequest, InvitationState};
pub use jwks::{JsonWebKey, JsonWebKeySet};
pub use outbox::{MailState, OutboxEntryBody, OutboxPage};
pub use passwords::{ChangePasswordRequest, PasswordStrengthRequest, PasswordStrengthResponse, PasswordWeakness};
pub use profile::{Image, ProfileBody, UpdateOwnAccountRequest, UpdateProfileRequest};
pub use segments::{SaveSegmentRequest, SegmentBody, SegmentList};
pub use sessions::{
    EndedSessions, LogoutAllRequest, OwnSession, OwnSessions, RefreshRequest, SessionPage, UserSession,
};
pub use sign_ins::{AttemptOutcome, SignInLogEntry, SignInLogPage};
pub use steward_domain::{FieldChange, LinkError, Order, UserSort};
pub use timeline::{Timeline, TimelineEntry, TimelineKind, TimelineMail};
pub use user::{UserBody, UserDetailsBody, UserRole};
pub use user_creation::{CreateUserRequest, CreatedUserBody};
pub use user_list::UserList;

//! Calls between services. They are not part of the public API.
//!
//! - [`Authenticator`], [`Credentials`]: the calls of other services to the auth service. Within one process it
//!   implements them directly; `http` (a feature) contains the adapters for HTTP.
//! - [`internal`]: the bodies of `/internal/*`. [`service_key`]: the signature of each such call.
//! - [`client_address`]: the signed address of the client on whose behalf a service calls.
//! - [`ServiceUrl`]: the address of a service.

mod authenticator;
pub mod client_address;
mod credentials;
#[cfg(feature = "http")]
pub mod http;
pub mod internal;
pub mod service_key;
mod url;
mod user_creation;

pub use authenticator::{AuthenticateError, Authenticator};
pub use client_address::ClientAddressSigner;
pub use credentials::{Credentials, CredentialsError, InviteError, PasswordLink, PasswordRejection, PasswordReset};
pub use service_key::ServiceKey;
pub use url::{InvalidServiceUrl, ServiceUrl, to_reachable};
pub use user_creation::{CreateUserError, CreatedUser, FirstPassword, RequestedUser};

//! What crosses a process boundary.
//!
//! - [`bodies`]: requests and answers of the public API, and [`Problem`], its one form of error (RFC 9457).
//! - [`Authenticator`], [`Credentials`]: how other services ask the auth service. It implements them itself in one
//!   process; `http` (a feature) has the adapters that ask over HTTP.
//! - [`internal`]: the bodies of `/internal/*`, and [`service_key`], the signature that every such call carries.
//! - [`client_address`]: whom a service of ours calls for, vouched for by the same key.

#![deny(missing_docs)]

mod authenticator;
pub mod bodies;
pub mod client_address;
mod credentials;
#[cfg(feature = "http")]
pub mod http;
pub mod internal;
mod problem;
pub mod service_key;

pub use authenticator::{AuthenticateError, Authenticator};
pub use credentials::{Credentials, CredentialsError, PasswordReset};
pub use problem::{FieldError, Problem};
pub use service_key::ServiceKey;

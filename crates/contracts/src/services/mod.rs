//! How one service asks another; none of it is part of the public API.
//!
//! - [`Authenticator`], [`Credentials`]: what other services ask the auth service. In one process it implements them
//!   itself; `http` (a feature) holds the adapters that ask over HTTP.
//! - [`internal`]: the bodies of `/internal/*`. [`service_key`]: the signature that every such call carries.
//! - [`client_address`]: the signed address of the client that a service calls for.

mod authenticator;
pub mod client_address;
mod credentials;
#[cfg(feature = "http")]
pub mod http;
pub mod internal;
pub mod service_key;

pub use authenticator::{AuthenticateError, Authenticator};
pub use client_address::ClientAddressSigner;
pub use credentials::{Credentials, CredentialsError, PasswordReset};
pub use service_key::ServiceKey;

//! Adapters that call other services over HTTP. Each call is signed, has a deadline and reuses connections.
//!
//! An adapter belongs to one web worker, which creates it, and its connections stay on that thread. All workers share
//! one [`TokenBatcher`], because fewer and larger calls cost less per token.

mod authenticator;
mod call;
mod credentials;

pub use authenticator::{HttpAuthenticator, TokenBatcher};
pub use call::{CallError, ServiceClient, ServiceSettings};
pub use credentials::HttpCredentials;

//! The same questions over HTTP: each call signed, bounded in time, on connections that are kept.
//!
//! An adapter belongs to one web worker: it is made there, and its connections stay on that thread.

mod authenticator;
mod call;
mod credentials;

pub use authenticator::HttpAuthenticator;
pub use call::{CallError, ServiceClient, ServiceSettings};
pub use credentials::HttpCredentials;

//! The same questions over HTTP: each call signed, bounded in time, on connections that are kept.
//!
//! An adapter belongs to one web worker: it is made there, and its connections stay on that thread. What waits to be
//! asked belongs to all of them: the fewer calls, the less is paid for each question.

mod authenticator;
mod call;
mod credentials;
mod token_batcher;

pub use authenticator::HttpAuthenticator;
pub use call::{CallError, ServiceClient, ServiceSettings};
pub use credentials::HttpCredentials;
pub use token_batcher::TokenBatcher;

//! A caller of the API over HTTP who checks every answer against the API's own description.
//!
//! - [`Api`]: an address with its description; [`Call`]: one request in the making; [`Answer`]: what came back.
//! - [`Spec`]: the description. An answer from a path, with a method, a status or a body that it does not list fails the
//!   test that saw it.
//! - [`raw`]: bytes over a socket, for requests that no well-behaved client sends.

mod answer;
mod api;
pub mod raw;
mod schema;
mod spec;

pub use answer::Answer;
pub use api::{Api, Call};
pub use spec::Spec;

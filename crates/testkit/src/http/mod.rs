//! A client of the API that checks every response against the API's own description.
//!
//! - [`Api`]: an address with its description; [`Call`]: a request; [`Response`]: its response.
//! - [`Spec`]: the description. A response whose path, method, status or body is not listed fails the test.
//! - [`raw`]: bytes over a socket, for malformed requests.

mod api;
pub mod raw;
mod response;
mod schema;
mod spec;

pub use api::{Api, Call};
pub use response::Response;
pub use spec::Spec;

//! The typed client of Steward's public API.
//!
//! ```no_run
//! # async fn example() -> Result<(), steward_client::Error> {
//! use steward_client::{Client, UserList};
//!
//! let client = Client::new("http://127.0.0.1:8000")?;
//! let signed_in = client.login("admin", "admin123").await?;
//! let admin = client.with_token(signed_in.access_token);
//! let page = admin.users(&UserList { search: Some("john".into()), ..UserList::default() }).await?;
//! # Ok(())
//! # }
//! ```
//!
//! - [`Client`]: an address and whom to call as. One method per endpoint: `auth` has those of `/api/auth`, `admin` those
//!   of `/api/admin`.
//! - [`Client::for_person`] and [`AddressSigner`]: for trusted programs that call on behalf of a person at a browser.
//! - [`UserList`], [`AuditList`]: what lists can be asked.
//! - [`Error`]: a [`Problem`](steward_contracts::Problem) as the API told it, or why there was no answer.
//!
//! Bodies are those of [`steward_contracts::bodies`].

#![deny(missing_docs)]

mod admin;
mod auth;
mod client;
mod error;
mod lists;

pub use client::{AddressSigner, Client, DEADLINE};
pub use error::Error;
pub use lists::{ActivityRange, AuditList, SessionList, UserList};

//! A typed client of Steward's public API.
//!
//! ```no_run
//! # async fn example() -> Result<(), steward_client::Error> {
//! use steward_client::{Client, UserList};
//!
//! let client = Client::new("http://127.0.0.1:8000")?;
//! let signed_in = client.login("admin", "admin123").await?;
//! let admin = client.with_token(signed_in.access_token);
//! let page = admin.users(&UserList { search: Some("john".into()), ..UserList::default() }).await?;
//! println!("{} users match", page.total);
//! # Ok(())
//! # }
//! ```
//!
//! # Overview
//! - [`Client`] has one method per endpoint: those of `/api/auth` for the caller's own account, those of `/api/admin` for
//!   administrators. The bodies are those of [`steward_contracts::bodies`].
//! - [`UserList`], [`AuditList`], [`SessionList`], [`InvitationList`] and [`ActivityRange`] are the parameters of lists.
//!   [`UserSort`] and [`Order`] sort users.
//! - [`Error`] is a [`Problem`](steward_contracts::Problem) that the API returned, or the reason why there was no response.
//! - [`Client::for_person`] and [`AddressSigner`] are for trusted programs that call on behalf of a person at a browser.
//!
//! # Lists
//! A list has pages. Follow `next_cursor` to read all of a list: pages by cursor take equal time, and skip or repeat no
//! item that exists all the while. Page numbers are for people who jump to a page.
//!
//! ```no_run
//! # async fn example(admin: steward_client::Client) -> Result<(), steward_client::Error> {
//! use steward_client::UserList;
//!
//! let mut list = UserList { page_size: Some(100), ..UserList::default() };
//! loop {
//!     let page = admin.users(&list).await?;
//!     for user in &page.items {
//!         println!("{}", user.user_id);
//!     }
//!     list.cursor = page.next_cursor;
//!     if list.cursor.is_none() {
//!         break;
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # Errors
//! The code of a problem and its [extensions](steward_contracts::Extensions) are stable, its detail is for people.
//!
//! ```no_run
//! # async fn example(client: steward_client::Client) {
//! match client.login("admin", "wrong").await {
//!     Ok(signed_in) => println!("signed in as {}", signed_in.user_id),
//!     Err(error) if error.status() == Some(429) => println!("try again in {:?} s", error.retry_after()),
//!     Err(error) => println!("{:?}: {error}", error.code()),
//! }
//! # }
//! ```
//!
//! Runnable programs are in `examples/`: `sign_in`, `list_users`, `refresh` and `problems`.

#![deny(missing_docs)]

mod account;
mod admin;
mod auth;
mod client;
mod error;
mod lists;

pub use client::{AddressSigner, Client, DEADLINE, Image};
pub use error::Error;
pub use lists::{ActivityRange, AuditList, InvitationList, OutboxList, SessionList, SignInList};
pub use steward_contracts::bodies::{AttemptOutcome, LinkError, Order, UserList, UserSort};

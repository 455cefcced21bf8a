//! The mailer port: renders mails and passes them to a mail server or to a folder.
//!
//! # Overview
//! - [`MailUrl`], [`Sender`], [`TransportSettings`]: the settings. [`connect`] creates the adapter that the URL names, and
//!   [`check_server`] checks that its server accepts the credentials.
//! - `content`: what each kind of mail says, in the texts of `locales/` (`language`). Values from users pass through
//!   `clean` first.
//! - `render`: the text and the HTML part, from `templates/`. [`render`] also serves previews, of the mails in [`preview`].
//! - `message`: the MIME message with its headers.
//! - `smtp`: SMTP by lettre, with a pool of connections. `folder`: a folder of .eml files.
//!
//! # To add a kind of mail
//! 1. Add a variant to `MailContent` and `MailKind` in `crates/domain/src/mail.rs`.
//! 2. Add its texts to both catalogues: `KIND-subject`, `KIND-heading` and `KIND-text`, with a link `KIND-button`, and
//!    optionally `KIND-action` (before the button) and `KIND-closing`.
//! 3. Add its facts to `content.rs`, and a sample to `preview.rs`.
//! 4. `cargo xtask screenshots --mail --out FOLDER` takes pictures of all kinds.

mod clean;
mod connect_error;
mod content;
mod folder;
mod language;
mod mailbox;
mod message;
pub mod preview;
mod render;
mod sender;
mod settings;
mod smtp;
mod url;

pub use connect_error::ConnectError;
pub use language::Language;
pub use render::{RenderedMail, render};
pub use sender::Sender;
pub use settings::{CheckError, TransportSettings, check_server, connect};
pub use url::{MailUrl, MailUrlError};

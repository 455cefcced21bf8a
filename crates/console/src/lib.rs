//! The web console: pages that the server renders, and a small script that makes them quicker.
//!
//! It is a client of the public API and nothing else: what it shows it asked for with the token of whoever looks, and
//! what it does it does as them. Tokens stay in an encrypted cookie that no script can read; each call passes on the
//! person's address and browser, vouched for with the service key.
//!
//! - [`Console`]: what it needs; [`Console::routes`] mounts it.
//! - `context`: one request of a browser: its cookies, language and theme; who is signed in; forms; the layer around all
//!   pages.
//! - `frame`: what every page stands in. `language`: its words, in catalogues under `locales/`. `roles`: those of users.
//!   `fields`: those of accounts, in words.
//! - `pages`: one file per page, with its actions. Templates lie under `templates/`.
//! - `charts`: drawings of numbers.
//! - `assets`: the style sheet and the script. `hex`: digests as text, in their addresses and in forms.
//!
//! How to add a page: a file in `pages` with its handlers and a template that extends `layout.html`, its texts in each
//! language's catalogue, a line in [`Console::routes`].

// Templates call methods with references, whatever the size of what they refer to.
#![allow(clippy::trivially_copy_pass_by_ref)]

mod assets;
mod charts;
mod console;
mod failure;
mod fields;
mod frame;
mod isolate;
mod language;
mod pages;
mod request;
mod roles;

pub use console::{Console, ConsoleSettings};

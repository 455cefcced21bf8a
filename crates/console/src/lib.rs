//! The web console: server-rendered pages and a small script that speeds them up.
//!
//! The console is a client of the public API and nothing else. It reads and writes with the token of the signed-in
//! user. Tokens stay in an encrypted cookie that scripts cannot read. Each call passes on the user's address, signed
//! with the service key, and the user agent.
//!
//! - [`description()`]: the console as a service of the process.
//! - [`Console`]: built from [`ConsoleSettings`]; [`Console::routes`] mounts it.
//! - `request`: one request of a browser: cookies, language, theme, session and forms, and the layer around all pages.
//! - `frame`: the frame around every page. `language`: its texts, in catalogues under `locales/`. `roles`, `fields`:
//!   texts for roles and fields. `times`: times and days in the time zone of the viewer.
//! - `pages`: one file per page, with its actions. Templates are under `templates/`.
//! - `charts`: charts as SVG, tables and CSV.
//! - `assets`: style sheet, script and icons.
//!
//! To add a page: add a file in `pages` with its handlers, a template that extends `layout.html`, its texts to each
//! language's catalogue, and a line to `pages::routes`.

// Templates pass references to methods, whatever the size of the value.
#![allow(clippy::trivially_copy_pass_by_ref)]

mod assets;
mod charts;
mod console;
mod description;
mod failure;
mod fields;
mod frame;
mod isolate;
mod language;
mod pages;
mod request;
mod roles;
#[cfg(test)]
mod testing;
mod times;

pub use console::{Console, ConsoleSettings};
pub use description::{ID, description};

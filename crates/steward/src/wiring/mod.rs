//! Puts the services together: the only place that names concrete adapters.
//!
//! - [`process`]: what a process holds once, whatever it serves.
//! - [`storage`], [`ephemeral`]: the adapters behind the ports.
//! - [`auth`], [`admin`], [`gateway`]: what each service is made of and what it mounts.
//! - [`app`]: the app of one worker, at one address.
//! - [`spec`]: the description of the API, taken from the handlers.

mod admin;
mod app;
pub(crate) mod auth;
pub(crate) mod ephemeral;
mod gateway;
mod measure;
pub(crate) mod process;
pub(crate) mod spec;
pub(crate) mod storage;

pub(crate) use app::app;
pub(crate) use process::Process;

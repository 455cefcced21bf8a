//! Assembles the services: the only place that names concrete adapters.
//!
//! - [`process`]: the state that all workers of a process share.
//! - [`storage`], [`ephemeral`]: the adapters behind the ports.
//! - [`services`]: the functions that build each service, as an [`instance`], and its background tasks.
//! - [`auth`], [`admin`], [`gateway`], [`console`], [`worker`]: build one service each from its ports.
//! - [`app`]: the app of one worker, at one address.
//! - [`spec`]: the OpenAPI description, collected from the handlers. [`measure`]: the metrics of the process.

mod admin;
mod app;
pub(crate) mod auth;
mod console;
pub(crate) mod ephemeral;
mod gateway;
mod instance;
mod measure;
pub(crate) mod process;
pub(crate) mod services;
pub(crate) mod spec;
pub(crate) mod storage;
mod worker;

pub(crate) use app::app;
pub(crate) use process::Process;

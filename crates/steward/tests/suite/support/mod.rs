//! Processes of the binary, and their databases.

mod console;
mod database;
mod deployment;
mod links;
mod process;

pub(crate) use console::{Console, sign_in};
pub(crate) use database::{Database, database_of};
pub(crate) use deployment::{Deployment, Shape, launch};
pub(crate) use links::newest_link_token;
pub(crate) use process::{BEHIND_GATEWAY, Finished, Launch, Process, Unread, WORKER, until};

/// Signs the tokens of tests.
pub(crate) const SECRET_KEY: &str = "a secret that only tests know, 32 bytes and more";

//! Processes of the binary, and their databases.

mod console;
mod database;
mod deployment;
mod links;
mod mails;
mod pages;
mod process;

pub(crate) use console::{Console, sign_in};
pub(crate) use database::{Database, database_of};
pub(crate) use deployment::{Deployment, Shape, launch};
pub(crate) use links::{link_token, newest_link_token};
pub(crate) use mails::{Mail, mail_to, mails, outbox};
pub(crate) use pages::read_all;
pub(crate) use process::{BEHIND_GATEWAY, Finished, Launch, Process, Unread, WORKER, until};

/// Signs the tokens of tests.
pub(crate) const SECRET_KEY: &str = "a secret that only tests know, 32 bytes and more";

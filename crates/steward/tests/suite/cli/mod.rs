//! Commands and settings on the command line.

mod commands;
mod mail;
mod output;
mod refusals;
mod secrets;
mod services;
mod settings;

//! Commands and settings on the command line.

mod commands;
mod output;
mod refusals;
mod secrets;
mod services;
mod settings;

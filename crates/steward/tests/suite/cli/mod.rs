//! Commands and settings, as somebody at a terminal meets them.

mod commands;
mod output;
mod refusals;
mod secrets;
mod services;
mod settings;

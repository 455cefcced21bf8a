//! Commands and settings, as somebody at a terminal meets them.

mod commands;
mod services;
mod settings;

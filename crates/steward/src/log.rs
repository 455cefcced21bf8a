//! The log: to standard error, so that what a command prints stays its own.

use std::io::{self, IsTerminal};

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat};

/// actix writes an error for each head that it cannot read, which anyone may send; our own server counts and answers
/// those. A filter that names the target has the last word.
const STRANGERS: &str = "actix_http::h1::dispatcher=off";

/// Begins to log. What a settings check let through is a filter, and a second call changes nothing.
pub(crate) fn init(settings: &Log) {
    let filter = EnvFilter::try_new(format!("{STRANGERS},{}", settings.filter))
        .unwrap_or_else(|_| EnvFilter::new(format!("{STRANGERS},info")));
    let registry = tracing_subscriber::registry().with(filter);
    let started = match settings.format {
        LogFormat::Json => {
            let layer = fmt::layer().json().flatten_event(true).with_writer(io::stderr);
            registry.with(layer.log_internal_errors(false)).try_init()
        }
        LogFormat::Text => {
            // A layer would complain of a standard error that is closed to standard error, and panic.
            let layer = fmt::layer().with_target(false).with_writer(io::stderr).log_internal_errors(false);
            // On a terminal the layer itself heeds NO_COLOR.
            let layer = if io::stderr().is_terminal() { layer } else { layer.with_ansi(false) };
            registry.with(layer).try_init()
        }
    };
    drop(started);
}

//! The log. It goes to standard error, so that standard output holds only the output of the command.

use std::io::{self, IsTerminal};

use tracing_subscriber::filter::EnvFilter;
use tracing_subscriber::fmt;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::{Log, LogFormat};

/// actix logs an error for each malformed request head, which any client can send. Our server counts these itself. A
/// filter that names the target overrides this one.
const HTTP_PARSER_OFF: &str = "actix_http::h1::dispatcher=off";

/// Starts the log. The filter has been validated with the settings. A second call has no effect.
pub(crate) fn init(settings: &Log) {
    let filter = EnvFilter::try_new(format!("{HTTP_PARSER_OFF},{}", settings.filter))
        .unwrap_or_else(|_| EnvFilter::new(format!("{HTTP_PARSER_OFF},info")));
    let registry = tracing_subscriber::registry().with(filter);
    let started = match settings.format {
        LogFormat::Json => {
            let layer = fmt::layer().json().flatten_event(true).with_writer(io::stderr);
            registry.with(layer.log_internal_errors(false)).try_init()
        }
        LogFormat::Text => {
            // Without this the layer reports a closed standard error to standard error, and panics.
            let layer = fmt::layer().with_target(false).with_writer(io::stderr).log_internal_errors(false);
            // On a terminal the layer itself respects NO_COLOR.
            let layer = if io::stderr().is_terminal() { layer } else { layer.with_ansi(false) };
            registry.with(layer).try_init()
        }
    };
    drop(started);
}

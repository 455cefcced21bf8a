use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};

use clap::builder::styling::{AnsiColor, Style};
use steward_web::service::ServiceDescription;

use crate::wiring::Process;

/// Prints the addresses and the sample users for a developer.
pub(crate) fn show(process: &Process, addresses: &[(&ServiceDescription, String)]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text(process, addresses, out.is_terminal()).as_bytes())?;
    out.flush()
}

fn text(process: &Process, addresses: &[(&ServiceDescription, String)], coloured: bool) -> String {
    let style = |style: Style| if coloured { style } else { Style::new() };
    let (title, link) = (style(Style::new().bold()), style(AnsiColor::Cyan.on_default()));
    let mut text = String::new();
    let mut row = |name: &str, value: &str| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<15}{value}");
    };
    for (service, address) in addresses {
        row(service.title, &format!("{link}{address}{link:#}"));
        if service.id == steward_gateway::ID {
            row("Documentation", &format!("{link}{address}/docs{link:#}  {link}{address}/redoc{link:#}"));
        }
    }
    if process.storage.is_some() {
        row("Data", &process.settings.database.to_string());
    }
    if let Some(delivery) = &process.settings.mail.delivery {
        row("Mail", &delivery.url.to_string());
    }
    let redis =
        if process.ephemeral.is_shared() { "in use" } else { "none: this process keeps short-lived state in memory" };
    row("Redis", redis);
    if process.auth.is_some() {
        row("Sample log-ins", "admin / admin123   manager / admin123   user123 / password123");
    }
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "\n{title}Steward {version}{title:#}, for development\n\n{text}\nPress Ctrl-C to stop. `steward --help` lists \
         all settings.\n\n"
    )
}

mod console;
mod mail;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use steward_testkit::browser::{Browser, BrowserSettings, Theme};

use crate::{Failure, packages, product};
use console::Console;

/// The pictures in the README: page, theme, file.
const SHOWN: [(&str, Theme, &str); 2] =
    [("/users", Theme::Light, "users-light.png"), ("/dashboard", Theme::Dark, "dashboard-dark.png")];

/// Pages that need no session.
const PUBLIC: [&str; 9] = [
    "/sign-in",
    "/forgot-password",
    "/forgot-password/sent",
    "/reset-password?token=x",
    "/reset-password",
    "/verify-email?token=x",
    "/change-email?token=x",
    "/undo-email-change?token=x",
    "/accept-invitation?token=x",
];

/// Pages of a signed-in user.
const PAGES: [&str; 15] = [
    "/dashboard",
    "/users",
    "/new-user",
    "/users/alice",
    "/users/admin",
    "/users/alice/reset-password",
    "/invitations",
    "/audit",
    "/sign-ins",
    "/sessions",
    "/outbox",
    "/analytics",
    "/account",
    "/account/profile",
    "/password",
];

/// A path without a page.
const LOST: &str = "/no-such-page";

/// A phone, a tablet and a laptop, in CSS pixels.
const SIZES: [(u32, u32); 3] = [(360, 740), (768, 1024), (1440, 900)];

/// Take the screenshots of the console for the README, or of the mails
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder to write to
    #[arg(long, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Take every page in three sizes, light and dark, for review
    #[arg(long, requires = "out")]
    all: bool,
    /// Take every kind of mail instead, in every language, on a phone and a desktop, light and dark
    #[arg(long, requires = "out", conflicts_with = "all")]
    mail: bool,
    /// Additional pages, such as `/users?role=admin`
    #[arg(long, value_name = "PATH", requires = "all")]
    page: Vec<String>,
    /// Binary to run; built from the workspace if not set
    #[arg(long, value_name = "FILE")]
    binary: Option<PathBuf>,
    /// Language of the pages
    #[arg(long, value_name = "TAG", default_value = "en")]
    language: String,
}

/// Starts the console with the sample users, and takes screenshots in a browser.
pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode, Failure> {
    packages::ensure_for_screenshots()?;
    let folder = arguments.out.clone();
    let folder = folder.unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/screenshots"));
    fs::create_dir_all(&folder)?;
    let folder = folder.canonicalize()?;
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    if arguments.mail {
        return runtime.block_on(mail::take(&folder)).map(|()| ExitCode::SUCCESS);
    }
    let binary = match &arguments.binary {
        Some(binary) => binary.canonicalize()?,
        None => product::build(&[])?.ok_or("`cargo build` failed")?,
    };
    let console = Console::start(&binary)?;
    runtime.block_on(take(&console, arguments, &folder));
    Ok(ExitCode::SUCCESS)
}

async fn take(console: &Console, arguments: &Arguments, folder: &Path) {
    let (width, height) = (1440, 900);
    let language = arguments.language.clone();
    let browser = Browser::open(&console.url, BrowserSettings { language, width, height, ..Default::default() }).await;
    if arguments.all {
        for page in PUBLIC {
            take_in_all_sizes(&browser, page, folder).await;
        }
    }
    sign_in(&browser).await;
    if !arguments.all {
        for (page, theme, file) in SHOWN {
            browser.prefer(theme).await;
            browser.goto(page).await;
            save(&browser, &folder.join(file)).await;
        }
        return;
    }
    for page in PAGES.into_iter().chain([LOST]).chain(arguments.page.iter().map(String::as_str)) {
        take_in_all_sizes(&browser, page, folder).await;
    }
}

async fn sign_in(browser: &Browser) {
    browser.goto("/sign-in").await;
    // By the names of the fields, because their labels depend on the language.
    let fill = "const form = document.querySelector('form[action=\"/sign-in\"]');
        [form.user_id.value, form.password.value] = arguments; form.requestSubmit();";
    browser.execute(fill, vec!["admin".into(), "admin123".into()]).await;
    browser.wait_for_path("/dashboard").await;
}

async fn take_in_all_sizes(browser: &Browser, page: &str, folder: &Path) {
    browser.goto(page).await;
    let name = page.trim_start_matches('/').replace(|c: char| !c.is_ascii_alphanumeric(), "-");
    for (width, height) in SIZES {
        browser.resize(width, height).await;
        for theme in [Theme::Light, Theme::Dark] {
            browser.prefer(theme).await;
            save(browser, &folder.join(format!("{name}-{width}-{}.png", theme.name()))).await;
        }
        if browser.is_too_wide().await {
            println!("{page} is wider than {width} pixels");
        }
    }
    for error in browser.errors().await {
        println!("{page}: {error}");
    }
}

async fn save(browser: &Browser, file: &Path) {
    browser.screenshot(file).await;
    println!("{}", file.display());
}

//! Installs the programs that tests and benchmarks need.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use steward_testkit::servers::{ServerError, programs};

use crate::Failure;

/// A program, and the packages that contain it: for apt, dnf, apk, pacman, brew.
struct Program {
    name: &'static str,
    find: fn() -> Result<PathBuf, ServerError>,
    packages: [&'static str; 5],
}

/// PostgreSQL includes its contrib modules: search needs `pg_trgm`.
const PROGRAMS: [Program; 3] = [
    Program {
        name: "PostgreSQL",
        find: || programs::postgres("psql").and(programs::postgres("initdb")),
        packages: [
            "postgresql",
            "postgresql-server postgresql-contrib",
            "postgresql postgresql-contrib",
            "postgresql",
            "postgresql",
        ],
    },
    Program {
        name: "Redis",
        find: programs::redis_server,
        packages: ["redis-server", "redis", "redis", "redis", "redis"],
    },
    CHROMIUM,
];

/// A browser and its driver; axe-core comes with it.
const CHROMIUM: Program = Program {
    name: "Chromium with its driver",
    find: || programs::chromium().and(programs::chromedriver()),
    packages: [
        "chromium chromium-driver",
        "chromium chromedriver",
        "chromium chromium-chromedriver",
        "chromium",
        "chromium chromedriver",
    ],
};

/// Emoji in the console's pages. macOS has a font of its own, and no `fc-list`.
const EMOJI: Program = Program {
    name: "a font with emoji",
    find: || match Command::new("fc-list").arg(":charset=1f464").output() {
        Ok(output) if output.stdout.is_empty() => Err(ServerError::Missing("a font with emoji")),
        _ => Ok(PathBuf::new()),
    },
    packages: [
        "fonts-noto-color-emoji",
        "google-noto-color-emoji-fonts",
        "font-noto-emoji",
        "noto-fonts-emoji",
        "font-noto-color-emoji",
    ],
};

/// The load generator of `cargo xtask bench`.
const WRK: Program = Program { name: "wrk", find: programs::wrk, packages: ["wrk", "wrk", "wrk", "wrk", "wrk"] };

/// A package manager, its arguments to install, and its command to refresh the package lists if that fails.
struct Manager {
    program: &'static str,
    install: &'static [&'static str],
    refresh: Option<&'static str>,
}

/// In the order of [`Program::packages`].
const MANAGERS: [Manager; 5] = [
    Manager { program: "apt-get", install: &["install", "--yes", "--no-install-recommends"], refresh: Some("update") },
    Manager { program: "dnf", install: &["install", "--assumeyes"], refresh: None },
    Manager { program: "apk", install: &["add"], refresh: Some("update") },
    Manager { program: "pacman", install: &["-S", "--noconfirm", "--needed"], refresh: Some("-Sy") },
    Manager { program: "brew", install: &["install"], refresh: None },
];

/// Installs PostgreSQL, Redis, and Chromium with its driver, as far as they are missing and installation is permitted.
/// Otherwise fails and names the packages; Chromium is optional.
pub(crate) fn ensure() -> Result<(), Failure> {
    provide(PROGRAMS.iter())
}

/// Installs PostgreSQL and the load generator in the same way.
pub(crate) fn ensure_for_bench() -> Result<(), Failure> {
    provide(PROGRAMS.iter().take(1).chain([&WRK]))
}

/// Installs Chromium in the same way, and optionally a font.
pub(crate) fn ensure_for_screenshots() -> Result<(), Failure> {
    provide([CHROMIUM, EMOJI].iter())?;
    // Programs that are optional for tests are required here.
    (CHROMIUM.find)()?;
    Ok(())
}

fn provide<'a>(programs: impl Iterator<Item = &'a Program>) -> Result<(), Failure> {
    let missing: Vec<&Program> = programs.filter(|program| (program.find)().is_err()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let names = names(&missing);
    let is_here = |manager: &Manager| succeeds(Command::new(manager.program).arg("--version"));
    let Some((n, manager)) = MANAGERS.iter().enumerate().find(|(_, manager)| is_here(manager)) else {
        return give_up(&missing, &format!("install {names}"));
    };
    let packages: Vec<&str> = missing.iter().flat_map(|program| program.packages[n].split(' ')).collect();
    let by_hand = format!("{} {} {}", manager.program, manager.install.join(" "), packages.join(" "));
    println!("Installing {names}: {by_hand}");
    install(manager, &packages);
    let missing: Vec<&Program> = missing.into_iter().filter(|program| (program.find)().is_err()).collect();
    if missing.is_empty() { Ok(()) } else { give_up(&missing, &format!("as root: {by_hand}")) }
}

/// Fails, unless only optional programs are missing: browser tests report a missing Chromium themselves.
fn give_up(missing: &[&Program], what_to_do: &str) -> Result<(), Failure> {
    let message = format!("{} not found; {what_to_do}", names(missing));
    if missing.iter().all(|program| [CHROMIUM.name, EMOJI.name].contains(&program.name)) {
        println!("{message}");
        return Ok(());
    }
    Err(message.into())
}

fn names(programs: &[&Program]) -> String {
    programs.iter().map(|program| program.name).collect::<Vec<_>>().join(", ")
}

fn install(manager: &Manager, packages: &[&str]) {
    let attempt = || succeeds(command(manager.program).args(manager.install).args(packages));
    if attempt() {
        return;
    }
    if let Some(refresh) = manager.refresh
        && succeeds(command(manager.program).arg(refresh))
    {
        attempt();
    }
}

/// A command of a package manager, with sudo if that needs no password and the user is not root.
fn command(program: &str) -> Command {
    let with_sudo = program != "brew" && !is_root() && succeeds(Command::new("sudo").args(["-n", "true"]));
    let mut command = if with_sudo { Command::new("sudo") } else { Command::new(program) };
    if with_sudo {
        command.args(["-n", "DEBIAN_FRONTEND=noninteractive", program]);
    }
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

fn is_root() -> bool {
    Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0")
}

/// Runs a command without showing its output, and returns whether it succeeded.
fn succeeds(command: &mut Command) -> bool {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .is_ok_and(|status| status.success())
}

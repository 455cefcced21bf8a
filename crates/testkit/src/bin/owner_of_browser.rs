//! Opens a browser and waits. A test kills this process and checks that the browser ends with it.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a part of a test")]

use std::io::Read;

use steward_testkit::browser::{Browser, BrowserSettings};
use steward_testkit::servers::shared;

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let _browser = runtime.block_on(Browser::open("data:,", BrowserSettings::default()));
    println!("folder {}", shared::chromedriver().folder().display());
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

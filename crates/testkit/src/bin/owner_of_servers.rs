//! Starts servers and waits. A test kills this process and checks that the servers end with it.

#![allow(clippy::print_stdout, clippy::unwrap_used, reason = "a part of a test")]

use std::io::Read;

use steward_testkit::servers::{Postgres, Redis};

fn main() {
    let (postgres, mut redis) = (Postgres::start().unwrap(), Redis::start().unwrap());
    redis.pause().unwrap();
    println!("ports {} {}", postgres.port(), redis.port());
    println!("folder {}", postgres.run("SHOW data_directory").unwrap());
    std::io::stdin().read_to_end(&mut Vec::new()).unwrap();
}

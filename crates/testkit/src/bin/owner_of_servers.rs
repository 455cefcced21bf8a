//! Starts servers and waits: a test kills it, to see that nothing of theirs outlives their owner.

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

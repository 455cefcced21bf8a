//! Registers an account that the API refuses, and prints why.
//!
//! `cargo run --example problems -- http://127.0.0.1:8000`, beside a server in development mode.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;

use steward_client::Client;
use steward_contracts::bodies::RegisterRequest;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let Some(base) = std::env::args().nth(1) else { return Err("usage: problems BASE".into()) };
    let account = RegisterRequest {
        user_id: "no spaces allowed".to_owned(),
        email: "no-address".to_owned(),
        name: "Example".to_owned(),
        password: "password".to_owned(),
        role: None,
    };
    match Client::new(&base)?.register(&account).await {
        Ok(user) => println!("registered {}", user.user_id),
        Err(error) => match error.problem() {
            Some(problem) => {
                println!("{} ({}): {}", problem.title, problem.status, problem.detail);
                for field in &problem.errors {
                    println!("{} {}", field.field, field.message);
                }
            }
            None => println!("no response of the API: {error}"),
        },
    }
    Ok(())
}

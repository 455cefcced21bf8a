//! Signs in, shows the account and its sessions, and signs out.
//!
//! `cargo run --example sign_in -- http://127.0.0.1:8000 admin admin123`, beside a server in development mode.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;

use steward_client::Client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(base), Some(user_id), Some(password)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: sign_in BASE USER_ID PASSWORD".into());
    };
    let client = Client::new(&base)?;
    let signed_in = client.login(&user_id, &password).await?;
    let caller = client.with_token(signed_in.access_token);

    let user = caller.me().await?;
    println!("{} <{}>", user.name, user.email);
    for session in caller.own_sessions().await?.items {
        println!("session {} since {}", session.id, session.created_at);
    }
    caller.logout().await?;
    Ok(())
}

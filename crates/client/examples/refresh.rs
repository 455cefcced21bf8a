//! Renews the tokens of a session. Each refresh token is valid once.
//!
//! `cargo run --example refresh -- http://127.0.0.1:8000 admin admin123`, beside a server in development mode.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;

use steward_client::Client;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(base), Some(user_id), Some(password)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: refresh BASE USER_ID PASSWORD".into());
    };
    let client = Client::new(&base)?;
    let mut tokens = client.login(&user_id, &password).await?;
    for _ in 0..3 {
        println!("the access token expires in {} s", tokens.expires_in);
        tokens = client.refresh(&tokens.refresh_token).await?;
    }
    client.with_token(tokens.access_token).logout().await?;
    Ok(())
}

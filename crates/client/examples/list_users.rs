//! Prints every user, page by page.
//!
//! `cargo run --example list_users -- http://127.0.0.1:8000 admin admin123`, beside a server in development mode.

#![allow(clippy::print_stdout, reason = "an example prints its results")]

use std::error::Error;

use steward_client::{Client, UserList};

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let (Some(base), Some(user_id), Some(password)) = (arguments.next(), arguments.next(), arguments.next()) else {
        return Err("usage: list_users BASE USER_ID PASSWORD".into());
    };
    let client = Client::new(&base)?;
    let admin = client.with_token(client.login(&user_id, &password).await?.access_token);

    let mut list = UserList { page_size: Some(2), ..UserList::default() };
    loop {
        let page = admin.users(&list).await?;
        for user in &page.items {
            println!("{} <{}>", user.user_id, user.email);
        }
        list.cursor = page.next_cursor;
        if list.cursor.is_none() {
            break;
        }
    }
    admin.logout().await?;
    Ok(())
}

use secrecy::ExposeSecret;
use steward_auth_service::DerivedKeys;
use steward_auth_service::link_token::LinkToken;
use steward_domain::LinkId;

use super::{Database, SECRET_KEY};

/// The token of the newest link that a mail carries.
///
/// # Panics
/// If the database is not PostgreSQL, or has no link.
pub(crate) fn newest_link_token(database: &Database) -> String {
    let id = database.run("SELECT encode(link_id, 'hex') FROM account_links ORDER BY id DESC LIMIT 1").unwrap();
    let id = u128::from_str_radix(id.trim(), 16).unwrap().to_be_bytes();
    let keys = DerivedKeys::new(&SECRET_KEY.into(), None).link;
    LinkToken::derive(&keys.current, &LinkId::new(id)).text().expose_secret().to_owned()
}

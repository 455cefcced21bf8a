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
    newest(database, "true").unwrap()
}

/// The token of the newest link with this purpose and address, if there is one.
///
/// # Panics
/// If the database is not PostgreSQL.
pub(crate) fn link_token(database: &Database, purpose: &str, address: &str) -> Option<String> {
    newest(database, &format!("purpose = '{purpose}' AND address = '{address}'"))
}

fn newest(database: &Database, condition: &str) -> Option<String> {
    let select = "SELECT encode(link_id, 'hex') FROM account_links";
    let id = database.run(&format!("{select} WHERE {condition} ORDER BY id DESC LIMIT 1")).unwrap();
    let id = u128::from_str_radix(id.trim(), 16).ok()?.to_be_bytes();
    let keys = DerivedKeys::new(&SECRET_KEY.into(), None).link;
    Some(LinkToken::derive(&keys.current, &LinkId::new(id)).text().expose_secret().to_owned())
}

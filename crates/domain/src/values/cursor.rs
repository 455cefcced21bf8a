use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use super::Invalid;

/// A position in a sorted list: the sort key and the id of an item.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Position {
    /// The item's sort key, as storage formats it.
    pub key: String,
    /// The item's id, which orders items with equal keys.
    pub id: i64,
}

/// The end of a page, which the client sends back for the next page. Opaque to clients.
///
/// It contains a fingerprint of its query, so that it cannot continue another query.
///
/// ```
/// use steward_domain::{Cursor, Position};
///
/// let cursor = Cursor { page: 2, position: Position { key: "kim".to_owned(), id: 7 } };
/// let text = cursor.encode("users by name");
/// assert_eq!(Cursor::parse(&text, "users by name")?, cursor);
/// assert!(Cursor::parse(&text, "users by email").is_err());
/// # Ok::<(), steward_domain::Invalid>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cursor {
    /// Number of the next page; at least 2.
    pub page: u32,
    /// Position of the last item before that page.
    pub position: Position,
}

const VERSION: u8 = 1;

impl Cursor {
    /// Maximum length of a cursor, in bytes. The longest key is an e-mail address or a name.
    pub const MAX: usize = 1024;

    /// Encodes the cursor for `query`, any text that identifies the list, its filters and its order.
    pub fn encode(&self, query: &str) -> String {
        let mut bytes = Vec::with_capacity(21 + self.position.key.len());
        bytes.push(VERSION);
        bytes.extend(fingerprint(query).to_be_bytes());
        bytes.extend(self.page.to_be_bytes());
        bytes.extend(self.position.id.to_be_bytes());
        bytes.extend(self.position.key.as_bytes());
        URL_SAFE_NO_PAD.encode(bytes)
    }

    /// Parses a cursor that was encoded for the same `query`.
    pub fn parse(text: &str, query: &str) -> Result<Self, Invalid> {
        let malformed = || Invalid::new("is not a cursor of this list");
        if text.len() > Self::MAX {
            return Err(malformed());
        }
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| malformed())?;
        let (version, rest) = bytes.split_first().ok_or_else(malformed)?;
        let (expected_query, rest) = rest.split_first_chunk().ok_or_else(malformed)?;
        let (page, rest) = rest.split_first_chunk().ok_or_else(malformed)?;
        let (id, key) = rest.split_first_chunk().ok_or_else(malformed)?;
        let page = u32::from_be_bytes(*page);
        let key = std::str::from_utf8(key).map_err(|_| malformed())?;
        if *version != VERSION || page < 2 || key.contains('\0') {
            return Err(malformed());
        }
        if u64::from_be_bytes(*expected_query) != fingerprint(query) {
            return Err(Invalid::new("belongs to another query: send the filters and the order of that query"));
        }
        Ok(Self { page, position: Position { key: key.to_owned(), id: i64::from_be_bytes(*id) } })
    }
}

/// Hashes with FNV-1a, 64 bit. Unlike `std`'s hashers, it is the same in every process and release.
fn fingerprint(query: &str) -> u64 {
    query.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_cursor_is_valid_only_for_its_query(
            page in 2u32..,
            id in any::<i64>(),
            key in "[^\0]{0,100}",
            query in ".{0,40}",
            other in ".{0,40}",
        ) {
            let cursor = Cursor { page, position: Position { key, id } };
            let text = cursor.encode(&query);
            prop_assert_eq!(Cursor::parse(&text, &query).unwrap(), cursor);
            prop_assert_eq!(Cursor::parse(&text, &other).is_ok(), query == other);
        }

        #[test]
        fn garbage_is_refused_without_panic(text in any::<String>()) {
            prop_assert!(Cursor::parse(&text, "users").is_err());
        }

        #[test]
        fn flipped_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = Cursor::parse(&URL_SAFE_NO_PAD.encode(bytes), "users");
        }
    }
}

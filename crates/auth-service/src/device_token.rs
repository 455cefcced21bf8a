//! Device tokens: what a device shows at the next sign-in of the same user, so that strangers who guess that user's
//! password elsewhere do not get in its way. It lets nobody in.
//!
//! 128 random bits that name the device, and a tag over them and the user's key in storage; base64url without padding.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use steward_domain::{DeviceId, User};

use crate::derived_keys::{PurposeKeys, TAG_LENGTH};

const ID_LENGTH: usize = 16;
/// Length of a token as text.
const LENGTH: usize = (ID_LENGTH + TAG_LENGTH) / 3 * 4;
/// Nobody has this key in storage.
const NOBODY: i64 = 0;

/// Signs the token of a user's device.
pub fn sign(keys: &PurposeKeys, user: &User, device: DeviceId) -> String {
    let mut bytes = [0; ID_LENGTH + TAG_LENGTH];
    bytes[..ID_LENGTH].copy_from_slice(device.as_bytes());
    bytes[ID_LENGTH..].copy_from_slice(&keys.current.tag(&[&user.id.to_be_bytes(), device.as_bytes()]));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// The device whose token this is, if it was signed for this user.
///
/// Of nobody it never is, and that takes just as long to tell; nor does a text of any length take longer than a token.
pub fn verify(keys: &PurposeKeys, user: Option<&User>, token: &str) -> Option<DeviceId> {
    if token.len() != LENGTH {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (id, tag) = bytes.split_first_chunk::<ID_LENGTH>()?;
    let key = user.map_or(NOBODY, |user| user.id);
    (keys.verify(&[&key.to_be_bytes(), id], tag) && user.is_some()).then(|| DeviceId::from_bytes(*id))
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::DerivedKeys;
    use crate::tokens::tests::{KEY, OLD_KEY, user};

    const DEVICE: DeviceId = DeviceId::from_bytes([7; 16]);

    fn keys(current: &str, previous: Option<&str>) -> PurposeKeys {
        DerivedKeys::new(&current.into(), previous.map(SecretString::from).as_ref()).device
    }

    #[test]
    fn a_token_names_its_device_for_its_user_alone() {
        let keys = keys(KEY, None);
        let token = sign(&keys, &user(), DEVICE);
        assert_eq!((token.len(), LENGTH), (64, 64));
        assert_eq!(verify(&keys, Some(&user()), &token), Some(DEVICE));
        assert_eq!(verify(&keys, Some(&User { id: 2, ..user() }), &token), None);
    }

    #[test]
    fn nobody_has_a_device() {
        let keys = keys(KEY, None);
        for id in [1, NOBODY] {
            assert_eq!(verify(&keys, None, &sign(&keys, &User { id, ..user() }, DEVICE)), None, "{id}");
        }
    }

    #[test]
    fn it_is_good_under_the_key_before_and_signed_with_the_new_one() {
        let old = sign(&keys(OLD_KEY, None), &user(), DEVICE);
        let rotating = keys(KEY, Some(OLD_KEY));
        assert_eq!(verify(&rotating, Some(&user()), &old), Some(DEVICE));
        assert_eq!(verify(&keys(KEY, None), Some(&user()), &old), None);
        assert_eq!(verify(&keys(KEY, None), Some(&user()), &sign(&rotating, &user(), DEVICE)), Some(DEVICE));
    }

    #[test]
    fn whatever_is_changed_breaks_it() {
        let keys = keys(KEY, None);
        let token = sign(&keys, &user(), DEVICE);
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'Q' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(verify(&keys, Some(&user()), &changed), None, "byte {at}");
        }
        for garbage in ["", "A", "é", &token[1..], &token[..62], &format!("{token}AAAA"), &"A".repeat(64)] {
            assert_eq!(verify(&keys, Some(&user()), garbage), None, "{garbage:?}");
        }
    }
}

//! Device tokens. A device presents its token at the next sign-in of the same user, so that failed attempts from
//! elsewhere do not lock the device out. A device token authenticates no user.
//!
//! Format: 128 random bits that identify the device, then a tag over them and the user's database key; base64url
//! without padding.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use steward_domain::{DeviceId, User, UserKey};

use crate::derived_keys::{PurposeKeys, TAG_LENGTH};

const ID_LENGTH: usize = 16;
/// Length of a token as text, in characters.
const LENGTH: usize = (ID_LENGTH + TAG_LENGTH) / 3 * 4;

/// Signs the token of a user's device.
pub fn sign(keys: &PurposeKeys, user: &User, device: DeviceId) -> String {
    let mut bytes = [0; ID_LENGTH + TAG_LENGTH];
    bytes[..ID_LENGTH].copy_from_slice(device.as_bytes());
    bytes[ID_LENGTH..].copy_from_slice(&keys.current.tag(&[&user.id.get().to_be_bytes(), device.as_bytes()]));
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Returns the device of the token if the token was signed for this user.
///
/// Without a user the result is `None`, after the same work as with a user. A text of another length is rejected at
/// once.
pub fn verify(keys: &PurposeKeys, user: Option<&User>, token: &str) -> Option<DeviceId> {
    if token.len() != LENGTH {
        return None;
    }
    let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
    let (id, tag) = bytes.split_first_chunk::<ID_LENGTH>()?;
    let key = UserKey::or_zero(user.map(|user| user.id));
    (keys.verify(&[&key.to_be_bytes(), id], tag) && user.is_some()).then(|| DeviceId::from_bytes(*id))
}

#[cfg(test)]
mod tests {
    use secrecy::SecretString;

    use super::*;
    use crate::DerivedKeys;
    use crate::tokens::tests::{KEY, OLD_KEY, alice};

    const DEVICE: DeviceId = DeviceId::from_bytes([7; 16]);

    fn device_keys(current: &str, previous: Option<&str>) -> PurposeKeys {
        DerivedKeys::new(&current.into(), previous.map(SecretString::from).as_ref()).device
    }

    #[test]
    fn a_token_identifies_its_device_for_its_user_only() {
        let keys = device_keys(KEY, None);
        let token = sign(&keys, &alice(), DEVICE);
        assert_eq!((token.len(), LENGTH), (64, 64));
        assert_eq!(verify(&keys, Some(&alice()), &token), Some(DEVICE));
        assert_eq!(verify(&keys, Some(&User { id: UserKey::new(2).unwrap(), ..alice() }), &token), None);
    }

    #[test]
    fn an_unknown_user_has_no_device() {
        let keys = device_keys(KEY, None);
        let mut of_zero = [0; ID_LENGTH + TAG_LENGTH];
        of_zero[..ID_LENGTH].copy_from_slice(DEVICE.as_bytes());
        of_zero[ID_LENGTH..].copy_from_slice(&keys.current.tag(&[&0_i64.to_be_bytes(), DEVICE.as_bytes()]));
        for token in [sign(&keys, &alice(), DEVICE), URL_SAFE_NO_PAD.encode(of_zero)] {
            assert_eq!(verify(&keys, None, &token), None);
        }
    }

    #[test]
    fn the_previous_key_verifies_and_the_current_key_signs() {
        let old = sign(&device_keys(OLD_KEY, None), &alice(), DEVICE);
        let rotating = device_keys(KEY, Some(OLD_KEY));
        assert_eq!(verify(&rotating, Some(&alice()), &old), Some(DEVICE));
        assert_eq!(verify(&device_keys(KEY, None), Some(&alice()), &old), None);
        assert_eq!(verify(&device_keys(KEY, None), Some(&alice()), &sign(&rotating, &alice(), DEVICE)), Some(DEVICE));
    }

    #[test]
    fn a_modified_token_is_rejected() {
        let keys = device_keys(KEY, None);
        let token = sign(&keys, &alice(), DEVICE);
        for at in 0..token.len() {
            let mut bytes = token.clone().into_bytes();
            bytes[at] = if bytes[at] == b'A' { b'Q' } else { b'A' };
            let changed = String::from_utf8(bytes).unwrap();
            assert_eq!(verify(&keys, Some(&alice()), &changed), None, "byte {at}");
        }
        for garbage in ["", "A", "é", &token[1..], &token[..62], &format!("{token}AAAA"), &"A".repeat(64)] {
            assert_eq!(verify(&keys, Some(&alice()), garbage), None, "{garbage:?}");
        }
    }
}

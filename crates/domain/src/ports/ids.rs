use crate::{DeviceId, Password, SessionId};

/// Unguessable values, from a cryptographically secure source.
pub trait IdGenerator: Send + Sync {
    /// 128 fresh random bits.
    fn session_id(&self) -> SessionId;

    /// 128 fresh random bits.
    fn device_id(&self) -> DeviceId;

    /// 128 fresh random bits as text, for a token's `jti` or a nonce.
    fn token_id(&self) -> String;

    /// 256 fresh random bits, for a refresh token.
    fn refresh_token(&self) -> [u8; 32];

    /// A password to hand to a person once: at least 80 random bits, in characters that are not mistaken for one
    /// another.
    fn temporary_password(&self) -> Password;
}

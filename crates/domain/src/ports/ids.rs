use crate::{DeviceId, LinkId, Password, SessionId};

/// Unguessable values from a cryptographically secure source.
pub trait IdGenerator: Send + Sync {
    /// Returns 128 random bits.
    fn session_id(&self) -> SessionId;

    /// Returns 128 random bits.
    fn device_id(&self) -> DeviceId;

    /// Returns 128 random bits.
    fn link_id(&self) -> LinkId;

    /// Returns 128 random bits as text, for the `jti` of a token or a nonce.
    fn token_id(&self) -> String;

    /// Returns 256 random bits, for a refresh token.
    fn refresh_token(&self) -> [u8; 32];

    /// Returns a one-time password for a person: at least 80 random bits, without characters that look alike.
    fn temporary_password(&self) -> Password;
}

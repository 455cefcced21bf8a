use crate::{Password, SessionId};

/// Unguessable values, from a cryptographically secure source.
pub trait IdGenerator: Send + Sync {
    /// 128 fresh random bits.
    fn session_id(&self) -> SessionId;

    /// 128 fresh random bits as text, for a token's `jti` or a nonce.
    fn token_id(&self) -> String;

    /// A password to hand to a person once: at least 80 random bits, in characters that are not mistaken for one
    /// another.
    fn temporary_password(&self) -> Password;
}

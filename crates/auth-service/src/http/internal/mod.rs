//! `/internal/*`, which requires the signature of another service.

pub(super) mod authenticate;
pub(super) mod create_user;
pub(super) mod generate_link;
pub(super) mod invite;
pub(super) mod reset_password;
#[cfg(test)]
mod tests;

//! The links of a user.

use diesel::dsl::auto_type;
use diesel::prelude::*;
use steward_domain::LinkPurpose;

use crate::schema::account_links;

/// The links that a new password supersedes.
pub(crate) const SUPERSEDED_BY_PASSWORD: &[LinkPurpose] = &[LinkPurpose::ResetPassword, LinkPurpose::ChangeEmail];

/// The links that another address supersedes, if the user has confirmed it.
pub(crate) const SUPERSEDED_BY_ADDRESS: &[LinkPurpose] =
    &[LinkPurpose::ResetPassword, LinkPurpose::VerifyEmail, LinkPurpose::ChangeEmail];

/// Whether a link was neither used nor superseded. It may have expired.
#[auto_type]
pub(crate) fn is_open_link() -> _ {
    account_links::used_at.is_null().and(account_links::superseded_at.is_null())
}

/// [`is_open_link`], and the link belongs to the user with this key.
#[auto_type]
pub(crate) fn is_open_link_of(user: i64) -> _ {
    let is_open: is_open_link = is_open_link();
    account_links::user_id.eq(user).and(is_open)
}

/// Supersedes the open links of these purposes of the user with this key. The caller must hold the lock on the user.
macro_rules! supersede_links {
    ($conn:ident, $user:expr, $purposes:expr, $now:expr) => {{
        use $crate::schema::account_links;
        let purposes: Vec<&str> = $purposes.iter().map(|purpose| purpose.as_str()).collect();
        let open = account_links::table.filter($crate::statements::is_open_link_of($user));
        diesel::update(open.filter(account_links::purpose.eq_any(purposes)))
            .set(account_links::superseded_at.eq($now))
            .execute($conn)?
    }};
}
pub(crate) use supersede_links;

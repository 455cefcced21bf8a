//! The sessions of a user.

use diesel::dsl::auto_type;
use diesel::prelude::*;

use crate::schema::sessions;
use crate::timestamp::DbTimestamp;

/// Whether a session has not ended and belongs to the user with this key. It may have expired.
#[auto_type]
pub(crate) fn is_open_session_of(user: i64) -> _ {
    sessions::user_id.eq(user).and(sessions::ended_at.is_null())
}

/// Whether a session is valid at `now` and belongs to the user with this key.
#[auto_type]
pub(crate) fn is_active_session_of(user: i64, now: DbTimestamp) -> _ {
    let is_open: is_open_session_of = is_open_session_of(user);
    is_open.and(sessions::expires_at.gt(now))
}

/// Ends the selected sessions of the user with this key that are valid at `now`, and returns their number.
macro_rules! end_active_sessions {
    ($conn:ident, $user:expr, $selector:expr, $now:expr) => {{
        use steward_domain::SessionSelector;
        use $crate::schema::sessions;
        let (user, now) = ($user, $now);
        let active = sessions::table.filter($crate::statements::is_active_session_of(user, now));
        let ending = diesel::update(active).set(sessions::ended_at.eq(now));
        match $selector {
            SessionSelector::One(id) => ending.filter(sessions::sid.eq(id.as_bytes().as_slice())).execute($conn)?,
            SessionSelector::All => ending.execute($conn)?,
            SessionSelector::AllBut(id) => ending.filter(sessions::sid.ne(id.as_bytes().as_slice())).execute($conn)?,
        }
    }};
}
pub(crate) use end_active_sessions;

//! The actor of a change.

use steward_domain::ActorSession;

use crate::dialect::{Dialect, ExclusiveLock};
use crate::failure::Failure;
use crate::timestamp::DbTimestamp;

/// Refuses a change with `gone` unless its acting session is valid at `now` and the session's user still has the role that
/// the decision used. The session does not change until the end of the transaction.
///
/// Takes the shared lock on changes of administrators first, unless the transaction `has_lock`: the exclusive one, or that
/// on the actor's own row.
pub(crate) fn check_actor<E>(
    conn: &mut impl Dialect,
    acting: Option<ActorSession>,
    now: DbTimestamp,
    has_lock: bool,
    gone: E,
) -> Result<(), Failure<E>> {
    let Some(actor) = acting else { return Ok(()) };
    if !has_lock {
        conn.acquire_shared(ExclusiveLock::ChangeAdministrator)?;
    }
    match conn.lock_actor(actor.session, now)? {
        Some((_, Some(role))) if role == actor.role.as_str() => Ok(()),
        _ => Err(Failure::Refused(gone)),
    }
}

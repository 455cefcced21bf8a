//! The actor of a change.

use diesel::QueryResult;
use steward_domain::ActorSession;

use crate::dialect::Dialect;
use crate::timestamp::DbTimestamp;

/// Returns whether the acting session is valid at `now` and its user still has the role that the decision used. The
/// session does not change until the end of the transaction.
pub(crate) fn is_actor_valid(conn: &mut impl Dialect, actor: ActorSession, now: DbTimestamp) -> QueryResult<bool> {
    let role = conn.lock_actor(actor.session, now)?.and_then(|(_, role)| role);
    Ok(role.is_some_and(|role| role == actor.role.as_str()))
}

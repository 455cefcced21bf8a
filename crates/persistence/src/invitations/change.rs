use diesel::prelude::*;
use steward_domain::ports::{InvitationDecision, InvitationError, Renewal};
use steward_domain::{Invitation, InvitationState, NewInvitation, Record};

use super::is_open;
use crate::database::{Database, each};
use crate::dialect::{Dialect, ExclusiveLock};
use crate::failure::Failure;
use crate::rows::{InvitationRow, NewInvitationRow};
use crate::schema::{account_links, invitations};
use crate::statements::{check_actor, is_taken, write_record};
use crate::timestamp::DbTimestamp;

/// Refuses the change if a user has the address, or if an invitation for it, other than the one with the key, is
/// pending.
macro_rules! check_address {
    ($conn:ident, $address:expr, $but:expr, $now:expr) => {{
        if is_taken!($conn, &$address, 0_i64) {
            return Err(Failure::Refused(InvitationError::Registered));
        }
        let pending = invitations::table
            .filter(invitations::address.eq($address.as_str()))
            .filter(is_open().and(invitations::expires_at.gt($now)))
            .filter(invitations::id.ne($but));
        if diesel::select(diesel::dsl::exists(pending)).get_result::<bool>($conn)? {
            return Err(Failure::Refused(InvitationError::Pending));
        }
    }};
}

/// Implements `Invitations::create`.
pub(super) async fn create(
    db: &Database,
    invitation: NewInvitation,
    record: Record,
) -> Result<Invitation, InvitationError> {
    db.call(move |db| {
        each!(db, |conn| conn.write(|conn| {
            let now = DbTimestamp::from(record.audit.timestamp);
            check_actor(conn, record.audit.acting, now, false, InvitationError::ActorGone)?;
            conn.acquire_exclusive(ExclusiveLock::Invite)?;
            check_address!(conn, invitation.address, 0_i64, now);
            let row: InvitationRow = diesel::insert_into(invitations::table)
                .values(NewInvitationRow::new(&invitation, now))
                .returning(InvitationRow::as_returning())
                .get_result(conn)?;
            write_record(conn, &record)?;
            Ok(row.accepted_by(None)?)
        }))
    })
    .await
}

/// Implements `Invitations::renew`.
pub(super) async fn renew(
    db: &Database,
    id: i64,
    decide: InvitationDecision<Renewal>,
) -> Result<Invitation, InvitationError> {
    db.call(move |db| {
        each!(db, |conn| conn.write(|conn| {
            let invitation = conn.lock_invitation(id)?.ok_or(Failure::Refused(InvitationError::NotFound))?;
            let invitation = invitation.accepted_by(None)?;
            let Renewal { link, expires_at, record } = decide(&invitation).map_err(denied)?;
            let now = DbTimestamp::from(record.audit.timestamp);
            check_actor(conn, record.audit.acting, now, false, InvitationError::ActorGone)?;
            check_open(&invitation)?;
            conn.acquire_exclusive(ExclusiveLock::Invite)?;
            check_address!(conn, invitation.address, id, now);
            let row: InvitationRow = diesel::update(invitations::table.find(id))
                .set((
                    invitations::inviter_id.eq(&record.audit.actor_id),
                    invitations::inviter_name.eq(&record.audit.actor_name),
                    invitations::link_id.eq(link.as_bytes().as_slice()),
                    invitations::expires_at.eq(DbTimestamp::from(expires_at)),
                ))
                .returning(InvitationRow::as_returning())
                .get_result(conn)?;
            write_record(conn, &record)?;
            Ok(row.accepted_by(None)?)
        }))
    })
    .await
}

/// Implements `Invitations::revoke`.
pub(super) async fn revoke(
    db: &Database,
    id: i64,
    decide: InvitationDecision<Record>,
) -> Result<Invitation, InvitationError> {
    db.call(move |db| {
        each!(db, |conn| conn.write(|conn| {
            let row = conn.lock_invitation(id)?.ok_or(Failure::Refused(InvitationError::NotFound))?;
            let link = row.link_id.clone();
            let invitation = row.accepted_by(None)?;
            let record = decide(&invitation).map_err(denied)?;
            let now = DbTimestamp::from(record.audit.timestamp);
            check_actor(conn, record.audit.acting, now, false, InvitationError::ActorGone)?;
            check_open(&invitation)?;
            let row: InvitationRow = diesel::update(invitations::table.find(id))
                .set(invitations::revoked_at.eq(now))
                .returning(InvitationRow::as_returning())
                .get_result(conn)?;
            diesel::update(account_links::table.filter(account_links::link_id.eq(&link)))
                .set(account_links::superseded_at.eq(now))
                .execute(conn)?;
            write_record(conn, &record)?;
            Ok(row.accepted_by(None)?)
        }))
    })
    .await
}

fn check_open(invitation: &Invitation) -> Result<(), Failure<InvitationError>> {
    let state = if invitation.accepted_at.is_some() { InvitationState::Accepted } else { InvitationState::Revoked };
    if invitation.is_open() { Ok(()) } else { Err(Failure::Refused(InvitationError::Closed(state))) }
}

fn denied(denied: steward_domain::policy::Denied) -> Failure<InvitationError> {
    Failure::Refused(denied.into())
}

use diesel::dsl::auto_type;
use diesel::prelude::*;
use steward_domain::ports::{AcceptDecision, LinkUseError, UniqueKey};
use steward_domain::{Invitation, LinkError, LinkPurpose, Role, Timestamp, TokenHash, User};

use super::is_open;
use crate::database::{Database, each};
use crate::dialect::{Dialect, ExclusiveLock};
use crate::failure::{Failure, conflict};
use crate::rows::{InvitationLinkRow, InvitationRow, NewUserRow, UserRow};
use crate::schema::{account_links, invitations, lower, users};
use crate::statements::{is_taken, write_record};
use crate::timestamp::DbTimestamp;

/// Loads the link with this token and its invitation, if there is one.
macro_rules! load {
    ($conn:ident, $token:expr) => {
        link_and_invitation($token.as_bytes())
            .select((InvitationLinkRow::as_select(), Option::<InvitationRow>::as_select()))
            .first($conn)
            .optional()?
    };
}

/// Implements `Invitations::find`.
pub(super) async fn find(db: &Database, token: TokenHash, now: Timestamp) -> Result<Invitation, LinkUseError> {
    db.call(move |db| {
        let found = each!(db, |conn| Ok(load!(conn, token)))?;
        let (_, row) = check(found, now)?;
        Ok(row.accepted_by(None)?)
    })
    .await
}

/// Implements `Invitations::accept`.
pub(super) async fn run(
    db: &Database,
    token: TokenHash,
    at: Timestamp,
    decide: AcceptDecision,
) -> Result<User, LinkUseError> {
    db.call(move |db| {
        each!(db, |conn| conn.write(|conn| {
            let now = DbTimestamp::from(at);
            let found = load!(conn, token);
            let (_, row) = check(found, at)?;
            // A separate statement after the lock, so that it sees commits of the time in which this one waited.
            conn.lock_invitation(row.id)?;
            let found = load!(conn, token);
            let (link, row) = check(found, at)?;
            let id = row.id;
            let invitation = row.accepted_by(None)?;
            conn.acquire_shared(ExclusiveLock::ChangeAdministrator)?;
            let inviter: Option<String> = active_role(&invitation.inviter_id).first(conn).optional()?;
            let inviter = inviter.and_then(|role| Role::parse(&role).ok());
            let superseded = || Failure::Refused(LinkError::Superseded.into());
            let (user, record) = decide(&invitation, inviter).ok_or_else(superseded)?;

            if is_taken!(conn, &user.email, 0_i64) {
                return Err(Failure::Refused(LinkUseError::Conflict(UniqueKey::Email)));
            }
            let created: UserRow = diesel::insert_into(users::table)
                .values((NewUserRow::from(&user), users::email_verified_at.eq(now)))
                .returning(UserRow::as_returning())
                .get_result(conn)
                .map_err(conflict(LinkUseError::Conflict))?;
            diesel::update(invitations::table.find(id).filter(is_open()))
                .set((invitations::accepted_at.eq(now), invitations::user_id.eq(created.id)))
                .execute(conn)?;
            diesel::update(account_links::table.find(link.id)).set(account_links::used_at.eq(now)).execute(conn)?;
            let created = User::try_from(created)?;
            write_record(conn, &record.for_new_user(created.id))?;
            Ok(created)
        }))
    })
    .await
}

/// The role of the active user with this id.
#[expect(clippy::elidable_lifetime_names, reason = "the type that auto_type generates needs the name")]
#[auto_type]
fn active_role<'a>(user_id: &'a str) -> _ {
    users::table.filter(lower(users::user_id).eq(lower(user_id)).and(users::is_active.eq(true))).select(users::role)
}

/// The link of an invitation with this token, and the invitation whose last link it is.
#[expect(clippy::elidable_lifetime_names, reason = "the type that auto_type generates needs the name")]
#[auto_type]
fn link_and_invitation<'a>(token: &'a [u8]) -> _ {
    let purpose: &'static str = LinkPurpose::AcceptInvitation.as_str();
    account_links::table
        .left_join(invitations::table.on(invitations::link_id.eq(account_links::link_id)))
        .filter(account_links::token_hash.eq(token))
        .filter(account_links::purpose.eq(purpose))
}

fn check(
    found: Option<(InvitationLinkRow, Option<InvitationRow>)>,
    now: Timestamp,
) -> Result<(InvitationLinkRow, InvitationRow), Failure<LinkUseError>> {
    let invalid = |error: LinkError| Failure::Refused(error.into());
    let (link, invitation) = found.ok_or_else(|| invalid(LinkError::Unknown))?;
    let invitation = link.check(invitation, now).map_err(invalid)?;
    Ok((link, invitation))
}

//! Refresh tokens and their exchange: locked, judged, written, in one transaction.
//!
//! Everything happens under the lock of the session's row, so that many who present the same token come one after the
//! other. Nobody who holds that lock waits for another one, but for those who count: they wait for no session.

use diesel::prelude::*;
use steward_domain::ports::StoreError;
use steward_domain::{AuditEntry, AuthenticatedSession, RefreshOutcome, Rotation, TokenHash, User};

use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::rows::{NewRefreshTokenRow, SessionRow, TokenUse, UserRow, session_id};
use crate::schema::{refresh_tokens, sessions, users};
use crate::statements::insert_audit_entry;
use crate::timestamp::DbTimestamp;

/// What is to be done about a token.
enum Verdict {
    /// It is exchanged for the first time.
    Exchange,
    /// It was exchanged a moment ago, for this one.
    Again(TokenHash),
    /// Somebody else has it too.
    Stolen,
}

/// Judges a token by its use, where `is_unused` tells whether nobody has used what took its place.
fn judge(rotation: &Rotation, token: &TokenUse, is_unused: bool) -> Verdict {
    let (Some(used_at), Some(successor)) = (token.used_at, &token.successor_hash) else { return Verdict::Exchange };
    let offered = [Some(rotation.successor), rotation.previous_key_successor];
    let same = offered.into_iter().flatten().find(|offered| offered.as_bytes().as_slice() == successor);
    match same {
        // The clock of whoever exchanged it may be ahead.
        Some(same) if is_unused && rotation.now < chrono::DateTime::from(used_at) + rotation.grace => {
            Verdict::Again(same)
        }
        _ => Verdict::Stolen,
    }
}

/// Does what `Sessions::refresh` says.
pub(super) async fn run(db: &Database, rotation: Rotation) -> Result<RefreshOutcome, StoreError> {
    db.call(move |db| {
        each!(db, |conn| conn.write(|conn| {
            let token = refresh_tokens::table.find(rotation.presented.as_bytes().as_slice());
            let Some(id) = token.select(refresh_tokens::session_id).first(conn).optional()? else {
                return Ok(RefreshOutcome::Unknown);
            };
            let Some(session) = conn.lock_session(id)? else { return Ok(RefreshOutcome::Unknown) };
            // Statements of their own, so that they see what was committed while this transaction waited.
            let token_use: Option<TokenUse> = token.select(TokenUse::as_select()).first(conn).optional()?;
            let user: Option<UserRow> =
                users::table.find(session.user_id).select(UserRow::as_select()).first(conn).optional()?;
            let now = DbTimestamp::from(rotation.now);
            let (Some(token_use), Some(user)) = (token_use, user) else { return Ok(RefreshOutcome::Unknown) };
            let user = User::try_from(user)?;
            if !user.is_active || session.ended_at.is_some() || session.expires_at <= now {
                return Ok(RefreshOutcome::Unknown);
            }
            let is_unused = match &token_use.successor_hash {
                Some(successor) => diesel::select(diesel::dsl::exists(
                    refresh_tokens::table.find(successor.as_slice()).filter(refresh_tokens::used_at.is_null()),
                ))
                .get_result::<bool>(conn)?,
                None => true,
            };

            match judge(&rotation, &token_use, is_unused) {
                Verdict::Again(successor) => Ok(RefreshOutcome::Done { session: told(&session, user)?, successor }),
                Verdict::Exchange => {
                    let session = prolonged(session, &rotation);
                    let successor = rotation.successor;
                    diesel::update(token)
                        .set((
                            refresh_tokens::used_at.eq(now),
                            refresh_tokens::successor_hash.eq(successor.as_bytes().as_slice()),
                        ))
                        .execute(conn)?;
                    let row = NewRefreshTokenRow::new(&successor, session.id, now);
                    diesel::insert_into(refresh_tokens::table).values(row).execute(conn)?;
                    diesel::update(sessions::table.find(session.id))
                        .set((
                            sessions::expires_at.eq(session.expires_at),
                            sessions::last_seen_at.eq(session.last_seen_at),
                        ))
                        .execute(conn)?;
                    conn.record_activity(&[session_id(&session.sid)?], &[now])?;
                    Ok(RefreshOutcome::Done { session: told(&session, user)?, successor })
                }
                Verdict::Stolen => {
                    let ended = session_id(&session.sid)?;
                    let entry = AuditEntry::of_reuse(&user, ended, rotation.now, rotation.origin);
                    diesel::update(sessions::table.find(session.id)).set(sessions::ended_at.eq(now)).execute(conn)?;
                    insert_audit_entry!(conn, &entry);
                    Ok(RefreshOutcome::Reused)
                }
            }
        }))
    })
    .await
}

/// The session as it is once a token of it was exchanged. Without an absolute end it keeps the one it has.
fn prolonged(session: SessionRow, rotation: &Rotation) -> SessionRow {
    let now = DbTimestamp::from(rotation.now);
    let ends_at = session.ends_at.unwrap_or(session.expires_at);
    let seen = session.last_seen_at.unwrap_or(session.created_at);
    SessionRow {
        expires_at: DbTimestamp::from(rotation.now + rotation.idle).min(ends_at),
        last_seen_at: Some(seen.max(now)),
        ..session
    }
}

fn told(session: &SessionRow, user: User) -> Result<Box<AuthenticatedSession>, Failure> {
    Ok(Box::new(AuthenticatedSession {
        id: session_id(&session.sid)?,
        user,
        expires_at: session.expires_at.into(),
        last_seen_at: session.last_seen_at.unwrap_or(session.created_at).into(),
    }))
}

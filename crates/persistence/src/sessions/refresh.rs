//! The exchange of refresh tokens: the session is locked, the token is checked, and its successor is written, in one
//! transaction.
//!
//! The lock on the session's row serializes the exchanges of one token. A transaction with that lock waits for no other
//! lock except those of the counters, whose transactions wait for no session.

use diesel::prelude::*;
use steward_domain::ports::StoreError;
use steward_domain::{AuditEntry, AuthenticatedSession, Record, RefreshOutcome, Rotation, TokenHash, User};

use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::rows::{NewRefreshTokenRow, SessionRow, TokenUse, UserRow, session_id};
use crate::schema::{refresh_tokens, sessions, users};
use crate::statements::write_record;
use crate::timestamp::DbTimestamp;

/// The outcome of the check of a token.
enum Verdict {
    /// The token is unused and is exchanged.
    Exchange,
    /// The token was exchanged within the grace period, for this successor.
    Again(TokenHash),
    /// The token was used before, so another client has it too.
    Reused,
}

/// Checks a token by its use. `is_successor_unused` must be true if its successor was not exchanged.
fn check(rotation: &Rotation, token: &TokenUse, is_successor_unused: bool) -> Verdict {
    let (Some(used_at), Some(successor)) = (token.used_at, &token.successor_hash) else { return Verdict::Exchange };
    let offered = [Some(rotation.successor), rotation.previous_key_successor];
    let known = offered.into_iter().flatten().find(|offered| offered.as_bytes().as_slice() == successor);
    match known {
        // The clock of the process that exchanged it may be ahead.
        Some(known) if is_successor_unused && rotation.now < chrono::DateTime::from(used_at) + rotation.grace => {
            Verdict::Again(known)
        }
        _ => Verdict::Reused,
    }
}

/// Implements `Sessions::refresh`.
pub(super) async fn run(db: &Database, rotation: Rotation) -> Result<RefreshOutcome, StoreError> {
    db.call(move |db| {
        each!(db, |conn| conn.write(|conn| {
            let token = refresh_tokens::table.find(rotation.presented.as_bytes().as_slice());
            let Some(id) = token.select(refresh_tokens::session_id).first(conn).optional()? else {
                return Ok(RefreshOutcome::Unknown);
            };
            let Some(session) = conn.lock_session(id)? else { return Ok(RefreshOutcome::Unknown) };
            // Separate statements, so that they see commits of the time in which this transaction waited for the lock.
            let token_use: Option<TokenUse> = token.select(TokenUse::as_select()).first(conn).optional()?;
            let user: Option<UserRow> =
                users::table.find(session.user_id).select(UserRow::as_select()).first(conn).optional()?;
            let now = DbTimestamp::from(rotation.now);
            let (Some(token_use), Some(user)) = (token_use, user) else { return Ok(RefreshOutcome::Unknown) };
            let user = User::try_from(user)?;
            if !user.is_active || session.ended_at.is_some() || session.expires_at <= now {
                return Ok(RefreshOutcome::Unknown);
            }
            let is_successor_unused = match &token_use.successor_hash {
                Some(successor) => diesel::select(diesel::dsl::exists(
                    refresh_tokens::table.find(successor.as_slice()).filter(refresh_tokens::used_at.is_null()),
                ))
                .get_result::<bool>(conn)?,
                None => true,
            };

            match check(&rotation, &token_use, is_successor_unused) {
                Verdict::Again(successor) => {
                    Ok(RefreshOutcome::Done { session: authenticated(&session, user)?, successor })
                }
                Verdict::Exchange => {
                    let session = extend(session, &rotation);
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
                    Ok(RefreshOutcome::Done { session: authenticated(&session, user)?, successor })
                }
                Verdict::Reused => {
                    let ended = session_id(&session.sid)?;
                    let entry = AuditEntry::of_reuse(&user, ended, rotation.now, rotation.origin);
                    diesel::update(sessions::table.find(session.id)).set(sessions::ended_at.eq(now)).execute(conn)?;
                    write_record(conn, &Record::from(entry))?;
                    Ok(RefreshOutcome::Reused)
                }
            }
        }))
    })
    .await
}

/// Extends a session after an exchange. A session without an absolute end keeps its expiry.
fn extend(session: SessionRow, rotation: &Rotation) -> SessionRow {
    let now = DbTimestamp::from(rotation.now);
    let ends_at = session.ends_at.unwrap_or(session.expires_at);
    let last_seen_at = session.last_seen_at.unwrap_or(session.created_at);
    SessionRow {
        expires_at: DbTimestamp::from(rotation.now + rotation.idle).min(ends_at),
        last_seen_at: Some(last_seen_at.max(now)),
        ..session
    }
}

fn authenticated(session: &SessionRow, user: User) -> Result<Box<AuthenticatedSession>, Failure> {
    let last_seen_at = session.last_seen_at.unwrap_or(session.created_at);
    let id = session_id(&session.sid)?;
    Ok(Box::new(AuthenticatedSession::new(id, user, session.expires_at.into(), last_seen_at.into())))
}

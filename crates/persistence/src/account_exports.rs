//! The port [`AccountExports`].

use async_trait::async_trait;
use diesel::prelude::*;
use steward_domain::ports::{AccountExports, ChangeError, ExportError, StoreError};
use steward_domain::{
    AccountExport, Action, AuditRecord, Excerpt, MailKind, Record, Timestamp, UserId, UserKey, UserProfile,
};

use crate::database::{Database, each};
use crate::dialect::Dialect;
use crate::failure::Failure;
use crate::rows::{
    AuditEntryRow, ExportedMailRow, ExportedSessionRow, ProfileRow, SegmentRow, SignInEventRow, UserProfileRow,
    UserRow, exported_session_columns, user_profile,
};
use crate::schema::{
    audit_logs, lower, lower_nullable, outbox, segments, sessions, sign_in_events, user_avatars, user_profiles, users,
};
use crate::statements::write_record;
use crate::timestamp::DbTimestamp;

/// Exports of the data about users in a database.
pub struct SqlAccountExports {
    db: Database,
}

impl SqlAccountExports {
    /// The exports from this database.
    pub fn new(db: Database) -> Self {
        Self { db }
    }
}

/// The rows about a user.
struct Rows {
    user: UserProfileRow,
    sessions: Vec<ExportedSessionRow>,
    sign_ins: Vec<SignInEventRow>,
    by_user: Vec<AuditEntryRow>,
    on_user: Vec<AuditEntryRow>,
    mails: Vec<ExportedMailRow>,
    segments: Vec<SegmentRow>,
}

#[async_trait]
impl AccountExports for SqlAccountExports {
    async fn begin(&self, user: &UserId, since: Timestamp, limit: u32, record: Record) -> Result<(), ExportError> {
        let (user, since) = (user.clone(), DbTimestamp::from(since));
        self.db
            .call(move |db| {
                each!(db, |conn| conn.write(|conn| {
                    let refused = |error: ChangeError| Failure::Refused(ExportError::Change(error));
                    let Some(row) = conn.lock_user(user.key())? else { return Err(refused(ChangeError::NotFound)) };
                    if let Some(actor) = record.audit.acting {
                        match conn.lock_actor(actor.session, record.audit.timestamp.into())? {
                            Some((id, Some(_))) if id == row.id => {}
                            _ => return Err(refused(ChangeError::ActorGone)),
                        }
                    }
                    let earlier: Vec<DbTimestamp> = audit_logs::table
                        .filter(lower_nullable(audit_logs::target).eq(user.key()))
                        .filter(audit_logs::timestamp.gt(since))
                        .filter(audit_logs::action.eq(Action::DataExported.as_str()))
                        .order(audit_logs::timestamp.desc())
                        .limit(limit.into())
                        .select(audit_logs::timestamp)
                        .load(conn)?;
                    match earlier.last() {
                        Some(earliest) if earlier.len() >= limit as usize => {
                            Err(Failure::Refused(ExportError::TooMany((*earliest).into())))
                        }
                        _ => Ok(write_record(conn, &record)?),
                    }
                }))
            })
            .await
    }

    async fn read(&self, user: UserKey, limit: u32) -> Result<Option<AccountExport>, StoreError> {
        let rows = self.db.call(move |db| read_rows(db, user.get(), i64::from(limit) + 1)).await?;
        rows.map(|rows| export(rows, limit as usize)).transpose()
    }
}

fn read_rows(db: &Database, id: i64, limit: i64) -> Result<Option<Rows>, Failure> {
    each!(db, |conn| conn.read(|conn| {
        let user: Option<UserRow> = users::table.find(id).select(UserRow::as_select()).first(conn).optional()?;
        let Some(user) = user else { return Ok(None) };
        let key = user.user_id_key();
        let profile: Option<ProfileRow> = user_profiles::table
            .filter(user_profiles::user_id.eq(id))
            .select(ProfileRow::as_select())
            .first(conn)
            .optional()?;
        let avatar: Option<String> = user_avatars::table.find(id).select(user_avatars::hash).first(conn).optional()?;
        let sessions: Vec<ExportedSessionRow> = sessions::table
            .filter(sessions::user_id.eq(id))
            .order(sessions::id.desc())
            .limit(limit)
            .select(exported_session_columns())
            .load(conn)?;
        let sign_ins: Vec<SignInEventRow> = sign_in_events::table
            .filter(sign_in_events::user_id.eq(id))
            .order((sign_in_events::at.desc(), sign_in_events::id.desc()))
            .limit(limit)
            .select(SignInEventRow::as_select())
            .load(conn)?;
        // One query for both would read and sort all entries.
        let entries = || {
            audit_logs::table
                .filter(audit_logs::timestamp.ge(user.created_at))
                .order((audit_logs::timestamp.desc(), audit_logs::id.desc()))
                .limit(limit)
                .select(AuditEntryRow::as_select())
        };
        let by_user: Vec<AuditEntryRow> = entries().filter(lower(audit_logs::admin_id).eq(&key)).load(conn)?;
        let on_user: Vec<AuditEntryRow> = entries().filter(lower_nullable(audit_logs::target).eq(&key)).load(conn)?;
        let mails: Vec<ExportedMailRow> = outbox::table
            .filter(outbox::user_id.eq(id))
            // Such a mail shows that no other account has the address.
            .filter(outbox::kind.ne(MailKind::ConfirmEmailChange.as_str()))
            .order((outbox::created_at.desc(), outbox::id.desc()))
            .limit(limit)
            .select(ExportedMailRow::as_select())
            .load(conn)?;
        let segments: Vec<SegmentRow> = segments::table
            .filter(segments::owner.eq(id))
            .order(segments::name_key)
            .select(SegmentRow::as_select())
            .load(conn)?;
        let user = (user, profile, avatar);
        Ok(Some(Rows { user, sessions, sign_ins, by_user, on_user, mails, segments }))
    }))
}

fn export(rows: Rows, limit: usize) -> Result<AccountExport, StoreError> {
    let mut entries: Vec<AuditEntryRow> = rows.by_user.into_iter().chain(rows.on_user).collect();
    // An action on oneself is in both parts.
    entries.sort_by_key(|entry| std::cmp::Reverse((entry.timestamp, entry.id)));
    entries.dedup_by_key(|entry| entry.id);
    let UserProfile { user, profile } = user_profile(rows.user)?;
    Ok(AccountExport {
        user,
        profile,
        sessions: excerpt(rows.sessions, limit)?,
        sign_ins: excerpt(rows.sign_ins, limit)?,
        audit_entries: Excerpt::new(entries.into_iter().map(AuditRecord::from).collect(), limit),
        mails: excerpt(rows.mails, limit)?,
        segments: rows.segments.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
    })
}

fn excerpt<Row, Item>(rows: Vec<Row>, limit: usize) -> Result<Excerpt<Item>, StoreError>
where
    Item: TryFrom<Row, Error = StoreError>,
{
    Ok(Excerpt::new(rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?, limit))
}

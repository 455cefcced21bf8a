use std::any::Any;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};

use chrono::TimeDelta;
use steward_domain::policy::Denied;
use steward_domain::ports::{
    AccountExports, Accounts, ActivityStatistics, AuditLog, ChangeError, Decision, Deletions, IdGenerator,
    IdempotencyKeys, Invitations, Links, LockedUser, LoginAttempts, Outbox, Profiles, Segments, Sessions, SignIns,
    TaskLeases, Users,
};
use steward_domain::{
    Action, AuditEntry, AuditFilter, AuditRecord, NewSession, OpenOutcome, Origin, PageRequest, PageSize, PasswordHash,
    Record, SessionId, Timestamp, TokenHash, User, UserChange,
};

use crate::{TestIds, an_entry, at, user_id};

/// The ports of one store: a session that one port ends is not found by the others.
pub struct Ports {
    /// Users, for administration.
    pub users: Arc<dyn Users>,
    /// Accounts and password hashes.
    pub accounts: Arc<dyn Accounts>,
    /// Exports of the data about users.
    pub account_exports: Arc<dyn AccountExports>,
    /// Deletions of accounts by their users.
    pub deletions: Arc<dyn Deletions>,
    /// The sessions.
    pub sessions: Arc<dyn Sessions>,
    /// Failed sign-in attempts and locks.
    pub login_attempts: Arc<dyn LoginAttempts>,
    /// Sign-in attempts and the timeline.
    pub sign_ins: Arc<dyn SignIns>,
    /// The audit trail.
    pub audit_log: Arc<dyn AuditLog>,
    /// Activity statistics.
    pub activity: Arc<dyn ActivityStatistics>,
    /// Profiles and pictures.
    pub profiles: Arc<dyn Profiles>,
    /// Saved filters of the user list.
    pub segments: Arc<dyn Segments>,
    /// Keys of repeated requests.
    pub idempotency_keys: Arc<dyn IdempotencyKeys>,
    /// Leases of background tasks.
    pub task_leases: Arc<dyn TaskLeases>,
    /// Links in mails.
    pub links: Arc<dyn Links>,
    /// Mails to send.
    pub outbox: Arc<dyn Outbox>,
    /// Invitations.
    pub invitations: Arc<dyn Invitations>,
}

/// A new, empty store.
pub struct Store {
    ports: Ports,
    ids: TestIds,
    // Declared last: the ports close their connections before the database is removed.
    _keep: Box<dyn Any + Send + Sync>,
}

impl Deref for Store {
    type Target = Ports;

    fn deref(&self) -> &Ports {
        &self.ports
    }
}

impl Store {
    /// A store with these ports. `keep` is dropped after them, for example the file of a database.
    pub fn new(ports: Ports, keep: impl Any + Send + Sync) -> Self {
        Self { ports, ids: TestIds::default(), _keep: Box::new(keep) }
    }

    /// An existing user.
    pub(super) async fn user(&self, id: &str) -> User {
        self.users.find(&user_id(id), at(0)).await.unwrap().expect("an existing user").user
    }

    /// Changes a user at this instant, without a check of the actor.
    pub(super) async fn change(&self, id: &str, change: UserChange, at: Timestamp) -> Result<User, ChangeError> {
        self.users.update(&user_id(id), decided((change, an_entry(Action::UserUpdated, id, at)))).await
    }

    /// Activates or deactivates a user.
    pub(super) async fn set_active(&self, id: &str, is_active: bool, at: Timestamp) -> User {
        self.change(id, UserChange { is_active: Some(is_active), ..UserChange::default() }, at).await.unwrap()
    }

    /// Deletes a user, without a check of the actor.
    pub(super) async fn delete(&self, id: &str, at: Timestamp) -> Result<(), ChangeError> {
        let entry = an_entry(Action::UserDeleted, id, at);
        self.users.delete(&user_id(id), Box::new(|_| Ok(entry.into()))).await
    }

    /// A new session of this user, created at this instant and valid for an hour.
    pub(super) fn a_session(&self, user: &User, created_at: Timestamp) -> NewSession {
        let id = self.ids.session_id();
        NewSession {
            id,
            user: user.id,
            created_at,
            expires_at: created_at + TimeDelta::hours(1),
            ends_at: created_at + TimeDelta::days(1),
            refresh: TokenHash::of(id.as_bytes()),
            origin: Origin::default(),
            messages: Vec::new(),
        }
    }

    /// Opens a session of this user at this instant, valid for an hour.
    pub(super) async fn open(&self, user: &User, at: Timestamp) -> SessionId {
        let session = self.a_session(user, at);
        let id = session.id;
        self.open_as(user, session).await;
        id
    }

    /// Opens this session of the user, whose password was just checked.
    pub(super) async fn open_as(&self, user: &User, session: NewSession) -> User {
        match self.sessions.open(session, &self.hash_of(user).await).await.unwrap() {
            OpenOutcome::Opened(user) => user,
            rejection => panic!("not opened: {rejection:?}"),
        }
    }

    /// The stored password hash of an existing user.
    pub(super) async fn hash_of(&self, user: &User) -> PasswordHash {
        self.accounts.credentials(&user.user_id).await.unwrap().expect("an existing user").password_hash
    }

    /// Whether a session is active at this instant.
    pub(super) async fn is_active(&self, session: SessionId, at: Timestamp) -> bool {
        self.sessions.find_active(session, at).await.unwrap().is_some()
    }

    /// The whole audit trail, oldest first.
    pub(super) async fn trail(&self) -> Vec<AuditRecord> {
        let mut records = Vec::new();
        let mut request = PageRequest { size: page_size(PageSize::MAX), ..PageRequest::default() };
        loop {
            let page = self.audit_log.list(&AuditFilter::default(), &request).await.unwrap();
            records.extend(page.items);
            request.number += 1;
            request.after = page.next;
            if request.after.is_none() {
                records.reverse();
                return records;
            }
        }
    }
}

/// A decision that accepts the change, whatever the user.
pub(super) fn decided((change, entry): (UserChange, AuditEntry)) -> Decision<Option<(UserChange, Record)>> {
    Box::new(|_| Ok(Some((change, entry.into()))))
}

/// A decision that rejects the change, with a reason that no adapter returns by itself.
pub(super) fn refused<T>() -> Decision<T> {
    Box::new(|_| Err(Denied::OwnRole.into()))
}

/// A decision that rejects the change, and a receiver of the user that it was called with.
pub(super) fn refused_with_user<T>() -> (Decision<T>, Receiver<LockedUser>) {
    let (sender, seen) = mpsc::channel();
    let decide = move |locked: &LockedUser| {
        sender.send(locked.clone()).expect("an open receiver");
        Err(Denied::OwnRole.into())
    };
    (Box::new(decide), seen)
}

/// Checks that the change was rejected by [`refused`].
#[track_caller]
pub(super) fn assert_refused<T>(result: Result<T, ChangeError>) {
    assert!(matches!(result, Err(ChangeError::Denied(Denied::OwnRole))), "{:?}", result.err());
}

/// A page size.
pub(super) fn page_size(size: u32) -> PageSize {
    PageSize::parse(&size.to_string()).expect("a page size")
}

/// Checks that a record has the fields of an entry.
#[track_caller]
pub(super) fn assert_recorded(record: &AuditRecord, entry: &AuditEntry) {
    let expected = AuditRecord {
        id: record.id,
        timestamp: entry.timestamp,
        actor_kind: entry.actor_kind,
        actor_id: entry.actor_id.clone(),
        actor_name: entry.actor_name.clone(),
        action: entry.action.to_string(),
        target: entry.target.clone(),
        details: entry.details.clone(),
        origin: entry.origin.clone(),
    };
    assert_eq!(*record, expected);
}

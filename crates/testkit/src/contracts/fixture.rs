use std::any::Any;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};

use chrono::TimeDelta;
use steward_domain::policy::Denied;
use steward_domain::ports::{
    Accounts, ActivityStatistics, AuditLog, ChangeError, Decision, IdGenerator, LockedUser, LoginAttempts, Segments,
    Sessions, SignIns, Users,
};
use steward_domain::{
    Action, AuditEntry, AuditFilter, AuditRecord, NewSession, Origin, PageRequest, PageSize, SessionId, Timestamp,
    TokenHash, User, UserChange,
};

use crate::{TestIds, an_entry, at, user_id};

/// The ports of a store. They share it: a session that one ends is not found by the other.
pub struct Ports {
    /// The users, as administrators see and change them.
    pub users: Arc<dyn Users>,
    /// Accounts and their password hashes.
    pub accounts: Arc<dyn Accounts>,
    /// The sessions.
    pub sessions: Arc<dyn Sessions>,
    /// The failures of guessers.
    pub login_attempts: Arc<dyn LoginAttempts>,
    /// Attempts to sign in, and what else happened.
    pub sign_ins: Arc<dyn SignIns>,
    /// The audit trail.
    pub audit_log: Arc<dyn AuditLog>,
    /// How much goes on.
    pub activity: Arc<dyn ActivityStatistics>,
    /// Filters of the user list that administrators keep.
    pub segments: Arc<dyn Segments>,
}

/// One fresh, empty store.
pub struct Store {
    ports: Ports,
    ids: TestIds,
    // Last, so that the ports' connections are closed before a database goes.
    _keep: Box<dyn Any + Send + Sync>,
}

impl Deref for Store {
    type Target = Ports;

    fn deref(&self) -> &Ports {
        &self.ports
    }
}

impl Store {
    /// A store of these ports; `keep` is dropped after them: the database's file, say.
    pub fn new(ports: Ports, keep: impl Any + Send + Sync) -> Self {
        Self { ports, ids: TestIds::default(), _keep: Box::new(keep) }
    }

    /// The user, who must be there.
    pub(super) async fn user(&self, id: &str) -> User {
        self.users.find(&user_id(id), at(0)).await.unwrap().expect("a user who is there").user
    }

    /// Changes a user, whoever asks for it, as of this instant.
    pub(super) async fn change(&self, id: &str, change: UserChange, at: Timestamp) -> Result<User, ChangeError> {
        self.users.update(&user_id(id), decided((change, an_entry(Action::UserUpdated, id, at)))).await
    }

    /// Switches a user on or off.
    pub(super) async fn set_active(&self, id: &str, is_active: bool, at: Timestamp) -> User {
        self.change(id, UserChange { is_active: Some(is_active), ..UserChange::default() }, at).await.unwrap()
    }

    /// Deletes a user, whoever asks for it.
    pub(super) async fn delete(&self, id: &str, at: Timestamp) -> Result<(), ChangeError> {
        let entry = an_entry(Action::UserDeleted, id, at);
        self.users.delete(&user_id(id), Box::new(|_| Ok(entry))).await
    }

    /// A session of this user to be opened at this instant, good for an hour.
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
        }
    }

    /// Opens a session of this user at this instant, good for an hour.
    pub(super) async fn open(&self, user: &User, at: Timestamp) -> SessionId {
        let session = self.a_session(user, at);
        let id = session.id;
        self.sessions.open(session).await.unwrap().expect("a user who may sign in");
        id
    }

    /// Whether a session is good at this instant.
    pub(super) async fn is_good(&self, session: SessionId, at: Timestamp) -> bool {
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

/// A decision for a change, without a look at the user.
pub(super) fn decided(change: (UserChange, AuditEntry)) -> Decision<Option<(UserChange, AuditEntry)>> {
    Box::new(|_| Ok(Some(change)))
}

/// A decision against, for a reason that no adapter could come up with.
pub(super) fn refused<T>() -> Decision<T> {
    Box::new(|_| Err(Denied::OwnRole.into()))
}

/// A decision against, and what it was shown.
pub(super) fn refused_at_sight<T>() -> (Decision<T>, Receiver<LockedUser>) {
    let (sender, seen) = mpsc::channel();
    let decide = move |locked: &LockedUser| {
        sender.send(locked.clone()).expect("somebody who waits for it");
        Err(Denied::OwnRole.into())
    };
    (Box::new(decide), seen)
}

/// Fails unless the decision was no.
#[track_caller]
pub(super) fn assert_refused<T>(result: Result<T, ChangeError>) {
    assert!(matches!(result, Err(ChangeError::Denied(Denied::OwnRole))), "{:?}", result.err());
}

/// A number of items on a page.
pub(super) fn page_size(size: u32) -> PageSize {
    PageSize::parse(&size.to_string()).expect("a page size")
}

/// Whether a record is what an entry became.
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

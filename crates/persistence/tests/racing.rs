//! Concurrent changes of users in PostgreSQL. Transactions are held open, so that each test fixes the order of events.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue must fail at once")]

use std::sync::{Arc, mpsc};
use std::time::Duration;

use diesel::connection::SimpleConnection;
use diesel::{Connection, PgConnection};
use steward_domain::ports::{Accounts, ChangeError, LinkUseError, Links, Sessions, Users};
use steward_domain::{
    Action, ActorSession, AuditEntry, DisplayName, Email, LinkAction, LinkError, LinkId, LinkPurpose, MailContent,
    NewLink, NewMessage, NewSession, OpenOutcome, Origin, PasswordHash, Record, Role, SessionId, SessionSelector,
    TokenHash, User, UserChange, UserKey,
};
use steward_persistence::{Database, DatabaseSettings, SqlAccounts, SqlLinks, SqlSessions, SqlUsers};
use steward_testkit::servers::TestDatabase;
use steward_testkit::{a_hash, a_user, an_entry, at, user_id};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

fn session_id() -> SessionId {
    SessionId::from_bytes([7; 16])
}

fn another_session_id() -> SessionId {
    SessionId::from_bytes([8; 16])
}

async fn open(sessions: &SqlSessions, id: SessionId, user: UserKey) -> OpenOutcome {
    let session = NewSession {
        id,
        user,
        created_at: at(0),
        expires_at: at(100),
        ends_at: at(100),
        refresh: TokenHash::of(id.as_bytes()),
        origin: Origin::default(),
        messages: Vec::new(),
    };
    sessions.open(session, &a_hash("boss")).await.unwrap()
}

/// An administrator with a session, and a user to change.
struct Fixture {
    copy: TestDatabase,
    users: Arc<SqlUsers>,
    accounts: Arc<SqlAccounts>,
    sessions: Arc<SqlSessions>,
    links: Arc<SqlLinks>,
    boss: UserKey,
}

impl Fixture {
    async fn new() -> Self {
        let copy = TestDatabase::empty();
        // Long enough to query the waiting sessions on any machine.
        let statement_timeout = Duration::from_mins(2);
        let settings = DatabaseSettings { statement_timeout, ..DatabaseSettings::new(copy.url().parse().unwrap()) };
        let database = Database::connect(&settings).unwrap();
        database.migrate().await.unwrap();
        let accounts = Arc::new(SqlAccounts::new(database.clone()));
        let sessions = Arc::new(SqlSessions::new(database.clone()));
        let boss = a_user("boss").admin().create(&*accounts).await;
        a_user("alice").create(&*accounts).await;
        let opened = open(&sessions, session_id(), boss.id).await;
        assert!(matches!(opened, OpenOutcome::Opened(_)), "{opened:?}");
        let (links, users) = (Arc::new(SqlLinks::new(database.clone())), Arc::new(SqlUsers::new(database)));
        Self { copy, users, accounts, sessions, links, boss: boss.id }
    }

    /// The administrator signs in again, with the password of the beginning.
    fn sign_in(&self) -> JoinHandle<OpenOutcome> {
        let (sessions, boss) = (Arc::clone(&self.sessions), self.boss);
        tokio::spawn(async move { open(&sessions, another_session_id(), boss).await })
    }

    /// Mails the administrator a link that sets a new password.
    async fn mail_link(&self) {
        let decide = |user: &User, _| {
            let link = NewLink {
                id: LinkId::new([7; 16]),
                purpose: LinkPurpose::ResetPassword,
                user: Some(user.id),
                address: user.email.clone(),
                token_hash: TokenHash::of(b"a link"),
                expires_at: at(100),
            };
            let message = NewMessage::to(user, MailContent::VerifyEmail).with_link(link);
            Some(Record::from(an_entry(Action::EmailVerificationRequested, "boss", at(1))).with_message(message))
        };
        let (boss, purpose) = (user_id("boss"), LinkPurpose::ResetPassword);
        assert!(self.links.request(&boss, purpose, at(0), Box::new(decide)).await.unwrap());
    }

    /// Uses the link.
    fn use_link(&self) -> JoinHandle<Result<User, LinkUseError>> {
        let links = Arc::clone(&self.links);
        let decide = |user: &User, _: &Email| {
            AuditEntry::by_owner(user, Action::PasswordResetByLink, at(2), Origin::default()).into()
        };
        let action = LinkAction::ResetPassword(PasswordHash::new("by link"));
        tokio::spawn(async move { links.consume(&TokenHash::of(b"a link"), action, at(2), Box::new(decide)).await })
    }

    /// Whether the session of the second sign-in is active.
    async fn is_signed_in(&self) -> bool {
        self.sessions.find_active(another_session_id(), at(1)).await.unwrap().is_some()
    }

    /// The administrator changes the name of the user.
    fn change(&self) -> JoinHandle<Result<User, ChangeError>> {
        let users = Arc::clone(&self.users);
        let acting = Some(ActorSession { session: session_id(), role: Role::Admin });
        let entry = AuditEntry { acting, ..an_entry(Action::UserUpdated, "alice", at(2)) };
        let change = UserChange { name: Some(DisplayName::parse("Changed").unwrap()), ..UserChange::default() };
        tokio::spawn(
            async move { users.update(&user_id("alice"), Box::new(|_| Ok(Some((change, entry.into()))))).await },
        )
    }

    /// The number of sessions that wait for a lock.
    fn waiting(&self) -> usize {
        let waiting =
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        self.copy.run(waiting).unwrap().parse().unwrap()
    }

    /// Waits until `count` sessions wait for a lock, or the task has ended without waiting.
    async fn until_waiting<T>(&self, count: usize, task: &JoinHandle<T>) {
        let waiting = async {
            while self.waiting() < count && !task.is_finished() {
                tokio::task::yield_now().await;
            }
        };
        let in_time = tokio::time::timeout(Duration::from_mins(1), waiting).await;
        assert!(in_time.is_ok(), "no {count} sessions wait for a lock within a minute");
    }
}

/// How an administrator loses the right to act.
#[derive(Debug, Clone, Copy)]
enum Loss {
    Role,
    Active,
    Account,
    Password,
    Sessions,
}

impl Loss {
    /// Begins to remove the right. The transaction has its first lock, and continues once the sender is used.
    async fn begin(self, fixture: &Arc<Fixture>) -> (JoinHandle<Result<(), ChangeError>>, mpsc::Sender<()>) {
        let (begun, has_begun) = oneshot::channel();
        let (release, released) = mpsc::channel::<()>();
        let go = move || {
            begun.send(()).unwrap();
            released.recv().unwrap();
        };
        let fixture = Arc::clone(fixture);
        let losing = tokio::spawn(async move { self.apply(&fixture, go).await });
        has_begun.await.unwrap();
        (losing, release)
    }

    /// Removes the right, after `go` returns in the middle of the transaction.
    async fn apply(self, fixture: &Fixture, go: impl FnOnce() + Send + 'static) -> Result<(), ChangeError> {
        let boss = user_id("boss");
        let entry = an_entry(Action::UserUpdated, "boss", at(1));
        let role = matches!(self, Self::Role).then_some(Role::User);
        let is_active = matches!(self, Self::Active).then_some(false);
        let change = UserChange { role, is_active, ..UserChange::default() };
        match self {
            Self::Role | Self::Active => {
                let decide = Box::new(move |_: &_| {
                    go();
                    Ok(Some((change, entry.into())))
                });
                fixture.users.update(&boss, decide).await.map(drop)
            }
            _ => {
                let decide = Box::new(move |_: &_| {
                    go();
                    Ok(entry.into())
                });
                match self {
                    Self::Password => {
                        fixture.accounts.reset_password(&boss, PasswordHash::new("x"), decide).await.map(drop)
                    }
                    Self::Sessions => fixture.sessions.revoke(&boss, SessionSelector::All, decide).await.map(drop),
                    _ => fixture.users.delete(&boss, decide).await,
                }
            }
        }
    }
}

const LOSSES: [Loss; 5] = [Loss::Role, Loss::Active, Loss::Account, Loss::Password, Loss::Sessions];

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_refused_if_its_actor_loses_the_right_first() {
    for loss in LOSSES {
        let fixture = Arc::new(Fixture::new().await);
        let (losing, release) = loss.begin(&fixture).await;
        let change = fixture.change();
        fixture.until_waiting(1, &change).await;
        assert!(!change.is_finished(), "{loss:?}: the change did not wait");
        release.send(()).unwrap();
        losing.await.unwrap().unwrap();
        let refused = change.await.unwrap();
        assert!(matches!(refused, Err(ChangeError::ActorGone)), "{loss:?}: {refused:?}");
        assert_eq!(fixture.copy.run("SELECT name FROM users WHERE user_id = 'alice'").unwrap(), "alice");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_that_began_first_is_applied_before_its_actor_loses_the_right() {
    for loss in LOSSES {
        let fixture = Arc::new(Fixture::new().await);
        // Blocks the change before its audit entry, which is its last statement.
        let mut holder = PgConnection::establish(fixture.copy.url()).unwrap();
        holder.batch_execute("BEGIN; LOCK TABLE audit_logs IN EXCLUSIVE MODE").unwrap();
        let change = fixture.change();
        fixture.until_waiting(1, &change).await;
        let losing = {
            let fixture = Arc::clone(&fixture);
            tokio::spawn(async move { loss.apply(&fixture, || ()).await })
        };
        fixture.until_waiting(2, &losing).await;
        let queue = "SELECT count(*) FROM pg_locks WHERE locktype = 'relation' AND NOT granted
            AND relation = 'audit_logs'::regclass";
        assert_eq!(fixture.copy.run(queue).unwrap(), "1", "{loss:?}: only the change waits to insert its entry");
        holder.batch_execute("COMMIT").unwrap();
        change.await.unwrap().unwrap();
        losing.await.unwrap().unwrap();
        let targets = "SELECT string_agg(target, ' ' ORDER BY id) FROM audit_logs WHERE timestamp > '1970-01-02'";
        assert!(fixture.copy.run(targets).unwrap().ends_with("alice boss"), "{loss:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_refused_if_its_actor_signs_out_first() {
    let fixture = Fixture::new().await;
    let mut holder = PgConnection::establish(fixture.copy.url()).unwrap();
    holder.batch_execute("BEGIN; UPDATE sessions SET ended_at = created_at").unwrap();
    let change = fixture.change();
    fixture.until_waiting(1, &change).await;
    holder.batch_execute("COMMIT").unwrap();
    let refused = change.await.unwrap();
    assert!(matches!(refused, Err(ChangeError::ActorGone)), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sign_in_waits_for_a_change_of_the_user_and_sees_it() {
    for loss in LOSSES {
        let fixture = Arc::new(Fixture::new().await);
        let (losing, release) = loss.begin(&fixture).await;
        let sign_in = fixture.sign_in();
        fixture.until_waiting(1, &sign_in).await;
        assert!(!sign_in.is_finished(), "{loss:?}: the sign-in did not wait");
        release.send(()).unwrap();
        losing.await.unwrap().unwrap();
        let outcome = sign_in.await.unwrap();
        let is_expected = match loss {
            Loss::Password | Loss::Account => outcome == OpenOutcome::Stale,
            Loss::Active => outcome == OpenOutcome::Inactive,
            Loss::Role | Loss::Sessions => matches!(outcome, OpenOutcome::Opened(_)),
        };
        assert!(is_expected, "{loss:?}: {outcome:?}");
        assert_eq!(fixture.is_signed_in().await, matches!(outcome, OpenOutcome::Opened(_)), "{loss:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_user_waits_for_a_sign_in_and_ends_its_session() {
    for loss in LOSSES {
        let fixture = Arc::new(Fixture::new().await);
        // Blocks the sign-in before its event, which is its last statement.
        let mut holder = PgConnection::establish(fixture.copy.url()).unwrap();
        holder.batch_execute("BEGIN; LOCK TABLE sign_in_events IN EXCLUSIVE MODE").unwrap();
        let sign_in = fixture.sign_in();
        fixture.until_waiting(1, &sign_in).await;
        let losing = {
            let fixture = Arc::clone(&fixture);
            tokio::spawn(async move { loss.apply(&fixture, || ()).await })
        };
        fixture.until_waiting(2, &losing).await;
        holder.batch_execute("COMMIT").unwrap();
        let outcome = sign_in.await.unwrap();
        assert!(matches!(outcome, OpenOutcome::Opened(_)), "{loss:?}: {outcome:?}");
        losing.await.unwrap().unwrap();
        assert_eq!(fixture.is_signed_in().await, matches!(loss, Loss::Role), "{loss:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_use_of_a_link_waits_for_a_change_of_the_user_and_sees_it() {
    for loss in LOSSES {
        let fixture = Arc::new(Fixture::new().await);
        fixture.mail_link().await;
        let (losing, release) = loss.begin(&fixture).await;
        let using = fixture.use_link();
        fixture.until_waiting(1, &using).await;
        assert!(!using.is_finished(), "{loss:?}: the use did not wait");
        release.send(()).unwrap();
        losing.await.unwrap().unwrap();
        let outcome = using.await.unwrap();
        let is_expected = match loss {
            Loss::Active | Loss::Password => matches!(outcome, Err(LinkUseError::Link(LinkError::Superseded))),
            Loss::Account => matches!(outcome, Err(LinkUseError::Link(LinkError::Unknown))),
            Loss::Role | Loss::Sessions => outcome.is_ok(),
        };
        assert!(is_expected, "{loss:?}: {outcome:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_the_user_waits_for_the_use_of_a_link() {
    for loss in LOSSES {
        let fixture = Arc::new(Fixture::new().await);
        fixture.mail_link().await;
        // Blocks the use before its audit entry, which is its last statement.
        let mut holder = PgConnection::establish(fixture.copy.url()).unwrap();
        holder.batch_execute("BEGIN; LOCK TABLE audit_logs IN EXCLUSIVE MODE").unwrap();
        let using = fixture.use_link();
        fixture.until_waiting(1, &using).await;
        let losing = {
            let fixture = Arc::clone(&fixture);
            tokio::spawn(async move { loss.apply(&fixture, || ()).await })
        };
        fixture.until_waiting(2, &losing).await;
        holder.batch_execute("COMMIT").unwrap();
        let outcome = using.await.unwrap();
        assert!(outcome.is_ok(), "{loss:?}: {outcome:?}");
        losing.await.unwrap().unwrap();
        let session = fixture.sessions.find_active(session_id(), at(3)).await.unwrap();
        assert!(session.is_none(), "{loss:?}: the use ends every session");
    }
}

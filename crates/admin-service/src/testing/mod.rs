//! Test support: the service on a new SQLite database, with an adjustable clock.

pub(crate) mod http;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use diesel::sql_types::Text;
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use steward_contracts::services::{
    CreateUserError, CreatedUser, Credentials, CredentialsError, FirstPassword, InviteError, PasswordLink,
    PasswordReset, RequestedUser,
};
use steward_domain::ports::{Deletions, Sessions};
use steward_domain::{
    Action, Actor, AuditFilter, AuditRecord, DeliveryOutcome, Email, Invitation, LinkId, LinkPurpose, Locale,
    MailContent, MailPolicy, NewInvitation, NewMessage, NewSession, Origin, PageRequest, PageSize, Password, Recipient,
    Record, Role, SessionId, Timestamp, TokenHash, UnboundLink, User, UserChange, UserId, UserKey,
};
use steward_persistence::{
    Database, DatabaseSettings, SqlAccounts, SqlActivityStatistics, SqlAuditLog, SqlDeletions, SqlInvitations,
    SqlLoginAttempts, SqlOutbox, SqlProfiles, SqlSegments, SqlSessions, SqlUsers,
};
use steward_testkit::{TestClock, UserBuilder, a_hash, a_user, an_entry, at, user_id};
use tempfile::TempDir;

use crate::AdminService;
use crate::users::ActorContext;

pub(crate) struct TestApp {
    pub(crate) service: Rc<AdminService>,
    pub(crate) accounts: SqlAccounts,
    pub(crate) sessions: Arc<SqlSessions>,
    pub(crate) login_attempts: SqlLoginAttempts,
    deletions: SqlDeletions,
    pub(crate) clock: Arc<TestClock>,
    pub(crate) credentials: Rc<RecordedCredentials>,
    folder: TempDir,
}

impl TestApp {
    /// Starts a service without users.
    pub(crate) async fn empty() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", folder.path().join("test.db").display());
        let database = Database::connect(&DatabaseSettings::new(url.parse().unwrap())).unwrap();
        database.migrate().await.unwrap();
        let clock = Arc::new(TestClock::default());
        let credentials = Rc::new(RecordedCredentials::default());
        let service = AdminService {
            users: Arc::new(SqlUsers::new(database.clone())),
            audit_log: Arc::new(SqlAuditLog::new(database.clone())),
            activity: Arc::new(SqlActivityStatistics::new(database.clone())),
            profiles: Arc::new(SqlProfiles::new(database.clone())),
            segments: Arc::new(SqlSegments::new(database.clone())),
            outbox: Arc::new(SqlOutbox::new(database.clone())),
            invitations: Arc::new(SqlInvitations::new(database.clone())),
            clock: clock.clone(),
            credentials: credentials.clone(),
            mails: MailPolicy::All,
        };
        Self {
            service: Rc::new(service),
            accounts: SqlAccounts::new(database.clone()),
            sessions: Arc::new(SqlSessions::new(database.clone())),
            deletions: SqlDeletions::new(database.clone()),
            login_attempts: SqlLoginAttempts::new(database),
            clock,
            credentials,
            folder,
        }
    }

    /// Starts a service with the super_admins `root` and `queen`, the admins `boss` and `chief`, the user `alice`, and
    /// the inactive user `eve`.
    pub(crate) async fn new() -> Self {
        let app = Self::empty().await;
        for user in [
            a_user("root").super_admin(),
            a_user("queen").super_admin(),
            a_user("boss").admin(),
            a_user("chief").admin(),
            a_user("alice"),
            a_user("eve").inactive(),
        ] {
            app.create(user).await;
        }
        app.clock.set(at(60));
        app
    }

    pub(crate) async fn create(&self, user: UserBuilder) -> User {
        user.create(&self.accounts).await
    }

    /// Returns the current user.
    pub(crate) async fn user(&self, id: &str) -> User {
        self.service.users.find(&user_id(id), at(0)).await.unwrap().unwrap().user
    }

    /// Returns the context of this user, with a new session.
    pub(crate) async fn context(&self, id: &str) -> ActorContext {
        let user = self.user(id).await;
        let session = session_of(&*self.sessions, &user).await;
        let actor = Actor { id: user.id, user_id: user.user_id, name: user.name, role: user.role, session };
        ActorContext { actor, origin: Origin::new(Some([192, 0, 2, 7].into()), Some("curl/8")) }
    }

    /// Deletes the account of a user, as the user does. It will be erased at this time.
    pub(crate) async fn delete_own_account(&self, id: &str, purge_at: Timestamp) {
        let entry = an_entry(Action::UserCreated, id, at(60));
        let decide = Box::new(|_: &_| Ok(entry.into()));
        self.deletions.schedule(&user_id(id), &a_hash(id), purge_at, decide).await.unwrap();
    }

    /// Stores an invitation of `root`, without a mail.
    pub(crate) async fn invitation(&self, address: &str, role: Role) -> Invitation {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let address = Email::parse(address).unwrap();
        let entry = an_entry(Action::UserCreated, "root", at(60));
        let new = NewInvitation {
            address,
            role,
            locale: None,
            inviter_id: "root".to_owned(),
            inviter_name: "root".to_owned(),
            link: LinkId::new(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_be_bytes()),
            expires_at: at(60) + LinkPurpose::AcceptInvitation.validity(),
        };
        self.service.invitations.create(new, entry.into()).await.unwrap()
    }

    /// Opens a session of this user.
    pub(crate) async fn open_session(&self, id: &str) -> SessionId {
        session_of(&*self.sessions, &self.user(id).await).await
    }

    /// Queues a mail to `NAME@example.com`, in a change of `alice`.
    pub(crate) async fn queue_mail(&self, name: &str) {
        let address = Email::parse(&format!("{name}@example.com")).unwrap();
        let recipient = Recipient { user: None, address, name: None, locale: None };
        let message = NewMessage { recipient, content: MailContent::Welcome, link: None };
        let record = Record::from(an_entry(Action::UserCreated, "alice", at(60))).with_message(message);
        let change = UserChange { is_active: Some(true), ..UserChange::default() };
        self.service.users.update(&user_id("alice"), Box::new(|_| Ok(Some((change, record))))).await.unwrap();
    }

    /// Queues a mail to `NAME@example.com` which fails at its first attempt. Returns its id.
    pub(crate) async fn fail_mail(&self, name: &str) -> i64 {
        self.queue_mail(name).await;
        let outbox = &self.service.outbox;
        let mail = outbox.claim(at(60), chrono::TimeDelta::minutes(5), 1).await.unwrap().remove(0);
        let failed = DeliveryOutcome::Failed { error: "550 no mailbox".to_owned() };
        outbox.finish(mail.id, mail.attempts, failed, at(60)).await.unwrap();
        mail.id
    }

    /// Returns the audit trail without `USER_CREATED`, newest first.
    pub(crate) async fn audit_trail(&self) -> Vec<AuditRecord> {
        let page = PageRequest { size: PageSize::parse("100").unwrap(), ..PageRequest::default() };
        let mut entries = self.service.audit_log.list(&AuditFilter::default(), &page).await.unwrap().items;
        entries.retain(|entry| entry.action != "USER_CREATED");
        entries
    }

    /// Sets the mails that the service sends.
    pub(crate) fn set_mails(&mut self, mails: MailPolicy) {
        Rc::get_mut(&mut self.service).unwrap().mails = mails;
    }

    /// Returns the kinds and addresses of the mails in the outbox, oldest first.
    pub(crate) fn mailed(&self) -> Vec<(String, String)> {
        self.kinds_and_addresses("SELECT kind, address FROM outbox ORDER BY id")
    }

    /// Returns the purposes and addresses of the open links of a user, oldest first.
    pub(crate) async fn open_links(&self, id: &str) -> Vec<(String, String)> {
        let user = self.user(id).await.id;
        self.kinds_and_addresses(&format!(
            "SELECT purpose AS kind, address FROM account_links
            WHERE user_id = {user} AND used_at IS NULL AND superseded_at IS NULL ORDER BY id"
        ))
    }

    fn kinds_and_addresses(&self, query: &str) -> Vec<(String, String)> {
        let path = self.folder.path().join("test.db");
        let mut connection = SqliteConnection::establish(path.to_str().unwrap()).unwrap();
        let rows: Vec<KindAndAddress> = diesel::sql_query(query).load(&mut connection).unwrap();
        rows.into_iter().map(|row| (row.kind, row.address)).collect()
    }

    /// Returns the only entry of the audit trail besides `USER_CREATED`.
    pub(crate) async fn only_entry(&self) -> AuditRecord {
        let mut audit_entries = self.audit_trail().await;
        assert_eq!(audit_entries.len(), 1, "{audit_entries:?}");
        audit_entries.remove(0)
    }
}

#[derive(QueryableByName)]
struct KindAndAddress {
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Text)]
    address: String,
}

/// Opens a session. For an inactive user it returns the id of a session that does not exist.
async fn session_of(sessions: &dyn Sessions, user: &User) -> SessionId {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let id = SessionId::from_bytes(u128::from(NEXT.fetch_add(1, Ordering::Relaxed)).to_be_bytes());
    let (created_at, expires_at) = (at(60), at(3660));
    let (ends_at, refresh) = (expires_at, TokenHash::of(id.as_bytes()));
    let (origin, messages) = (Origin::default(), Vec::new());
    let session = NewSession { id, user: user.id, created_at, expires_at, ends_at, refresh, origin, messages };
    sessions.open(session, &a_hash(user.user_id.as_str())).await.unwrap();
    id
}

/// A fake of the auth service that records calls and succeeds.
#[derive(Default)]
pub(crate) struct RecordedCredentials {
    pub(crate) resets: RefCell<Vec<ResetCall>>,
    /// Caller, address and role, or caller and number, and the address of the client.
    pub(crate) invitations: RefCell<Vec<String>>,
    /// Caller and request of each new account.
    pub(crate) creations: RefCell<Vec<(String, RequestedUser)>>,
    /// The error that the next creations cause.
    pub(crate) refusal: RefCell<Option<CreateUserError>>,
    /// The error that the next invitations cause.
    pub(crate) rejection: RefCell<Option<InviteError>>,
    /// The callers and targets of requested links to set a password.
    pub(crate) password_links: RefCell<Vec<(String, UserId)>>,
    /// The error that the next links to set a password cause.
    pub(crate) link_rejection: RefCell<Option<CredentialsError>>,
    /// Number of generated links.
    pub(crate) links: Cell<u64>,
    /// Whether no link can be generated.
    pub(crate) is_away: Cell<bool>,
}

impl RecordedCredentials {
    fn record_invitation(&self, call: &str, origin: &Origin) -> Result<(), InviteError> {
        if let Some(error) = &*self.rejection.borrow() {
            return Err(error.clone());
        }
        self.invitations.borrow_mut().push(format!("{call} {}", origin.ip_address.as_deref().unwrap_or_default()));
        Ok(())
    }
}

/// Returns a pending invitation that was created at the time of the clock.
fn an_invitation(address: Email, role: Role, inviter: &str) -> Invitation {
    Invitation {
        id: 1,
        address,
        role,
        locale: None,
        inviter_id: inviter.to_owned(),
        inviter_name: inviter.to_owned(),
        created_at: at(60),
        expires_at: at(60) + LinkPurpose::AcceptInvitation.validity(),
        accepted_at: None,
        revoked_at: None,
        accepted_user: None,
    }
}

/// A recorded call.
#[derive(Debug, PartialEq)]
pub(crate) struct ResetCall {
    pub(crate) caller: String,
    pub(crate) target: UserId,
    pub(crate) password: Option<String>,
    pub(crate) origin: Origin,
}

#[async_trait(?Send)]
impl Credentials for RecordedCredentials {
    async fn reset_password(
        &self,
        caller: &str,
        target: &UserId,
        password: Option<Password>,
        origin: &Origin,
    ) -> Result<PasswordReset, CredentialsError> {
        self.resets.borrow_mut().push(ResetCall {
            caller: caller.to_owned(),
            target: target.clone(),
            password: password.as_ref().map(|password| password.expose().to_owned()),
            origin: origin.clone(),
        });
        let temporary_password = password.unwrap_or_else(|| Password::parse("generated once").unwrap());
        Ok(PasswordReset { user_id: target.clone(), temporary_password })
    }

    async fn send_password_link(
        &self,
        caller: &str,
        target: &UserId,
        _: &Origin,
    ) -> Result<PasswordLink, CredentialsError> {
        if let Some(error) = self.link_rejection.take() {
            return Err(error);
        }
        self.password_links.borrow_mut().push((caller.to_owned(), target.clone()));
        let recipient = Email::parse("alice@example.com").unwrap();
        Ok(PasswordLink { user_id: target.clone(), recipient })
    }

    async fn generate_link(&self) -> Result<UnboundLink, CredentialsError> {
        if self.is_away.get() {
            return Err(CredentialsError::Unavailable("no route".to_owned()));
        }
        self.links.set(self.links.get() + 1);
        // Other links of the tests have smaller ids.
        let id = LinkId::new((u128::MAX - u128::from(self.links.get())).to_be_bytes());
        Ok(UnboundLink { id, token_hash: TokenHash::of(id.as_bytes()) })
    }

    async fn invite(
        &self,
        caller: &str,
        address: &Email,
        role: Role,
        locale: Option<Locale>,
        origin: &Origin,
    ) -> Result<Invitation, InviteError> {
        let language = locale.as_ref().map_or("-".to_owned(), Locale::to_string);
        self.record_invitation(&format!("{caller} {address} {role} {language}"), origin)?;
        Ok(Invitation { id: 7, locale, ..an_invitation(address.clone(), role, caller) })
    }

    async fn resend_invitation(&self, caller: &str, id: i64, origin: &Origin) -> Result<Invitation, InviteError> {
        self.record_invitation(&format!("{caller} {id}"), origin)?;
        let address = Email::parse("kim@example.com").unwrap();
        Ok(Invitation { id, ..an_invitation(address, Role::User, caller) })
    }

    async fn create_user(
        &self,
        caller: &str,
        request: RequestedUser,
        _: &Origin,
    ) -> Result<CreatedUser, CreateUserError> {
        if let Some(error) = &*self.refusal.borrow() {
            return Err(error.clone());
        }
        self.creations.borrow_mut().push((caller.to_owned(), request.clone()));
        let RequestedUser { user_id, email, name, role, is_active, first_password } = request;
        let temporary_password =
            matches!(first_password, FirstPassword::Generated).then(|| Password::parse("generated once").unwrap());
        let user = User {
            id: UserKey::new(7).unwrap(),
            user_id,
            email,
            name,
            role,
            is_active,
            must_change_password: true,
            created_at: at(60),
            updated_at: at(60),
            last_login: None,
            email_verified_at: None,
            locale: None,
            purge_at: None,
            is_restorable: true,
        };
        Ok(CreatedUser { user, temporary_password })
    }
}

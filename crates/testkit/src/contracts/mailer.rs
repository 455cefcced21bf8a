//! The requirements of `Mailer`, checked with an independent parser of mails.

use std::fmt;
use std::sync::Arc;

use chrono::TimeDelta;
use mail_parser::{Message, MessageParser, MimeHeaders};
use secrecy::SecretString;
use steward_domain::ports::{MailLink, Mailer, OutgoingMail, SendError};
use steward_domain::{DisplayName, Email, Locale, MailContent, MailKind, Origin, Recipient, Role};

use crate::the_beginning;

/// A mailer, and a function that returns the mails it has sent so far, oldest first.
pub struct MailerFixture {
    /// The mailer.
    pub mailer: Arc<dyn Mailer>,
    /// Returns the mails with their headers.
    pub sent: Box<dyn Fn() -> Vec<Vec<u8>> + Send + Sync>,
}

impl fmt::Debug for MailerFixture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("MailerFixture").finish_non_exhaustive()
    }
}

impl MailerFixture {
    /// Sends a mail and returns its parsed form.
    async fn send(&self, mail: &OutgoingMail) -> Message<'static> {
        let before = (self.sent)().len();
        self.mailer.send(mail).await.unwrap();
        let sent = (self.sent)();
        assert_eq!(sent.len(), before + 1);
        parse(&sent[before])
    }
}

fn parse(mail: &[u8]) -> Message<'static> {
    MessageParser::default().parse(mail).expect("a mail").into_owned()
}

const LINK: &str = "https://accounts.example.com/reset-password?token=abc_DEF-123";

/// A mail to Alice about a requested password, with a link.
pub fn a_mail(id: &str) -> OutgoingMail {
    OutgoingMail {
        id: id.to_owned(),
        recipient: Recipient {
            user: None,
            address: Email::parse("alice@example.com").unwrap(),
            name: Some(DisplayName::parse("Alice").unwrap()),
            locale: None,
        },
        content: MailContent::ResetPassword { origin: an_origin() },
        link: Some(MailLink { url: SecretString::from(LINK), expires_at: the_beginning() + TimeDelta::minutes(30) }),
        created_at: the_beginning(),
    }
}

fn an_origin() -> Origin {
    Origin { ip_address: Some("203.0.113.7".to_owned()), user_agent: Some("curl/8.5.0".to_owned()) }
}

fn content(kind: MailKind) -> MailContent {
    let (origin, until) = (an_origin(), the_beginning() + TimeDelta::days(1));
    let administrator = "Root".to_owned();
    match kind {
        MailKind::Welcome => MailContent::Welcome,
        MailKind::VerifyEmail => MailContent::VerifyEmail,
        MailKind::ResetPassword => MailContent::ResetPassword { origin },
        MailKind::PasswordResetByAdministrator => MailContent::PasswordResetByAdministrator { administrator },
        MailKind::AccountCreated => MailContent::AccountCreated { administrator },
        MailKind::TemporaryPasswordSet => MailContent::TemporaryPasswordSet { administrator },
        MailKind::Invitation => MailContent::Invitation { administrator, role: Role::User },
        MailKind::ConfirmEmailChange => MailContent::ConfirmEmailChange,
        MailKind::EmailChanged => MailContent::EmailChanged { new_address: Email::parse("new@example.com").unwrap() },
        MailKind::PasswordChanged => MailContent::PasswordChanged { origin },
        MailKind::NewDevice => MailContent::NewDevice { origin },
        MailKind::RoleChanged => MailContent::RoleChanged { from: Role::User, to: Role::Admin },
        MailKind::Deactivated => MailContent::Deactivated,
        MailKind::Reactivated => MailContent::Reactivated,
        MailKind::LockedOut => MailContent::LockedOut { origin, until },
        MailKind::DeletionScheduled => MailContent::DeletionScheduled { purge_at: until },
        MailKind::AccountDeleted => MailContent::AccountDeleted,
        MailKind::DataExported => MailContent::DataExported { origin },
        MailKind::Test => MailContent::Test,
    }
}

/// The text and the HTML of a mail that consists of these two alternatives.
fn parts(mail: &Message<'_>) -> (String, String) {
    let kind = mail.content_type().expect("a content type");
    assert_eq!((kind.ctype(), kind.subtype()), ("multipart", Some("alternative")));
    let kinds: Vec<_> =
        mail.parts[1..].iter().map(|part| part.content_type().and_then(|kind| kind.subtype())).collect();
    assert_eq!(kinds, [Some("plain"), Some("html")], "the last alternative is the preferred one (RFC 2046, 5.1.4)");
    (mail.body_text(0).unwrap().into_owned(), mail.body_html(0).unwrap().into_owned())
}

fn header_names(mail: &Message<'_>) -> Vec<String> {
    let mut names: Vec<_> = mail.headers().iter().map(|header| header.name.as_str().to_ascii_lowercase()).collect();
    names.sort();
    names
}

/// Every kind is a mail with both parts, a subject and a date.
pub async fn every_kind_of_mail_has_a_text_and_an_html_part(fixture: MailerFixture) {
    for kind in MailKind::ALL {
        let id = kind.as_str().replace('_', "-");
        let mail = fixture.send(&OutgoingMail { content: content(kind), ..a_mail(&id) }).await;
        let (text, html) = parts(&mail);
        assert!(text.contains("Alice") && html.contains("Alice"), "{id}: {text}");
        assert!(!mail.subject().unwrap().is_empty(), "{id}");
        assert_eq!(mail.date().unwrap().to_timestamp(), the_beginning().timestamp());
    }
}

/// Both parts have the link, with the time at which it expires, however old the mail is.
pub async fn a_link_is_in_both_parts(fixture: MailerFixture) {
    let mut mail = a_mail("1");
    let end = the_beginning() + TimeDelta::days(7);
    mail.link = mail.link.map(|link| MailLink { expires_at: end, ..link });
    let (text, html) = parts(&fixture.send(&mail).await);
    let end = end.format("%-d January %Y, %H:%M UTC").to_string();
    assert!(text.contains(LINK) && text.contains(&end), "{text}");
    assert!(html.contains(&format!("href=\"{LINK}\"")), "{html}");
}

/// A recipient can recognize the second copy of a mail.
pub async fn each_attempt_has_the_same_message_id(fixture: MailerFixture) {
    fixture.mailer.send(&a_mail("one")).await.unwrap();
    fixture.mailer.send(&a_mail("one")).await.unwrap();
    fixture.mailer.send(&a_mail("another")).await.unwrap();
    let mails: Vec<_> = (fixture.sent)().iter().map(|mail| parse(mail)).collect();
    let mut ids: Vec<_> = mails.iter().map(|mail| mail.message_id().unwrap().to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert!(ids.len() == 2 && ids[0].starts_with("another@") && ids[1].starts_with("one@"), "{ids:?}");
}

/// The recipient's name and address are in the header `To`, whatever their script.
pub async fn a_mail_names_its_recipient(fixture: MailerFixture) {
    for (id, name, address, shown) in [
        ("1", "홍길동", "hong@example.com", "hong@example.com"),
        ("2", "Doe, \"John\" \\ (Acme)", "john.doe+x@example.com", "john.doe+x@example.com"),
        ("3", "🦀 Müller", "m@münchen.example", "m@xn--mnchen-3ya.example"),
    ] {
        let mut mail = a_mail(id);
        mail.recipient.name = Some(DisplayName::parse(name).unwrap());
        mail.recipient.address = Email::parse(address).unwrap();
        let mail = fixture.send(&mail).await;
        let to = mail.to().unwrap().first().unwrap();
        assert_eq!((to.name(), to.address()), (Some(name), Some(shown)));
    }
}

/// Markup in values is text.
pub async fn values_from_users_are_escaped(fixture: MailerFixture) {
    let mut mail = a_mail("1");
    let markup = "<script>alert('x')</script> & \"<b>\"";
    mail.recipient.name = Some(DisplayName::from_stored("<img src=x onerror=y>".to_owned()));
    mail.content = MailContent::PasswordResetByAdministrator { administrator: markup.to_owned() };
    let (text, html) = parts(&fixture.send(&mail).await);
    assert!(text.contains(markup), "{text}");
    assert!(!html.contains("<script") && !html.contains("<img") && !html.contains("<b>"), "{html}");
}

/// A line break in a value begins no header and no line.
pub async fn values_from_users_add_no_header(fixture: MailerFixture) {
    let expected = header_names(&fixture.send(&a_mail("0")).await);
    let mut mail = a_mail("1");
    for (at, value) in ["x\r\nBcc: e@evil.example\r\n\r\nhi", "x\nBcc: e@evil.example", "x\0\u{85}Bcc: x\u{2028}Bcc: y"]
        .into_iter()
        .enumerate()
    {
        mail.id = format!("a{at}");
        mail.recipient.name = Some(DisplayName::from_stored(value.to_owned()));
        mail.content = MailContent::PasswordResetByAdministrator { administrator: value.to_owned() };
        let sent = fixture.send(&mail).await;
        assert_eq!(header_names(&sent), expected);
        let (text, _) = parts(&sent);
        assert!(text.lines().all(|line| !line.starts_with("Bcc") && line != "hi"), "{text}");
    }
}

/// A mail has the language of the recipient; English if there are no texts in it.
pub async fn a_mail_is_in_the_recipients_language(fixture: MailerFixture) {
    for (id, tag, word) in [("1", "ko-KR", "비밀번호"), ("2", "en", "password"), ("3", "fr", "password")] {
        let mut mail = a_mail(id);
        mail.recipient.locale = Some(Locale::parse(tag).unwrap());
        let mail = fixture.send(&mail).await;
        let (text, html) = parts(&mail);
        for text in [mail.subject().unwrap(), &text, &html] {
            assert!(text.contains(word), "{tag}: {text}");
        }
    }
}

/// Storage may hold an address of an earlier version. No attempt can send the mail.
pub async fn an_invalid_address_is_a_permanent_error(fixture: MailerFixture) {
    for address in ["", "alice", "a@b.example\r\nRCPT TO:<c@d.example>", "a@b.example>,<c@d.example"] {
        let mut mail = a_mail("1");
        mail.recipient.address = Email::from_stored(address.to_owned());
        let result = fixture.mailer.send(&mail).await;
        assert!(matches!(result, Err(SendError::Permanent(_))), "{address}: {result:?}");
    }
    assert!((fixture.sent)().is_empty());
}

/// Mails at the same time do not affect each other.
pub async fn concurrent_mails_are_all_sent(fixture: MailerFixture) {
    let tasks: Vec<_> = (0..20)
        .map(|number| {
            let mailer = Arc::clone(&fixture.mailer);
            tokio::spawn(async move { mailer.send(&a_mail(&format!("n{number}"))).await })
        })
        .collect();
    for task in tasks {
        task.await.unwrap().unwrap();
    }
    let mut ids: Vec<_> = (fixture.sent)().iter().map(|mail| parse(mail).message_id().unwrap().to_owned()).collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 20);
}

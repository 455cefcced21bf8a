use mail_parser::{HeaderValue as Parsed, Message as ParsedMail, MessageParser};
use proptest::prelude::*;
use secrecy::SecretString;
use steward_domain::ports::MailLink;
use steward_domain::{DisplayName, MailContent, MailKind, Origin, Role};

use super::*;
use crate::language::Language;
use crate::preview::{sample, samples};

fn composer() -> Composer {
    Composer {
        sender: "계정 <no-reply@acme.example>".parse().unwrap(),
        unsubscribe: Email::parse("stop+mail@acme.example").unwrap(),
    }
}

fn compose(mail: &OutgoingMail) -> (String, ParsedMail<'static>) {
    let content = composer().compose(mail).unwrap().content;
    let parsed = MessageParser::default().parse(content.as_bytes()).unwrap().into_owned();
    (content, parsed)
}

fn names(mail: &ParsedMail<'_>) -> Vec<String> {
    mail.headers().iter().map(|header| header.name.as_str().to_owned()).collect()
}

fn text(mail: &ParsedMail<'_>, name: &'static str) -> Option<String> {
    match mail.header(name) {
        Some(Parsed::Text(text)) => Some(text.to_string()),
        Some(Parsed::Address(address)) => address.first().and_then(|it| it.address()).map(str::to_owned),
        _ => None,
    }
}

#[test]
fn a_mail_has_the_headers_of_an_automatic_mail() {
    for language in Language::ALL {
        for mail in samples(language) {
            let (_, parsed) = compose(&mail);
            assert_eq!(parsed.message_id(), Some(format!("{}@acme.example", mail.id).as_str()));
            assert_eq!(text(&parsed, "Auto-Submitted").as_deref(), Some("auto-generated"));
            assert_eq!(parsed.date().unwrap().to_timestamp(), mail.created_at.timestamp());
            let from = parsed.from().unwrap().first().unwrap();
            assert_eq!((from.name(), from.address()), (Some("계정"), Some("no-reply@acme.example")));
            let to = parsed.to().unwrap().first().unwrap();
            assert_eq!(to.name(), mail.recipient.name.as_ref().map(DisplayName::as_str));
        }
    }
}

#[test]
fn a_mailbox_may_be_quoted() {
    let mut mail = sample(MailKind::ResetPassword, Language::English);
    mail.recipient.address = Email::parse("\"john doe\"@acme.example").unwrap();
    let composed = composer().compose(&mail).unwrap();
    assert_eq!(composed.envelope.to()[0].to_string(), "\"john doe\"@acme.example");
    let parsed = MessageParser::default().parse(composed.content.as_bytes()).unwrap();
    assert_eq!(parsed.to().unwrap().first().unwrap().address(), Some("\"john doe\"@acme.example"));
}

#[test]
fn mails_about_security_cannot_be_unsubscribed_from() {
    for mail in samples(Language::English) {
        let (_, parsed) = compose(&mail);
        let expected = "mailto:stop%2Bmail@acme.example?subject=unsubscribe".to_owned();
        let expected = (!mail.content.kind().is_about_security()).then_some(expected);
        assert_eq!(text(&parsed, "List-Unsubscribe"), expected, "{}", mail.id);
    }
}

#[test]
fn each_attempt_composes_the_same_bytes_with_short_lines() {
    for language in Language::ALL {
        for mail in samples(language) {
            let (message, _) = compose(&mail);
            assert_eq!(message, compose(&mail).0);
            // RFC 5322, section 2.1.1: at most 998 characters, and at most 78 are recommended.
            for line in message.split("\r\n") {
                assert!(line.is_ascii() && line.len() <= 78 && !line.contains(['\r', '\n']), "{line}");
            }
        }
    }
}

/// Texts in which a mail program could see markup, a header, a boundary or an encoded word.
fn hostile() -> impl Strategy<Value = String> {
    let fragment = prop_oneof![
        any::<String>(),
        "[ -~]{0,20}",
        prop::sample::select(vec![
            "\r\nBcc: e@evil.example\r\n",
            "\r\n\r\n<html>",
            "\n.\r\nMAIL FROM:<x@y.example>\r\n",
            "--=_property--\r\n",
            "=?utf-8?b?QmNjOiB4?=",
            "<script>alert(1)</script>",
            "\" onclick=\"x",
            "{{ mail }}{ $product }",
            "\u{202E}\u{2066}\u{2069}\u{200F}",
            "\0\u{7}\u{1B}",
            "👩\u{200D}👩\u{200D}👧\u{1F600}𐍈",
            "שלום عليكم",
        ])
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(fragment, 0..6).prop_map(|parts| parts.concat())
}

fn mail_of(name: &str, agent: &str, administrator: &str, kind: usize) -> OutgoingMail {
    let kinds = [MailKind::NewDevice, MailKind::Invitation, MailKind::PasswordResetByAdministrator, MailKind::Welcome];
    let kind = kinds[kind % kinds.len()];
    let mut mail = sample(kind, Language::English);
    mail.id = "property".to_owned();
    mail.recipient.name = Some(DisplayName::from_stored(name.to_owned()));
    mail.content = match kind {
        MailKind::NewDevice => {
            let ip_address = Some(administrator.to_owned());
            MailContent::NewDevice { origin: Origin { ip_address, user_agent: Some(agent.to_owned()) } }
        }
        MailKind::Invitation => MailContent::Invitation { administrator: administrator.to_owned(), role: Role::User },
        MailKind::PasswordResetByAdministrator => {
            MailContent::PasswordResetByAdministrator { administrator: administrator.to_owned() }
        }
        _ => MailContent::Welcome,
    };
    mail
}

/// The number of tags and attributes, which no value may change.
fn markup(html: &str) -> (usize, usize, usize) {
    (html.matches('<').count(), html.matches('>').count(), html.matches('"').count())
}

proptest! {
    #[test]
    fn no_value_changes_headers_parts_or_markup(
        name in hostile(), agent in hostile(), administrator in hostile(), kind in 0..4_usize,
    ) {
        let mail = mail_of(&name, &agent, &administrator, kind);
        let (message, parsed) = compose(&mail);
        let (_, plain) = compose(&mail_of("Alice", "curl/8", "Root", kind));
        prop_assert_eq!(names(&parsed), names(&plain));
        prop_assert_eq!(parsed.parts.len(), 3);
        prop_assert!(message.is_ascii() && message.split("\r\n").all(|line| line.len() <= 998 && !line.contains(['\r', '\n'])));
        let to = parsed.to().unwrap();
        prop_assert_eq!(to.as_list().map(<[_]>::len), Some(1));
        prop_assert_eq!(to.first().and_then(|to| to.address()), Some(mail.recipient.address.as_str()));
        let (body, html) = (parsed.body_text(0).unwrap(), parsed.body_html(0).unwrap());
        let expected = plain.body_html(0).unwrap();
        // An IP address or a name without a visible character leaves its element out.
        if !crate::clean::clean(&administrator, 45).is_empty() {
            prop_assert_eq!(markup(&html), markup(&expected));
            prop_assert_eq!(body.lines().count(), plain.body_text(0).unwrap().lines().count());
        }
        for text in [body.as_ref(), html.as_ref(), parsed.subject().unwrap()] {
            let is_control = |c: char| c.is_control() && c != '\n' && c != '\r';
            prop_assert!(!text.contains(is_control) && !text.contains(['\u{202E}', '\u{2066}', '\u{200F}']), "{:?}", text);
            prop_assert_eq!(text.matches('\u{2068}').count(), text.matches('\u{2069}').count());
        }
    }

    #[test]
    fn any_link_is_one_attribute(path in "[ -~]{0,80}") {
        let mut mail = sample(MailKind::ResetPassword, Language::English);
        let url = SecretString::from(format!("https://accounts.example.com/{path}"));
        mail.link = mail.link.map(|link| MailLink { url, ..link });
        let (_, parsed) = compose(&mail);
        let (_, plain) = compose(&sample(MailKind::ResetPassword, Language::English));
        prop_assert_eq!(markup(&parsed.body_html(0).unwrap()), markup(&plain.body_html(0).unwrap()));
    }
}

//! What each kind of mail says, independent of the form. Both templates show it.

use secrecy::ExposeSecret;
use steward_domain::ports::OutgoingMail;
use steward_domain::{DisplayName, Email, MailContent, MailKind, Origin, Role, Timestamp, device};

use crate::clean::{clean, greeting_name, isolated};
use crate::language::Language;

/// Maximum length of a name, in characters; storage may contain longer ones of earlier versions.
const NAME_MAX: usize = DisplayName::MAX;

/// Maximum length of an IP address, in characters.
const IP_ADDRESS_MAX: usize = 45;

/// The content of a mail in one language. Every text is one line without markup.
pub(crate) struct Content {
    pub(crate) language: Language,
    pub(crate) product: String,
    pub(crate) subject: String,
    pub(crate) heading: String,
    pub(crate) greeting: String,
    pub(crate) text: String,
    pub(crate) facts: Vec<Fact>,
    pub(crate) link: Option<Link>,
    pub(crate) closing: Option<String>,
    pub(crate) footer: [String; 2],
}

/// A labelled value.
pub(crate) struct Fact {
    pub(crate) label: String,
    pub(crate) value: String,
}

/// The link, as a button and as text.
pub(crate) struct Link {
    /// A text before the button.
    pub(crate) introduction: Option<String>,
    pub(crate) label: String,
    pub(crate) url: String,
    /// The host that the link leads to, and the end of its validity.
    pub(crate) note: String,
    pub(crate) copy: String,
}

impl Content {
    /// Returns the content of `mail`, in the recipient's language.
    pub(crate) fn of(mail: &OutgoingMail, product: &str) -> Self {
        let language = Language::of(mail.recipient.locale.as_ref());
        let kind = mail.content.kind();
        let product = isolated(product, NAME_MAX);
        let texts =
            Texts { language, prefix: prefix(kind), administrator: administrator(&mail.content), product: &product };
        let name = mail.recipient.name.as_ref().and_then(|name| greeting_name(name.as_str(), NAME_MAX));
        let greeting = match name {
            Some(name) => language.text_with("greeting-name", &[("name", &name)]),
            None => language.text("greeting"),
        };
        let address = clean(mail.recipient.address.as_str(), Email::MAX);
        let sent_to = [("address", address.as_str()), ("product", &product)];
        Self {
            language,
            subject: texts.required("subject"),
            heading: texts.required("heading"),
            greeting,
            text: texts.required("text"),
            facts: facts(&mail.content, mail.created_at, language),
            link: link(mail, &texts),
            closing: texts.optional("closing"),
            footer: [language.text_with("footer-recipient", &sent_to), language.text(reason(kind))],
            product,
        }
    }

    /// The initial of the product, for a mark that needs no picture.
    pub(crate) fn initial(&self) -> String {
        let first = self.product.chars().find(|c| c.is_alphanumeric());
        first.map_or_else(String::new, |first| first.to_uppercase().collect())
    }
}

/// The texts of one kind of mail.
struct Texts<'a> {
    language: Language,
    prefix: String,
    administrator: String,
    product: &'a str,
}

impl Texts<'_> {
    fn required(&self, part: &str) -> String {
        let values = [("product", self.product), ("administrator", &self.administrator)];
        self.language.text_with(&self.id(part), &values)
    }

    fn optional(&self, part: &str) -> Option<String> {
        let values = [("product", self.product), ("administrator", &self.administrator)];
        self.language.find(&self.id(part), &values)
    }

    fn id(&self, part: &str) -> String {
        format!("{}-{part}", self.prefix)
    }
}

fn prefix(kind: MailKind) -> String {
    kind.as_str().replace('_', "-")
}

/// Returns the id of the text that states why the recipient gets the mail.
fn reason(kind: MailKind) -> &'static str {
    match kind {
        MailKind::Welcome | MailKind::AccountCreated => "footer-welcome",
        MailKind::Invitation => "footer-invitation",
        MailKind::Test => "footer-test",
        _ => "footer-security",
    }
}

fn administrator(content: &MailContent) -> String {
    match content {
        MailContent::PasswordResetByAdministrator { administrator }
        | MailContent::AccountCreated { administrator }
        | MailContent::TemporaryPasswordSet { administrator }
        | MailContent::Invitation { administrator, .. } => isolated(administrator, NAME_MAX),
        _ => String::new(),
    }
}

fn link(mail: &OutgoingMail, texts: &Texts<'_>) -> Option<Link> {
    let link = mail.link.as_ref()?;
    let url = link.url.expose_secret();
    let language = texts.language;
    let until = language.time(link.expires_at);
    Some(Link {
        introduction: texts.optional("action"),
        label: texts.required("button"),
        note: language.text_with("link-host", &[("host", host(url)), ("until", &until)]),
        copy: language.text("link-copy"),
        url: url.to_owned(),
    })
}

/// Returns the host and the port of a URL.
fn host(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    authority.rsplit('@').next().unwrap_or(authority)
}

fn facts(content: &MailContent, created_at: Timestamp, language: Language) -> Vec<Fact> {
    let fact = |label: &str, value: String| Fact { label: language.text(label), value };
    let role = |label: &str, role: &Role| fact(label, language.role(*role));
    let time = |label: &str, at: &Timestamp| fact(label, language.time(*at));
    match content {
        MailContent::ResetPassword { origin }
        | MailContent::PasswordChanged { origin }
        | MailContent::NewDevice { origin }
        | MailContent::DataExported { origin } => origin_facts(origin, created_at, language),
        MailContent::LockedOut { origin, until } => {
            let mut facts = origin_facts(origin, created_at, language);
            facts.push(time("fact-locked-until", until));
            facts
        }
        MailContent::Invitation { role: invited, .. } => vec![role("fact-role", invited)],
        MailContent::EmailChanged { new_address } => {
            vec![fact("fact-new-address", clean(new_address.as_str(), Email::MAX))]
        }
        MailContent::RoleChanged { from, to } => vec![role("fact-role-before", from), role("fact-role-after", to)],
        MailContent::DeletionScheduled { purge_at } => vec![time("fact-erased", purge_at)],
        MailContent::Welcome
        | MailContent::VerifyEmail
        | MailContent::PasswordResetByAdministrator { .. }
        | MailContent::AccountCreated { .. }
        | MailContent::TemporaryPasswordSet { .. }
        | MailContent::ConfirmEmailChange
        | MailContent::Deactivated
        | MailContent::Reactivated
        | MailContent::AccountDeleted
        | MailContent::Test => Vec::new(),
    }
}

fn origin_facts(origin: &Origin, created_at: Timestamp, language: Language) -> Vec<Fact> {
    let device = device::describe(origin.user_agent.as_deref());
    let device = if device == device::UNKNOWN { language.text("device-unknown") } else { device };
    let address = origin.ip_address.as_deref().map(|address| clean(address, IP_ADDRESS_MAX));
    [
        ("fact-device", Some(device)),
        ("fact-address", address.filter(|address| !address.is_empty())),
        ("fact-time", Some(language.time(created_at))),
    ]
    .into_iter()
    .filter_map(|(label, value)| Some(Fact { label: language.text(label), value: value? }))
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::preview::{sample, samples};

    #[test]
    fn every_kind_has_its_texts_in_every_language() {
        for language in Language::ALL {
            for mail in samples(language) {
                let kind = mail.content.kind();
                let content = Content::of(&mail, "Acme");
                let mut texts = vec![content.subject, content.heading, content.text];
                texts.extend(content.link.into_iter().flat_map(|link| [link.label, link.note]));
                for text in texts {
                    let is_id = text.starts_with(&format!("{}-", prefix(kind)));
                    assert!(!is_id && !text.contains("{ $"), "{}: {text}", kind.as_str());
                }
            }
        }
    }

    /// A text that no kind uses would not be noticed otherwise.
    #[test]
    fn every_text_is_used() {
        let code = [include_str!("content.rs"), include_str!("language.rs")].concat();
        let prefixes: Vec<String> = MailKind::ALL.into_iter().map(prefix).collect();
        for line in include_str!("../locales/en.ftl").lines() {
            let Some((id, _)) = line.split_once(" = ").filter(|_| !line.starts_with([' ', '*'])) else { continue };
            let is_of_kind = id.rsplit_once('-').is_some_and(|(prefix, part)| {
                ["subject", "heading", "text", "action", "button", "closing"].contains(&part)
                    && prefixes.iter().any(|known| known == prefix)
            });
            assert!(is_of_kind || code.contains(&format!("\"{id}\"")), "{id} is not used");
        }
    }

    #[test]
    fn the_reason_names_security_exactly_for_mails_about_security() {
        for kind in MailKind::ALL {
            assert_eq!(reason(kind) == "footer-security", kind.is_about_security());
        }
    }

    #[test]
    fn the_host_of_a_link_has_no_credentials_and_no_path() {
        for (url, expected) in [
            ("https://accounts.example.com/reset-password?token=a@b", "accounts.example.com"),
            ("http://127.0.0.1:8501/verify-email?token=x", "127.0.0.1:8501"),
            ("https://good.example@evil.example/", "evil.example"),
            ("https://example.com", "example.com"),
        ] {
            assert_eq!(host(url), expected);
        }
    }

    #[test]
    fn a_link_states_the_end_of_its_validity() {
        let mail = sample(MailKind::ResetPassword, Language::English);
        let note = Content::of(&mail, "Acme").link.unwrap().note;
        assert_eq!(
            note,
            "This link leads to accounts.example.com. It works once and is valid until 27 November 2026, 09:56 UTC."
        );
    }
}

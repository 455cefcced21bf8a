use std::fs;

use mail_parser::MessageParser;
use serde_json::Value;
use steward_testkit::http::Api;

use super::{Deployment, read_all, until};

/// A mail as its recipient gets it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Mail {
    /// The `Message-ID`: the id in the outbox, a dot, and more.
    pub(crate) id: String,
    pub(crate) to: String,
    /// The recipient's name in the header.
    pub(crate) name: Option<String>,
    pub(crate) subject: String,
    pub(crate) text: String,
    pub(crate) html: String,
    /// The names of the headers.
    pub(crate) headers: Vec<String>,
}

impl Mail {
    pub(crate) fn parse(bytes: &[u8]) -> Self {
        let mail = MessageParser::default().parse(bytes).unwrap();
        let to = mail.to().unwrap().first().unwrap();
        Self {
            id: mail.message_id().unwrap().to_owned(),
            to: to.address().unwrap().to_owned(),
            name: to.name().map(str::to_owned),
            subject: mail.subject().unwrap().to_owned(),
            text: mail.body_text(0).unwrap().into_owned(),
            html: mail.body_html(0).unwrap().into_owned(),
            headers: mail.headers().iter().map(|header| header.name.as_str().to_owned()).collect(),
        }
    }

    /// The token of the link that leads to this page.
    pub(crate) fn token(&self, page: &str) -> String {
        let (_, rest) = self.text.split_once(&format!("/{page}?token=")).unwrap();
        rest.chars().take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_')).collect()
    }

    /// The id of the mail in the outbox.
    pub(crate) fn key(&self) -> i64 {
        self.id.split_once('.').unwrap().0.parse().unwrap()
    }
}

/// The mails in the folder of the deployment.
pub(crate) fn mails(deployment: &Deployment) -> Vec<Mail> {
    let Ok(folder) = fs::read_dir(deployment.folder.path().join("data/mail")) else { return Vec::new() };
    let files = folder.map(|file| file.unwrap().path()).filter(|path| path.extension().is_some_and(|end| end == "eml"));
    files.map(|file| Mail::parse(&fs::read(file).unwrap())).collect()
}

/// Waits for a mail to this address with a link to this page.
pub(crate) async fn mail_to(deployment: &Deployment, address: &str, page: &str) -> Mail {
    let mut found = None;
    until("the mail is in the folder", async || {
        let is_it = |mail: &Mail| mail.to == address && mail.text.contains(&format!("/{page}?token="));
        found = mails(deployment).into_iter().find(is_it);
        found.is_some()
    })
    .await;
    found.unwrap()
}

/// All mails of the outbox, as an administrator sees them, oldest first.
pub(crate) async fn outbox(admin: &Api) -> Vec<Value> {
    let mut mails = read_all(admin, "/api/admin/outbox").await;
    mails.reverse();
    mails
}

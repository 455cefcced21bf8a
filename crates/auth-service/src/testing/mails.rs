//! The stored mails and links, read by queries of their own.

use diesel::sql_types::{Binary, Nullable, Text};
use diesel::{Connection, QueryableByName, RunQueryDsl, SqliteConnection};
use secrecy::ExposeSecret;
use steward_domain::{LinkId, Timestamp};

use super::TestApp;
use crate::link_token::LinkToken;

/// A row of the outbox.
#[derive(Debug, Clone, QueryableByName)]
pub(crate) struct StoredMail {
    #[diesel(sql_type = Text)]
    pub(crate) kind: String,
    #[diesel(sql_type = Text)]
    pub(crate) address: String,
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) locale: Option<String>,
    #[diesel(sql_type = Text)]
    pub(crate) content: String,
    #[diesel(sql_type = Nullable<Binary>)]
    link_id: Option<Vec<u8>>,
}

#[derive(QueryableByName)]
struct StoredLink {
    #[diesel(sql_type = Text)]
    purpose: String,
    #[diesel(sql_type = Text)]
    expires_at: String,
}

impl TestApp {
    /// Returns the mails of the outbox, oldest first.
    pub(crate) fn mails(&self) -> Vec<StoredMail> {
        diesel::sql_query("SELECT kind, address, locale, content, link_id FROM outbox ORDER BY id")
            .load(&mut self.connection())
            .unwrap()
    }

    /// Returns the kinds and addresses of the mails, oldest first.
    pub(crate) fn mailed(&self) -> Vec<(String, String)> {
        self.mails().into_iter().map(|mail| (mail.kind, mail.address)).collect()
    }

    /// Returns the only mail of the outbox.
    pub(crate) fn only_mail(&self) -> StoredMail {
        let mut mails = self.mails();
        assert_eq!(mails.len(), 1, "{mails:?}");
        mails.remove(0)
    }

    /// Returns the text of the token in the latest mail of this kind.
    pub(crate) fn token_in(&self, kind: &str) -> String {
        let mail = self.mails().into_iter().rfind(|mail| mail.kind == kind).unwrap();
        let id = LinkId::from_slice(&mail.link_id.unwrap()).unwrap();
        LinkToken::derive(&self.service.derived_keys.link.current, &id).text().expose_secret().to_owned()
    }

    /// Returns the purposes of a user's links and when they expire, oldest first.
    pub(crate) async fn links_of(&self, id: &str) -> Vec<(String, Timestamp)> {
        let user = self.user(id).await.id;
        let query = format!("SELECT purpose, expires_at FROM account_links WHERE user_id = {user} ORDER BY id");
        let links: Vec<StoredLink> = diesel::sql_query(query).load(&mut self.connection()).unwrap();
        links.into_iter().map(|link| (link.purpose, link.expires_at.parse().unwrap())).collect()
    }

    fn connection(&self) -> SqliteConnection {
        SqliteConnection::establish(self.folder.path().join("test.db").to_str().unwrap()).unwrap()
    }
}

//! The contract suite of the mailer, against both adapters.

#![allow(clippy::unwrap_used, reason = "a failed step must fail the test")]

use std::sync::Mutex;

use steward_mail::{TransportSettings, connect};
use steward_testkit::contracts::mailer::MailerFixture;
use steward_testkit::servers::smtp::SmtpServer;

fn settings(url: &str) -> TransportSettings {
    TransportSettings::new(url.parse().unwrap(), "Acme <no-reply@acme.example>".parse().unwrap())
}

mod smtp {
    use super::*;

    async fn fixture() -> MailerFixture {
        let server = SmtpServer::start().unwrap();
        let mailer = connect(&settings(&server.url())).unwrap();
        let sent = move || server.mails().into_iter().map(|mail| mail.content).collect();
        MailerFixture { mailer, sent: Box::new(sent) }
    }

    mod mailer {
        steward_testkit::mailer_contract!(fixture);
    }
}

mod folder {
    use super::*;

    async fn fixture() -> MailerFixture {
        let folder = tempfile::tempdir().unwrap();
        let mailer = connect(&settings(&format!("file://{}", folder.path().display()))).unwrap();
        let seen = Mutex::new(Vec::new());
        let sent = move || {
            let mut seen = seen.lock().unwrap();
            for file in std::fs::read_dir(folder.path()).unwrap() {
                let path = file.unwrap().path();
                if !seen.contains(&path) {
                    seen.push(path);
                }
            }
            seen.iter().map(|path| std::fs::read(path).unwrap()).collect()
        };
        MailerFixture { mailer, sent: Box::new(sent) }
    }

    mod mailer {
        steward_testkit::mailer_contract!(fixture);
    }
}

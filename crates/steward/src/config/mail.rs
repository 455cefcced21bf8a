//! Mails: where they go, their sender, and where their links lead.

use std::path::Path;

use secrecy::ExposeSecret;
use steward_auth_service::MailSettings;
use steward_domain::MailPolicy;
use steward_mail::{MailUrl, Sender};
use steward_web::service::ServiceId;
use url::Url;

use super::reader::Reader;
use super::{Environment, values};
use crate::cli::MailOptions;

const DEFAULT_SENDER: &str = "Steward <steward@example.com>";

/// The settings of mails.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    /// `None` if the deployment sends no mails.
    pub(crate) delivery: Option<Delivery>,
    /// Whether a sign-in requires a confirmed address.
    pub(crate) requires_verified_email: bool,
}

/// How mails are sent.
#[derive(Debug, Clone)]
pub(crate) struct Delivery {
    pub(crate) url: MailUrl,
    pub(crate) from: Sender,
    /// The URL of the console, to which links lead, without a slash at its end.
    pub(crate) public_url: String,
    /// The mails that are sent.
    pub(crate) policy: MailPolicy,
}

impl Mail {
    /// The mails that the deployment sends.
    pub(crate) fn policy(&self) -> MailPolicy {
        self.delivery.as_ref().map_or(MailPolicy::Off, |delivery| delivery.policy)
    }

    /// The settings of the auth service.
    pub(crate) fn of_auth_service(&self) -> Option<MailSettings> {
        let Delivery { public_url, policy, .. } = self.delivery.as_ref()?;
        Some(MailSettings { public_url: public_url.clone(), policy: *policy })
    }
}

/// Reads the settings. In development, mails go to the folder `mail` in `data_folder`, and links lead to `console_url`.
pub(super) fn read(
    reader: &mut Reader<'_>,
    options: &MailOptions,
    environment: Environment,
    services: &[ServiceId],
    data_folder: &Path,
    console_url: &str,
    warnings: &mut Vec<String>,
) -> Option<Mail> {
    // The others send no mail, so their processes need no access to the secret.
    let users = [steward_auth_service::ID, steward_admin_service::ID, steward_worker::ID];
    if !services.iter().any(|service| users.contains(service)) {
        return Some(Mail { delivery: None, requires_verified_email: false });
    }
    let is_development = environment == Environment::Development;
    let given = options.mail_url.as_ref().map(ExposeSecret::expose_secret);
    let url: Option<Option<MailUrl>> = reader.secret("STEWARD_MAIL_URL", given, values::parsed);
    let from =
        reader.read("STEWARD_MAIL_FROM", options.mail_from.as_deref(), None, |text| values::parsed(text).map(Some));
    let parse = |text: &str| parse_public_url(text).map(Some);
    let public_url = reader.read("STEWARD_PUBLIC_URL", options.public_url.as_deref(), None, parse);
    let notices = reader.read("STEWARD_MAIL_NOTICES", options.mail_notices.as_deref(), true, values::boolean);
    let required = options.require_verified_email.as_deref();
    let required = reader.read("STEWARD_REQUIRE_VERIFIED_EMAIL", required, false, values::boolean);
    let (url, from, public_url) = (url?, from?, public_url?);
    let (notices, requires_verified_email) = (notices?, required?);

    let Some(url) = url.or_else(|| if is_development { default_folder(data_folder) } else { None }) else {
        if requires_verified_email {
            return reader.refuse(
                "STEWARD_REQUIRE_VERIFIED_EMAIL",
                "is \"true\", but no mail can confirm an address; set STEWARD_MAIL_URL, too",
            );
        }
        return Some(Mail { delivery: None, requires_verified_email });
    };
    if url.has_password() {
        warnings.extend(reader.variables().warn_of_argument("STEWARD_MAIL_URL", given));
    }
    if url.is_insecure() && !is_development {
        return reader.refuse(
            "STEWARD_MAIL_URL",
            format!("is without TLS, which {} refuses; use smtp:// (STARTTLS) or smtps://", environment.name()),
        );
    }
    if url.folder().is_some() && !is_development {
        warnings.push(
            "STEWARD_MAIL_URL is a folder: no mail reaches its recipient unless another program sends the files"
                .to_owned(),
        );
    }
    let from: Option<Sender> = from.or_else(|| if is_development { DEFAULT_SENDER.parse().ok() } else { None });
    let Some(from) = from else {
        return reader
            .refuse("STEWARD_MAIL_FROM", "is not set; mails need a sender, such as Acme <accounts@acme.example>");
    };
    let public_url = public_url.or_else(|| if is_development { Some(console_url.to_owned()) } else { None });
    let Some(public_url) = public_url else {
        return reader.refuse(
            "STEWARD_PUBLIC_URL",
            "is not set; the links in mails need the console's URL, such as https://accounts.acme.example",
        );
    };
    if public_url.starts_with("http://") && !is_development {
        warnings.push(
            "STEWARD_PUBLIC_URL is without TLS: the secrets in links of mails can be read on their way".to_owned(),
        );
    }
    let policy = if notices { MailPolicy::All } else { MailPolicy::SecurityOnly };
    Some(Mail { delivery: Some(Delivery { url, from, public_url, policy }), requires_verified_email })
}

fn default_folder(data_folder: &Path) -> Option<MailUrl> {
    format!("file://{}", data_folder.join("mail").display()).parse().ok()
}

/// An absolute HTTP URL, to which a path can be appended.
fn parse_public_url(text: &str) -> Result<String, String> {
    const EXPECTED: &str = "must be a URL of http or https without user, query and fragment, such as \
                            https://accounts.acme.example";
    let url = Url::parse(text).map_err(|_| EXPECTED)?;
    let is_plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if is_plain { Ok(url.as_str().trim_end_matches('/').to_owned()) } else { Err(EXPECTED.to_owned()) }
}

#[cfg(test)]
mod tests {
    use super::super::Variables;
    use super::*;

    const SERVER: &str = "smtp://steward:hunter2@mail.acme.example";

    fn mail(environment: Environment, given: [&str; 4]) -> Result<Mail, Vec<String>> {
        mail_of(steward_worker::ID, environment, given)
    }

    fn mail_of(service: ServiceId, environment: Environment, given: [&str; 4]) -> Result<Mail, Vec<String>> {
        let [url, from, public_url, required] = given.map(|text| Some(text.to_owned()));
        let options = MailOptions {
            mail_url: url.map(Into::into),
            mail_from: from,
            public_url,
            require_verified_email: required,
            ..MailOptions::default()
        };
        let variables = Variables::default();
        let mut reader = Reader::new(&variables);
        let (folder, console) = (Path::new("data"), "http://127.0.0.1:8501");
        let mail = read(&mut reader, &options, environment, &[service], folder, console, &mut Vec::new());
        reader.finish(|| mail).map_err(|errors| errors.iter().map(ToString::to_string).collect())
    }

    fn delivery(environment: Environment, given: [&str; 4]) -> Option<Delivery> {
        mail(environment, given).unwrap().delivery
    }

    #[test]
    fn services_that_send_no_mails_do_not_read_the_settings() {
        for service in [steward_gateway::ID, steward_console::ID] {
            let mail = mail_of(service, Environment::Production, [SERVER, "", "", "true"]).unwrap();
            assert!(mail.delivery.is_none() && !mail.requires_verified_email, "{service}");
        }
        for service in [steward_auth_service::ID, steward_admin_service::ID, steward_worker::ID] {
            assert!(mail_of(service, Environment::Production, [SERVER, "", "", "true"]).is_err(), "{service}");
        }
    }

    #[test]
    fn development_writes_mails_to_a_folder() {
        let Delivery { url, from, public_url, policy } = delivery(Environment::Development, [""; 4]).unwrap();
        assert_eq!((url.folder(), from.product()), (Some(Path::new("data/mail")), "Steward"));
        assert_eq!((public_url.as_str(), policy), ("http://127.0.0.1:8501", MailPolicy::All));
    }

    #[test]
    fn other_environments_send_no_mails_without_a_url() {
        assert!(delivery(Environment::Production, [""; 4]).is_none());
        let line = &mail(Environment::Production, ["", "", "", "true"]).unwrap_err()[0];
        assert!(line.starts_with("STEWARD_REQUIRE_VERIFIED_EMAIL") && line.contains("STEWARD_MAIL_URL"), "{line}");
    }

    #[test]
    fn a_server_needs_a_sender_and_a_public_url() {
        let production = |from, public_url| mail(Environment::Production, [SERVER, from, public_url, "true"]);
        for (from, public_url, variable) in
            [("", "https://acme.example", "STEWARD_MAIL_FROM"), ("Acme <a@acme.example>", "", "STEWARD_PUBLIC_URL")]
        {
            let lines = production(from, public_url).unwrap_err();
            assert!(lines[0].starts_with(variable) && !lines[0].contains("hunter2"), "{lines:?}");
        }
        let mail = production("Acme <a@acme.example>", "https://acme.example/accounts/").unwrap();
        assert!(mail.requires_verified_email);
        assert_eq!(mail.delivery.unwrap().public_url, "https://acme.example/accounts");
    }

    #[test]
    fn a_server_without_tls_is_for_development() {
        let url = "smtp+insecure://127.0.0.1:2525";
        assert!(delivery(Environment::Development, [url, "", "", ""]).unwrap().url.is_insecure());
        let line = &mail(Environment::Staging, [url, "a@acme.example", "https://acme.example", ""]).unwrap_err()[0];
        assert!(line.starts_with("STEWARD_MAIL_URL") && line.contains("smtps://"), "{line}");
    }

    #[test]
    fn a_public_url_is_one_to_which_a_path_can_be_appended() {
        for url in
            ["acme.example", "ftp://acme.example", "https://u:p@acme.example", "https://acme.example?a", "https://a/#b"]
        {
            let line = &mail(Environment::Development, ["", "", url, ""]).unwrap_err()[0];
            assert!(line.starts_with("STEWARD_PUBLIC_URL"), "{line}");
        }
    }
}

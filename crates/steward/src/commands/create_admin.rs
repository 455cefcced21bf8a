use std::io::{self, BufRead, IsTerminal, Write};

use secrecy::{ExposeSecret, SecretString};
use steward_auth_service::register::{NewAccount, RegisterError};
use steward_domain::ports::UniqueKey;
use steward_domain::{DisplayName, Email, Invalid, Password, UserId};

use crate::cli::CreateAdmin;
use crate::config::Settings;
use crate::failure::Failure;
use crate::start::database;
use crate::wiring::auth;
use crate::wiring::storage::Storage;

/// Creates a super_admin.
pub(super) async fn run(settings: Settings, arguments: CreateAdmin) -> Result<(), Failure> {
    let refused = |option: &str, invalid: Invalid| Failure::Refused(format!("{option} {invalid}"));
    let user_id = UserId::parse(&arguments.user_id).map_err(|invalid| refused("--user-id", invalid))?;
    let email = Email::parse(&arguments.email).map_err(|invalid| refused("--email", invalid))?;
    let name = arguments.name.as_deref().unwrap_or(&arguments.user_id);
    let name = DisplayName::parse(name).map_err(|invalid| refused("--name", invalid))?;

    let storage = Storage::connect(&settings)?;
    database::prepare(&storage.database, database::SHORT_PATIENCE).await?;
    let keys = settings.signing.as_ref().ok_or_else(|| Failure::Refused("no SECRET_KEY".to_owned()))?;
    let service = auth::service(&settings, keys, &storage, None)?;

    let password = password()?;
    let password = Password::parse(password.expose_secret()).map_err(|invalid| refused("the password", invalid))?;
    let account = NewAccount { user_id, email, name, password };
    let (id, address) = (account.user_id.to_string(), account.email.to_string());
    let user = service.create_admin(account).await.map_err(|error| match error {
        RegisterError::Taken(UniqueKey::UserId) => Failure::Refused(format!("--user-id {id} is already taken")),
        RegisterError::Taken(UniqueKey::Email) => Failure::Refused(format!("--email {address} is already taken")),
        RegisterError::WeakPassword(reason) => Failure::Refused(format!("the password {reason}")),
        error => error.into(),
    })?;
    Ok(writeln!(io::stdout(), "created the super_admin {} ({})", user.user_id, user.email)?)
}

/// Prompts twice without echo on a terminal; otherwise reads the first line of standard input.
fn password() -> Result<SecretString, Failure> {
    if !io::stdin().is_terminal() {
        let mut line = String::new();
        io::stdin().lock().read_line(&mut line)?;
        return Ok(SecretString::from(line.trim_end_matches(['\r', '\n'])));
    }
    let password = SecretString::from(rpassword::prompt_password("Password: ")?);
    let again = SecretString::from(rpassword::prompt_password("Repeat the password: ")?);
    if password.expose_secret() != again.expose_secret() {
        return Err(Failure::Refused("the passwords do not match".to_owned()));
    }
    Ok(password)
}

use std::io::Write;

use steward_domain::ActorKind;

use crate::config::{Environment, Settings};
use crate::failure::Failure;
use crate::start::database;
use crate::wiring::auth;
use crate::wiring::storage::Storage;

/// Loads the sample users into an empty database. Refuses in production, because their passwords are published.
pub(super) async fn run(settings: Settings) -> Result<(), Failure> {
    if settings.environment == Environment::Production {
        return Err(Failure::Refused(
            "STEWARD_ENV is production, and the passwords of the sample users are published: create the first account \
             with `steward create-admin --user-id ID --email ADDRESS`"
                .to_owned(),
        ));
    }
    let storage = Storage::connect(&settings)?;
    database::prepare(&storage.database, database::PATIENCE).await?;
    let keys = settings.signing.as_ref().ok_or_else(|| Failure::Refused("no SECRET_KEY".to_owned()))?;
    let service = auth::service(&settings, keys, &storage, None)?;
    if !database::load_sample_users(&service, &storage, ActorKind::Cli).await? {
        writeln!(std::io::stdout(), "nothing was loaded: the database already has users")?;
    }
    Ok(())
}

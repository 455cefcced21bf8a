use std::io::Write;

use crate::config::Settings;
use crate::failure::Failure;
use crate::start::database;
use crate::wiring::auth;
use crate::wiring::storage::Storage;

/// Loads the sample users into an empty database.
pub(super) async fn run(settings: Settings) -> Result<(), Failure> {
    let storage = Storage::connect(&settings)?;
    database::prepare(&storage.database, database::PATIENCE).await?;
    let keys = settings.signing.as_ref().ok_or_else(|| Failure::Refused("no SECRET_KEY".to_owned()))?;
    let service = auth::service(&settings, keys, &storage)?;
    if !database::load_sample_users(&service, &storage).await? {
        writeln!(std::io::stdout(), "nothing was loaded: the database holds users already")?;
    }
    Ok(())
}

use std::io::Write;

use crate::config::Settings;
use crate::failure::Failure;
use crate::start::database;
use crate::wiring::storage::Storage;

/// Applies the pending migrations, folds older texts for searching, stores the addresses of earlier releases in the
/// spelling of this one, and adds the keys by which filters find earlier sign-ins.
pub(super) async fn run(settings: &Settings) -> Result<(), Failure> {
    let storage = Storage::connect(settings)?;
    let applied = database::prepare(&storage.database, database::PATIENCE).await?;
    let mut out = std::io::stdout();
    for migration in &applied {
        writeln!(out, "applied {migration}")?;
    }
    if applied.is_empty() {
        writeln!(out, "nothing to apply: {} is up to date", settings.database)?;
    }
    while storage.database.fold_texts().await.map_err(Failure::Unfolded)? {}
    storage.database.respell_addresses().await.map_err(Failure::Outdated)?;
    storage.database.add_origin_keys().await.map_err(Failure::WithoutKeys)?;
    database::log_remarks(&storage.database).await;
    Ok(())
}

use std::io::Write;

use crate::config::Settings;
use crate::failure::Failure;
use crate::start::database;
use crate::wiring::storage::Storage;

/// Applies the migrations that are still to be applied, folds the texts for searching that were there before, and stores
/// addresses of earlier releases in the spelling of this one.
pub(super) async fn run(settings: &Settings) -> Result<(), Failure> {
    let storage = Storage::connect(settings)?;
    let applied = database::prepare(&storage.database, database::PATIENCE).await?;
    let mut out = std::io::stdout();
    for migration in &applied {
        writeln!(out, "applied {migration}")?;
    }
    if applied.is_empty() {
        writeln!(out, "nothing to apply: {} is up to date", settings.database.shown())?;
    }
    while storage.database.fold_texts().await.map_err(Failure::Unfolded)? {}
    storage.database.respell_addresses().await.map_err(Failure::Outdated)?;
    database::tell_what_is_missing(&storage.database).await;
    Ok(())
}

use std::io::Write;

use crate::config::Settings;
use crate::failure::Failure;
use crate::start::database;
use crate::wiring::storage::Storage;

/// Applies the pending migrations, folds older texts for searching, and stores the addresses of earlier releases in the
/// spelling of this one.
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
    database::log_remarks(&storage.database).await;
    Ok(())
}

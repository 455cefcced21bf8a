//! The commands of the command line: one per file.
//!
//! How to add one: a variant of `cli::Command`, a file here, a line in [`run`].

mod create_admin;
pub(crate) mod docs;
mod doctor;
mod migrate;
mod openapi;
mod sample_data;
mod serve;

use steward_web::service::ServiceId;

use crate::cli::{Command, Options};
use crate::config::{self, Settings, Variables};
use crate::failure::Failure;
use crate::log;

/// Runs a command.
pub(crate) async fn run(command: Command, options: &Options) -> Result<(), Failure> {
    let load = |services: &[ServiceId]| -> Result<Settings, Failure> {
        let settings = config::load(options, &Variables::of_process(), services)?;
        log::init(&settings.log);
        Ok(settings)
    };
    let with_accounts = || load(&[steward_auth_service::ID]);
    match command {
        Command::Serve(arguments) => {
            let services = arguments.services();
            serve::run(load(&services.ids())?, services).await
        }
        Command::Migrate => migrate::run(&with_accounts()?).await,
        Command::SampleData => sample_data::run(with_accounts()?).await,
        Command::CreateAdmin(arguments) => create_admin::run(with_accounts()?, arguments).await,
        Command::Openapi => openapi::run(),
        Command::Docs => docs::run(),
        Command::Doctor(arguments) if arguments.live => doctor::live(options, arguments.only),
        Command::Doctor(arguments) => doctor::run(options, arguments.mail_to.as_ref()).await,
    }
}

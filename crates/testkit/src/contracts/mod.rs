//! One suite per port: each requirement (MUST) of the port's documentation, as a test.
//!
//! An adapter runs a whole suite with one line, and every case is a separate `#[test]`:
//!
//! ```text
//! mod postgres {
//!     async fn store() -> Store { Store::new(Ports { users, accounts, … }, database) }
//!     steward_testkit::store_contracts!(store);
//! }
//! mod memory {
//!     async fn guard() -> Arc<dyn ReplayGuard> { Arc::new(Memory::new(clock)) }
//!     steward_testkit::replay_contract!(guard);
//! }
//! ```

pub mod account_exports;
pub mod accounts;
pub mod activity;
pub mod audit_log;
pub mod deletions;
mod fixture;
pub mod idempotency_keys;
pub mod invitations;
pub mod links;
mod lists;
pub mod login_attempts;
#[cfg(feature = "mail")]
pub mod mailer;
pub mod outbox;
pub mod profiles;
pub mod rate_limiter;
pub mod replay;
pub mod segments;
pub mod sessions;
pub mod sign_ins;
pub mod task_leases;
pub mod users;

use std::future::Future;
use std::time::Duration;

pub use fixture::{Ports, Store};
pub use rate_limiter::Limiter;

/// A case that takes longer is considered hung.
const PATIENCE: Duration = Duration::from_mins(3);

/// Runs one case of a suite, in its own multi-threaded runtime.
pub fn run(case: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).enable_all().build().unwrap();
    runtime.block_on(async {
        tokio::time::timeout(PATIENCE, case).await.expect("the case to end in time");
    });
}

/// Runs every case of all suites whose ports share a store, each in a module of its own. The argument is the name of an
/// async function in scope that returns a new, empty [`Store`].
#[macro_export]
macro_rules! store_contracts {
    ($store:ident) => {
        mod users {
            $crate::users_contract!($store);
        }
        mod accounts {
            $crate::accounts_contract!($store);
        }
        mod sessions {
            $crate::sessions_contract!($store);
        }
        mod login_attempts {
            $crate::login_attempts_contract!($store);
        }
        mod sign_ins {
            $crate::sign_ins_contract!($store);
        }
        mod audit_log {
            $crate::audit_log_contract!($store);
        }
        mod activity {
            $crate::activity_contract!($store);
        }
        mod profiles {
            $crate::profiles_contract!($store);
        }
        mod segments {
            $crate::segments_contract!($store);
        }
        mod account_exports {
            $crate::account_exports_contract!($store);
        }
        mod deletions {
            $crate::deletions_contract!($store);
        }
        mod idempotency_keys {
            $crate::idempotency_keys_contract!($store);
        }
        mod task_leases {
            $crate::task_leases_contract!($store);
        }
        mod links {
            $crate::links_contract!($store);
        }
        mod outbox {
            $crate::outbox_contract!($store);
        }
        mod invitations {
            $crate::invitations_contract!($store);
        }
    };
}

/// Creates a test for each case.
#[doc(hidden)]
#[macro_export]
macro_rules! contract_tests {
    ($suite:ident, $fixture:ident, $($case:ident,)*) => {
        $(
            #[test]
            fn $case() {
                $crate::contracts::run(async { $crate::contracts::$suite::$case(super::$fixture().await).await });
            }
        )*
    };
}

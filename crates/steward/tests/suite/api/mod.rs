//! The API, endpoint by endpoint, in three deployments.
//!
//! How to add a test: an `async fn` that takes a fresh [`Deployment`](crate::support::Deployment), in the file of its
//! endpoint, and its name in that file's `in_every_shape!`.

macro_rules! in_every_shape {
    ($($test:ident),+ $(,)?) => {
        mod one_process_on_sqlite {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::support::Deployment::start($crate::support::Shape::Sqlite).await).await;
            })+
        }
        mod one_process_on_postgres {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::support::Deployment::start($crate::support::Shape::Postgres).await).await;
            })+
        }
        mod a_process_per_service {
            $(#[tokio::test]
            async fn $test() {
                super::$test($crate::support::Deployment::start($crate::support::Shape::Split).await).await;
            })+
        }
    };
}

mod accounts;
mod analytics;
mod audit;
mod changing;
mod client_addresses;
mod creating;
mod errors;
mod framing;
mod guide;
mod internal;
mod invitations;
mod listing;
mod lockout;
mod mails;
mod operations;
mod own_account;
mod own_password;
mod passwords;
mod policy;
mod profile;
mod revocation;
mod segments;
mod sessions;
mod sign_ins;
mod signing_in;
mod spec;
mod texts;
mod timeline;

pub(crate) use profile::PNG;

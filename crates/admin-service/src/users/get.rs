//! Returns a user.

use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::try_join;
use steward_domain::ports::UserDetails;
use steward_domain::{Actor, UserId};

use super::require_reader;
use crate::{AdminService, ReadError};

impl AdminService {
    /// Returns the user with this id, with details for administrators, or `None` if the id is unknown.
    ///
    /// `actor` may still be pending: the actor and the user are read concurrently. The result is returned only after
    /// the actor is authorized. If the actor is rejected at once, no user is read.
    pub async fn get_user<E: From<ReadError>>(
        &self,
        actor: impl Future<Output = Result<Actor, E>>,
        user_id: &UserId,
    ) -> Result<Option<UserDetails>, E> {
        let found = async { Ok(self.users.find(user_id, self.clock.now()).await.map_err(ReadError::from)?) };
        try_join(require_reader(actor), found.map(Ok)).await?.1
    }
}

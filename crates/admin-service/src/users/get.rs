//! Looks one user up.

use std::future::Future;

use futures_util::FutureExt;
use futures_util::future::try_join;
use steward_domain::ports::UserDetails;
use steward_domain::{Actor, UserId};

use super::may_read;
use crate::{AdminService, ReadError};

impl AdminService {
    /// The user with this id, if there is one, with what only administrators are told.
    ///
    /// Who asks may still be being looked up: that and looking the user up take one turn instead of two. Nobody is told
    /// anything before the actor is known and may read, and nothing is looked up for an actor who is refused at once.
    pub async fn get_user<E: From<ReadError>>(
        &self,
        actor: impl Future<Output = Result<Actor, E>>,
        user_id: &UserId,
    ) -> Result<Option<UserDetails>, E> {
        let found = async { Ok(self.users.find(user_id, self.clock.now()).await.map_err(ReadError::from)?) };
        try_join(may_read(actor), found.map(Ok)).await?.1
    }
}

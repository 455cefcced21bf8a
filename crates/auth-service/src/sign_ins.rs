//! Lists the sign-in attempts of all users.

use steward_domain::{Actor, Page, PageRequest, SignInFilter, SignInRecord, policy};

use crate::{AuthService, ReadError};

impl AuthService {
    /// Returns a page of the matching attempts of all users.
    pub async fn list_sign_ins(
        &self,
        actor: &Actor,
        filter: &SignInFilter,
        page: &PageRequest,
    ) -> Result<Page<SignInRecord>, ReadError> {
        policy::authorize_reading(actor.role)?;
        Ok(self.sign_ins.list(filter, page).await?)
    }
}

//! `/api/auth`: links of mails, the own profile, export and deletion of the own account.

use reqwest::Method;
use reqwest::header::{CONTENT_TYPE, IF_MATCH};
use steward_contracts::bodies::{
    AccountExportBody, ChangeEmailRequest, DeleteAccountRequest, DeletedAccount, ForgotPasswordRequest,
    LinkTokenRequest, ProfileBody, ResetForgottenPasswordRequest, UpdateOwnAccountRequest, UpdateProfileRequest,
    UserBody,
};

use crate::client::{call, call_for_image, call_for_tag, call_with, call_without_answer};
use crate::{Client, Error, Image};

impl Client {
    /// Requests a mail with a link that sets a new password. The response does not depend on whether the account exists.
    pub async fn forgot_password(&self, body: &ForgotPasswordRequest) -> Result<(), Error> {
        self.post_account(&["api", "auth", "forgot-password"], body).await
    }

    /// Sets a new password with the token of a link, and ends every session of the account.
    pub async fn reset_forgotten_password(&self, token: &str, new_password: &str) -> Result<(), Error> {
        let body = ResetForgottenPasswordRequest { token: token.to_owned(), new_password: new_password.to_owned() };
        self.post_account(&["api", "auth", "reset-password"], &body).await
    }

    /// Confirms the address of an account with the token of a link.
    pub async fn verify_email(&self, token: &str) -> Result<(), Error> {
        self.post_account(&["api", "auth", "verify-email"], &link_token(token)).await
    }

    /// Requests another mail with a link that confirms the caller's address.
    pub async fn resend_verification(&self) -> Result<(), Error> {
        call_without_answer(self.request(Method::POST, &["api", "auth", "verify-email", "resend"])).await
    }

    /// Requests a mail to the new address with a link that confirms the change of the caller's address.
    pub async fn change_email(&self, body: &ChangeEmailRequest) -> Result<(), Error> {
        self.post_account(&["api", "auth", "change-email"], body).await
    }

    /// Confirms the change of an address with the token of a link.
    pub async fn confirm_email_change(&self, token: &str) -> Result<(), Error> {
        self.post_account(&["api", "auth", "change-email", "confirm"], &link_token(token)).await
    }

    /// Restores the old address of an account with the token of a link, and ends every session of the account.
    pub async fn undo_email_change(&self, token: &str) -> Result<(), Error> {
        self.post_account(&["api", "auth", "change-email", "undo"], &link_token(token)).await
    }

    /// Changes the caller's name.
    pub async fn change_own_name(&self, name: &str) -> Result<UserBody, Error> {
        let body = UpdateOwnAccountRequest { name: name.to_owned() };
        call_with(self.request(Method::PUT, &["api", "auth", "me"]), &body).await
    }

    /// Returns the caller's profile and its entity tag, for [`Client::update_own_profile`].
    pub async fn own_profile(&self) -> Result<(ProfileBody, String), Error> {
        call_for_tag(self.request(Method::GET, &["api", "auth", "me", "profile"])).await
    }

    /// Changes the caller's profile. With a `tag`, only if it still is the entity tag; otherwise the problem has status
    /// 412.
    pub async fn update_own_profile(
        &self,
        change: &UpdateProfileRequest,
        tag: Option<&str>,
    ) -> Result<ProfileBody, Error> {
        let request = self.request(Method::PUT, &["api", "auth", "me", "profile"]);
        let request = tag.into_iter().fold(request, |request, tag| request.header(IF_MATCH, tag));
        call_with(request, change).await
    }

    /// Returns the caller's picture and its entity tag.
    pub async fn own_avatar(&self) -> Result<(Image, String), Error> {
        call_for_image(self.request(Method::GET, &["api", "auth", "me", "avatar"])).await
    }

    /// Sets the caller's picture to a square of this image: PNG, JPEG or WebP, at most 256 KiB.
    pub async fn set_own_avatar(&self, image: Image) -> Result<ProfileBody, Error> {
        let request = self.request(Method::PUT, &["api", "auth", "me", "avatar"]);
        call(request.header(CONTENT_TYPE, image.content_type).body(image.bytes)).await
    }

    /// Removes the caller's picture.
    pub async fn remove_own_avatar(&self) -> Result<(), Error> {
        call_without_answer(self.request(Method::DELETE, &["api", "auth", "me", "avatar"])).await
    }

    /// Returns everything that is stored about the caller. At most 3 calls per hour succeed.
    pub async fn export_account(&self) -> Result<AccountExportBody, Error> {
        call(self.request(Method::GET, &["api", "auth", "me", "export"])).await
    }

    /// Deletes the caller's account, and ends every session of it. Until the returned `purge_at`, a sign-in with `restore`
    /// restores it.
    pub async fn delete_account(&self, password: &str) -> Result<DeletedAccount, Error> {
        let body = DeleteAccountRequest { password: password.to_owned() };
        call_with(self.request(Method::DELETE, &["api", "auth", "me"]), &body).await
    }

    async fn post_account(&self, path: &[&str], body: &impl serde::Serialize) -> Result<(), Error> {
        call_without_answer(self.request(Method::POST, path).json(body)).await
    }
}

fn link_token(token: &str) -> LinkTokenRequest {
    LinkTokenRequest { token: token.to_owned() }
}

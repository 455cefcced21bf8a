//! `/api/auth`

use reqwest::Method;
use steward_contracts::bodies::{LoginRequest, LoginResponse, RegisterRequest, UserBody};

use crate::client::{call, call_with, call_without_answer};
use crate::{Client, Error};

impl Client {
    /// Signs in. The answer's `access_token` goes into [`Client::with_token`].
    pub async fn login(&self, user_id: &str, password: &str) -> Result<LoginResponse, Error> {
        let body = LoginRequest { user_id: user_id.to_owned(), password: password.to_owned() };
        call_with(self.request(Method::POST, &["api", "auth", "login"]), &body).await
    }

    /// Makes an account of role `user`.
    pub async fn register(&self, body: &RegisterRequest) -> Result<UserBody, Error> {
        call_with(self.request(Method::POST, &["api", "auth", "register"]), body).await
    }

    /// Whose token this is.
    pub async fn me(&self) -> Result<UserBody, Error> {
        call(self.request(Method::GET, &["api", "auth", "me"])).await
    }

    /// Ends the session that the token belongs to, everywhere and at once.
    pub async fn logout(&self) -> Result<(), Error> {
        call_without_answer(self.request(Method::POST, &["api", "auth", "logout"])).await
    }
}

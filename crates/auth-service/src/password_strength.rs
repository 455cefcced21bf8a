//! Checks the strength of new passwords and rejects weak ones.

use secrecy::{ExposeSecret, SecretString};
use steward_domain::{Password, PasswordHash, PasswordReport, PersonalFacts, User, WeakPassword};

use crate::AuthService;
use crate::hashing::HashingError;

/// Personal data of the user, which a password must not contain; unknown fields are empty.
#[derive(Debug, Clone, Default)]
pub struct PersonalData {
    /// The user id.
    pub user_id: String,
    /// The e-mail address.
    pub email: String,
    /// The display name.
    pub name: String,
}

/// Errors of [`AuthService::hash_chosen`].
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnusablePassword {
    /// The policy rejects the password.
    #[error("the password {0}")]
    Weak(WeakPassword),
    /// The password could not be checked or hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
}

impl AuthService {
    /// Checks the strength of any text as a password. Stores nothing.
    pub async fn password_strength(
        &self,
        text: SecretString,
        personal_data: PersonalData,
    ) -> Result<PasswordReport, HashingError> {
        let policy = self.password_policy;
        self.hasher.run(move || policy.check(text.expose_secret(), &personal_data.facts())).await
    }

    /// Hashes a new password if the policy accepts it.
    pub(crate) async fn hash_chosen(
        &self,
        password: Password,
        personal_data: PersonalData,
    ) -> Result<PasswordHash, UnusablePassword> {
        let policy = self.password_policy;
        let check = move |text: &str| policy.check(text, &personal_data.facts()).into_result();
        self.hasher.hash_if(password.into(), check).await?.map_err(UnusablePassword::Weak)
    }
}

impl PersonalData {
    fn facts(&self) -> PersonalFacts<'_> {
        PersonalFacts { user_id: &self.user_id, email: &self.email, name: &self.name }
    }
}

impl From<&User> for PersonalData {
    fn from(user: &User) -> Self {
        Self { user_id: user.user_id.to_string(), email: user.email.to_string(), name: user.name.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use steward_domain::Weakness;

    use super::*;
    use crate::testing::TestApp;

    #[tokio::test]
    async fn the_report_considers_personal_data_and_the_limit_of_bcrypt() {
        let app = TestApp::new().await;
        let personal_data = PersonalData { name: "홍길동".to_owned(), ..PersonalData::default() };
        for (text, expected) in [
            ("correct horse", vec![]),
            ("홍길동 correct horse", vec![Weakness::ContainsName]),
            (&"길".repeat(25), vec![Weakness::TooLong]),
        ] {
            let report = app.service.password_strength(text.into(), personal_data.clone()).await.unwrap();
            let weaknesses: Vec<_> = report
                .weaknesses
                .into_iter()
                .filter(|weakness| !matches!(weakness, Weakness::Guessable { .. }))
                .collect();
            assert_eq!(weaknesses, expected, "{text}");
        }
        assert_eq!(app.hashes(), 3, "the checks run on the hashing threads");
    }
}

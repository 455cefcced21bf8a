//! Judges a password that somebody wants, and keeps those from being set that are not good enough.

use secrecy::{ExposeSecret, SecretString};
use steward_domain::{Invalid, Password, PasswordHash, PasswordReport, PersonalFacts, User};

use crate::AuthService;
use crate::hashing::HashingError;

/// What is known of the one who wants a password; unknown is empty.
#[derive(Debug, Clone, Default)]
pub struct PersonalData {
    /// What they sign in with.
    pub user_id: String,
    /// Their e-mail address.
    pub email: String,
    /// How they are called.
    pub name: String,
}

/// Why a password is not set.
#[derive(Debug, thiserror::Error)]
pub(crate) enum UnusablePassword {
    /// The policy does not take it.
    #[error("the password {0}")]
    Weak(Invalid),
    /// It could be neither judged nor hashed.
    #[error(transparent)]
    Hashing(#[from] HashingError),
}

impl AuthService {
    /// Judges any text as a password for somebody. Nothing is kept of it.
    pub async fn password_strength(
        &self,
        text: SecretString,
        of: PersonalData,
    ) -> Result<PasswordReport, HashingError> {
        let policy = self.password_policy;
        self.hasher.run(move || policy.check(text.expose_secret(), &of.facts())).await
    }

    /// Hashes a password that somebody chose, if the policy takes it.
    pub(crate) async fn hash_chosen(
        &self,
        password: Password,
        of: PersonalData,
    ) -> Result<PasswordHash, UnusablePassword> {
        let policy = self.password_policy;
        let check = move |text: &str| policy.check(text, &of.facts()).into_result();
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
    async fn the_report_knows_the_one_who_asks_and_the_limits_of_bcrypt() {
        let app = TestApp::new().await;
        let of = PersonalData { name: "홍길동".to_owned(), ..PersonalData::default() };
        for (text, expected) in [
            ("correct horse", vec![]),
            ("홍길동 correct horse", vec![Weakness::ContainsName]),
            (&"길".repeat(25), vec![Weakness::TooLong]),
        ] {
            let report = app.service.password_strength(text.into(), of.clone()).await.unwrap();
            let told: Vec<_> = report
                .weaknesses
                .into_iter()
                .filter(|weakness| !matches!(weakness, Weakness::Guessable { .. }))
                .collect();
            assert_eq!(told, expected, "{text}");
        }
        assert_eq!(app.hashes(), 3, "judged where passwords are hashed, not on an async thread");
    }
}

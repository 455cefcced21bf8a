//! Everything that can be done, in both languages: what it does, what it says, and where its message leads.

mod lists;
mod looking_back;
mod oneself;
mod plain;
mod texts;
mod users;

use steward_testkit::browser::Browser;

use super::words::Language;

/// Fills in the form by which a password is changed.
async fn change_password(browser: &Browser, language: Language, current_label: &str, current: &str, new: &str) {
    browser.fill(current_label, current).await;
    browser.fill(&language.t("account-new-password"), new).await;
    browser.fill(&language.t("account-repeated-password"), new).await;
}

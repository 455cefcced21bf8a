//! Every action, in both languages: its effect, its message, and the link of the message.

mod creating;
mod history;
mod invitations;
mod lists;
mod mails;
mod no_javascript;
mod own_account;
mod profile;
mod texts;
mod users;

use steward_testkit::browser::Browser;

use super::language::Language;

/// Fills in and sends the form that changes a password.
async fn change_password(browser: &Browser, language: Language, current_label: &str, current: &str, new: &str) {
    browser.fill(current_label, current).await;
    browser.fill(&language.t("account-new-password"), new).await;
    browser.fill(&language.t("account-repeated-password"), new).await;
}

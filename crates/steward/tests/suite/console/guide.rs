//! The guide's tests 1 to 5, step by step: in both languages, without JavaScript, and with one process per service.

use steward_testkit::browser::{Browser, BrowserSettings, Key};

use super::helpers::{texts, toast, wait_for_count, wait_for_heading, wait_for_set, wait_for_texts};
use crate::support::{Console, Shape};

/// The texts of the controls and messages in the guide's steps.
struct Words {
    language: &'static str,
    user_id: &'static str,
    password: &'static str,
    sign_in: &'static str,
    user_menu: &'static str,
    user_management: &'static str,
    all_ten: &'static str,
    search: &'static str,
    apply: &'static str,
    role: &'static str,
    administrators: &'static str,
    any: &'static str,
    details_of_jane: &'static str,
    details_of_alice: &'static str,
    activate: &'static str,
    deactivate: &'static str,
    active: &'static str,
    inactive: &'static str,
    activated_toast: &'static str,
    deactivated_toast: &'static str,
    reset_password: &'static str,
    show_temporary_password: &'static str,
    temporary_password: &'static str,
    dashboard: &'static str,
    recent_activity: &'static str,
    activated: &'static str,
    deactivated: &'static str,
    reset: &'static str,
    analytics: &'static str,
    total_users: &'static str,
    active_users: &'static str,
    recent_registrations: &'static str,
    role_distribution: &'static str,
    activity_rate: &'static str,
}

const ENGLISH: Words = Words {
    language: "en",
    user_id: "User ID",
    password: "Password",
    sign_in: "Sign in",
    user_menu: "System Administrator Super admin",
    user_management: "User Management",
    all_ten: "10 users",
    search: "Search users",
    apply: "Apply",
    role: "Role",
    administrators: "Admin (all)",
    any: "Any",
    details_of_jane: "Details of Jane Smith",
    details_of_alice: "Details of Alice Cooper",
    activate: "Activate",
    deactivate: "Deactivate",
    active: "Active",
    inactive: "Inactive",
    activated_toast: "Jane Smith was activated.",
    deactivated_toast: "Jane Smith was deactivated and signed out everywhere.",
    reset_password: "Reset password",
    show_temporary_password: "Show a temporary password",
    temporary_password: "Temporary password",
    dashboard: "Dashboard",
    recent_activity: "Recent Activity",
    activated: "admin activated inactive_user",
    deactivated: "admin deactivated inactive_user",
    reset: "admin reset the password of alice",
    analytics: "Analytics",
    total_users: "Total Users",
    active_users: "Active Users",
    recent_registrations: "Recent Registrations",
    role_distribution: "Role distribution",
    activity_rate: "Activity rate",
};

const KOREAN: Words = Words {
    language: "ko",
    user_id: "아이디",
    password: "비밀번호",
    sign_in: "로그인",
    user_menu: "System Administrator 최고 관리자",
    user_management: "사용자 관리",
    all_ten: "사용자 10명",
    search: "사용자 검색",
    apply: "적용",
    role: "역할",
    administrators: "관리자 (전체)",
    any: "전체",
    details_of_jane: "Jane Smith 상세 정보",
    details_of_alice: "Alice Cooper 상세 정보",
    activate: "활성화",
    deactivate: "비활성화",
    active: "활성",
    inactive: "비활성",
    activated_toast: "Jane Smith 님을 활성화했습니다.",
    deactivated_toast: "Jane Smith 님을 비활성화하고 모든 기기에서 로그아웃했습니다.",
    reset_password: "비밀번호 재설정",
    show_temporary_password: "임시 비밀번호 표시",
    temporary_password: "임시 비밀번호",
    dashboard: "대시보드",
    recent_activity: "최근 활동",
    activated: "admin 님이 inactive_user 님을 활성화했습니다",
    deactivated: "admin 님이 inactive_user 님을 비활성화했습니다",
    reset: "admin 님이 alice 님의 비밀번호를 재설정했습니다",
    analytics: "분석",
    total_users: "전체 사용자",
    active_users: "활성 사용자",
    recent_registrations: "최근 가입",
    role_distribution: "역할 분포",
    activity_rate: "활성 비율",
};

const SAMPLE_USERS: [&str; 10] =
    ["admin", "manager", "user123", "testuser", "alice", "bob", "charlie", "diana", "inactive_user", "eve"];

/// The ids of the listed users.
const IDS: &str = "tr[data-row] .c-main .sub";

#[tokio::test]
async fn the_guides_steps_work() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = person(&console, &ENGLISH, BrowserSettings::default()).await;
    administration(&browser, &ENGLISH, true).await;
    hindsight(&browser, &ENGLISH).await;
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn the_guides_steps_work_in_korean() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = person(&console, &KOREAN, BrowserSettings::default()).await;
    administration(&browser, &KOREAN, true).await;
    hindsight(&browser, &KOREAN).await;
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn the_guides_steps_work_without_javascript() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = person(&console, &ENGLISH, BrowserSettings::default().without_javascript()).await;
    administration(&browser, &ENGLISH, false).await;
    hindsight(&browser, &ENGLISH).await;
}

#[tokio::test]
async fn the_guides_steps_work_with_one_process_per_service() {
    let console = Console::start(Shape::Split).await;
    let browser = person(&console, &ENGLISH, BrowserSettings::default()).await;
    administration(&browser, &ENGLISH, true).await;
    assert_eq!(browser.errors().await, [""; 0]);
}

/// Opens the console and checks the first page.
async fn person(console: &Console, words: &Words, settings: BrowserSettings) -> Browser {
    let browser = console.browser(settings.in_language(words.language)).await;
    browser.goto("/").await;
    browser
}

/// Tests 1 to 3: sign in and list all users, find users, activate and deactivate a user.
async fn administration(browser: &Browser, words: &Words, scripts: bool) {
    browser.fill(words.user_id, "admin").await;
    browser.fill(words.password, "admin123").await;
    browser.click(words.sign_in).await;
    browser.wait_for_path("/dashboard").await;
    browser.wait_for("👤 System Administrator").await;
    browser.click_within("header", words.user_menu).await;
    browser.click_within("header", words.user_management).await;
    browser.wait_for_path("/users").await;
    wait_for_heading(browser, words.user_management).await;
    wait_for_set(browser, IDS, &SAMPLE_USERS).await;
    browser.wait_for(words.all_ten).await;

    // Filters apply while typing, or with a button if no script runs.
    let apply = async || {
        if !scripts {
            browser.click(words.apply).await;
        }
    };
    browser.fill(words.search, "john").await;
    apply().await;
    wait_for_texts(browser, IDS, &["user123"]).await;
    wait_for_texts(browser, "tr[data-row] .who", &["John Doe"]).await;
    if scripts {
        for _ in "john".chars() {
            browser.press(&[Key::Backspace]).await;
        }
    } else {
        browser.fill(words.search, "").await;
    }
    apply().await;
    wait_for_set(browser, IDS, &SAMPLE_USERS).await;
    browser.choose(words.role, words.administrators).await;
    apply().await;
    wait_for_set(browser, IDS, &["admin", "manager"]).await;
    browser.choose(words.role, words.any).await;
    apply().await;
    wait_for_set(browser, IDS, &SAMPLE_USERS).await;

    let row = "tr[data-row]:has([href='/users/inactive_user'])";
    let status = format!("{row} .pill");
    let details = ".row-detail:has([href='/users/inactive_user'])";
    assert_eq!(texts(browser, &format!("{row} .who")).await, ["Jane Smith"]);
    wait_for_texts(browser, &status, &[words.inactive]).await;
    browser.click_within(row, words.details_of_jane).await;
    let button = format!("{details} button");
    assert!(texts(browser, &button).await.contains(&format!("✅ {}", words.activate)));
    browser.click_within(details, words.activate).await;
    toast(browser, words.activated_toast).await;
    wait_for_texts(browser, &status, &[words.active]).await;
    // The row is still open.
    assert!(texts(browser, &button).await.contains(&format!("🚫 {}", words.deactivate)));
    browser.click_within(details, words.deactivate).await;
    toast(browser, words.deactivated_toast).await;
    wait_for_texts(browser, &status, &[words.inactive]).await;
}

/// Tests 4 and 5: the dashboard shows the actions, and analytics count the users.
async fn hindsight(browser: &Browser, words: &Words) {
    // Without scripts the message covers the last row until another page is opened.
    browser.click_within("header", words.user_menu).await;
    browser.click_within("header", words.user_management).await;
    wait_for_count(browser, ".toast", 0).await;
    browser.click_within("tr:has([href='/users/alice'])", words.details_of_alice).await;
    browser.click_within(".row-detail:has([href='/users/alice'])", words.reset_password).await;
    browser.click(words.show_temporary_password).await;
    browser.click(words.reset_password).await;
    wait_for_heading(browser, words.temporary_password).await;
    browser.click_within("header", words.dashboard).await;
    browser.wait_for_path("/dashboard").await;
    browser.wait_for(words.recent_activity).await;
    let newest = ".feed li:nth-child(-n + 3)";
    wait_for_texts(browser, &format!("{newest} > p"), &[words.reset, words.deactivated, words.activated]).await;
    assert_eq!(browser.count(&format!("{newest} time[datetime]")).await, 3);

    browser.click_within("header", words.user_menu).await;
    browser.click_within(".menu-user", words.analytics).await;
    browser.wait_for_path("/analytics").await;
    wait_for_heading(browser, words.analytics).await;
    let labels = texts(browser, ".stat-label").await;
    let values = texts(browser, ".stat-value").await;
    let value = |label: &str| {
        let at = labels.iter().position(|one| one == label).unwrap_or_else(|| panic!("no {label} in {labels:?}"));
        values[at].clone()
    };
    assert_eq!(value(words.total_users), "10");
    assert_eq!(value(words.active_users), "8");
    assert_eq!(value(words.recent_registrations), "10");
    let rates = texts(browser, ".meter-row").await;
    assert!(rates.iter().any(|rate| rate.starts_with(words.activity_rate) && rate.contains("80%")), "{rates:?}");
    let described = format!("#roles svg[aria-label^='{}']", words.role_distribution);
    assert_eq!(browser.count(&described).await, 1);
    assert_eq!(browser.count("#roles svg rect").await, 3);
    wait_for_texts(browser, "#roles tbody td", &["8", "1", "1"]).await;
}

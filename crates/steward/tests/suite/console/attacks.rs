//! Attacks: forged forms, markup in names, open redirects, stolen and forged cookies.

use serde_json::{Value, json};
use steward_testkit::browser::{Browser, BrowserSettings};

use super::helpers::{find_anything, wait_for_heading, wait_for_texts};
use super::visitor::{Visitor, encoded};
use crate::support::{Console, Shape};

/// Every form of the console, with fields that would change something.
const FORMS: [(&str, &[(&str, &str)]); 22] = [
    ("/users/alice/edit", &[("tag", "*"), ("was_name", "Alice Cooper"), ("name", "Mallory")]),
    ("/users/alice/profile", &[("profile_tag", "*"), ("title", "Mallory")]),
    ("/users/inactive_user/activate", &[]),
    ("/users/alice/deactivate", &[]),
    ("/users/alice/unlock", &[]),
    ("/users/alice/reset-password", &[]),
    ("/users/alice/sessions/revoke", &[]),
    ("/users/alice/sessions/none/revoke", &[]),
    ("/users/alice/delete", &[]),
    ("/users/bulk", &[("action", "delete"), ("confirmed", "yes"), ("id", "alice")]),
    ("/users/bulk", &[("action", "deactivate"), ("confirmed", "yes"), ("all", "yes"), ("filters", "")]),
    ("/users/columns", &[("column", "email")]),
    ("/segments", &[("name", "Mine")]),
    ("/segments/delete", &[("name", "Mine")]),
    ("/account/password", &[("current_password", "admin123"), ("new_password", "x"), ("repeated_password", "x")]),
    ("/account/password-strength", &[("new_password", "x")]),
    ("/account/profile", &[("profile_tag", "*"), ("title", "Mallory"), ("was_name", "x"), ("name", "Mallory")]),
    ("/account/avatar/remove", &[]),
    ("/account/sign-out-everywhere", &[]),
    ("/preferences", &[("language", "ko"), ("theme", "dark")]),
    ("/sign-in", &[("user_id", "admin"), ("password", "admin123")]),
    ("/sign-out", &[]),
];

#[tokio::test]
async fn a_forged_form_changes_nothing() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    let alice = console.deployment.api.signed_in("alice", "test123").await;
    let state = async || -> [Value; 4] {
        let mut state = Vec::new();
        for path in ["/api/admin/users?page_size=100", "/api/admin/segments", "/api/admin/audit-logs", "/api/auth/me"] {
            state.push(api.get(path).send().await.expect(200).json().clone());
        }
        state.try_into().unwrap()
    };
    let mut admin = Visitor::new(&console.url);
    admin.sign_in("admin", "admin123");
    let csrf = admin.get("/users/alice").csrf();
    let mut another = Visitor::new(&console.url);
    another.sign_in("manager", "admin123");
    let foreign = another.get("/users/alice").csrf();
    assert_ne!(csrf, foreign);

    let before = state().await;
    for (form, fields) in FORMS {
        let forged = |visitor: &Visitor, csrf: Option<&str>| {
            let fields: Vec<_> = csrf.map(|csrf| ("csrf", csrf)).into_iter().chain(fields.iter().copied()).collect();
            let page = visitor.clone().post(form, &fields);
            assert_eq!(page.status, 403, "{form} {page:?}");
            assert!(page.body.contains("For your safety nothing was changed."), "{page:?}");
        };
        for wrong in [None, Some(""), Some("guessed"), Some(foreign.as_str())] {
            forged(&admin, wrong);
        }
        forged(&admin.clone().with("sec-fetch-site", "cross-site"), Some(&csrf));
        forged(&admin.clone().with("sec-fetch-site", "same-site"), Some(&csrf));
        forged(&admin.clone().with("origin", "https://evil.example"), Some(&csrf));
        forged(&admin.clone().with("origin", "null"), Some(&csrf));
    }
    assert_eq!(state().await, before);
    assert_eq!(alice.get("/api/auth/me").send().await.status(), 200);
    assert_eq!(admin.get("/users").status, 200);

    // The same form from the console's own page takes effect.
    let mut admin = admin.with("sec-fetch-site", "same-origin").with("origin", &console.url);
    assert_eq!(admin.post("/users/alice/deactivate", &[("csrf", &csrf)]).status, 303);
    assert_eq!(alice.get("/api/auth/me").send().await.status(), 401);
}

#[tokio::test]
async fn names_with_markup_are_shown_as_text() {
    const NAMES: [(&str, &str); 2] =
        [("mallory", "<script>window.hacked=1</script>"), ("trudy", "\"><img src=x onerror=window.hacked=1>")];
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    for (user_id, name) in NAMES {
        let email = format!("{user_id}@example.com");
        let body = json!({"user_id": user_id, "email": email, "name": name, "password": "some long words 4711"});
        console.deployment.api.post("/api/auth/register").json(body).send().await.expect(201);
        let rename = async |name: &str| {
            api.put(&format!("/api/admin/users/{user_id}")).json(json!({"name": name})).send().await.expect(200);
        };
        rename("Somebody").await;
        rename(name).await;
    }
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    for (user_id, name) in NAMES {
        let search = format!("/users?search={}", encoded(name));
        for page in [
            format!("{search}&open={user_id}"),
            format!("/users/{user_id}"),
            format!("/users/{user_id}/delete"),
            format!("/audit?target={user_id}"),
            format!("/audit?search={}", encoded(name)),
            format!("/find?q={}", encoded(name)),
        ] {
            browser.goto(&page).await;
            browser.wait_for(name).await;
            assert_no_script_ran(&browser, &page).await;
        }
        // Content loaded by the script, a question, and a toast.
        browser.goto("/users").await;
        browser.fill("Search users", name).await;
        browser.wait_for("1 user").await;
        browser.click_within("tr[data-row]", &format!("Details of {name}")).await;
        browser.click_within(".row-detail", "Reset password").await;
        browser.wait_for(&format!("Reset the password of {name}?")).await;
        browser.click_within("main", "Cancel").await;
        browser.click_within(".row-detail", "Deactivate").await;
        browser.wait_for(&format!("{name} was deactivated")).await;
        assert_no_script_ran(&browser, "/users").await;
        // The names of views are user input, too.
        browser.click("Save view").await;
        browser.fill("Name of the view", &name.replace('/', "|")).await;
        browser.click("Save").await;
        browser.wait_for(&format!("The view “{}” is saved.", name.replace('/', "|"))).await;
        assert_no_script_ran(&browser, "/segments").await;
        // The palette, and live updates.
        browser.goto("/dashboard").await;
        find_anything(&browser).await;
        browser.type_text(name).await;
        wait_for_texts(&browser, "#palette-list a", &[&format!("{name} {user_id}")]).await;
        assert_no_script_ran(&browser, "palette").await;
        browser.goto("/dashboard").await;
        wait_for_heading(&browser, "Dashboard").await;
        api.post(&format!("/api/admin/users/{user_id}/activate")).send().await.expect(200);
        browser.wait_for(&format!("admin activated {user_id}")).await;
        assert_no_script_ran(&browser, "/dashboard").await;
    }
    // The page frame of a user with such a name.
    let mallory = console.signed_in("mallory", "some long words 4711", BrowserSettings::default()).await;
    mallory.wait_for(NAMES[0].1).await;
    assert_no_script_ran(&mallory, "/account").await;
}

/// Checks that no script of a name ran, not even one that only the Content-Security-Policy blocked.
async fn assert_no_script_ran(browser: &Browser, page: &str) {
    assert_eq!(browser.execute("return typeof window.hacked", Vec::new()).await, "undefined", "{page}");
    assert_eq!(browser.count("img[src=x], main script").await, 0, "{page}");
    assert_eq!(browser.errors().await, [""; 0], "{page}");
}

#[tokio::test]
async fn redirects_stay_on_the_site() {
    let console = Console::start(Shape::Sqlite).await;
    let elsewhere = [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "javascript:alert(1)",
        "evil",
    ];
    for next in elsewhere {
        let mut visitor = Visitor::new(&console.url);
        let page = visitor.get(&format!("/sign-in?next={}", encoded(next)));
        let (csrf, user) = (page.csrf(), [("user_id", "admin"), ("password", "admin123")]);
        let fields = [&[("csrf", csrf.as_str()), ("next", next)], &user[..]].concat();
        assert_eq!(visitor.post("/sign-in", &fields).location(), "/dashboard", "{next:?}");
        // Forms send the path of their page, confirmation pages the path to return to.
        let csrf = visitor.get("/users").csrf();
        let fields = [("csrf", csrf.as_str()), ("page", next), ("theme", "dark")];
        assert_eq!(visitor.post("/preferences", &fields).location(), "/", "{next:?}");
        let question = visitor.get(&format!("/users/alice/delete?back={}", encoded(next)));
        assert!(question.body.contains("href=\"/users/alice\""), "{question:?}");
        assert!(!question.body.contains(&format!("href=\"{next}")), "{question:?}");
    }
    let mut visitor = Visitor::new(&console.url);
    let asked = visitor.get("/users?role=user&sort=name");
    assert_eq!((asked.status, asked.location()), (303, "/sign-in?next=%2Fusers%3Frole%3Duser%26sort%3Dname"));
    let page = visitor.get(asked.location());
    let fields = [("csrf", page.csrf()), ("next", page.hidden("next").replace("&#38;", "&").replace("&amp;", "&"))];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let fields = [&fields[..], &[("user_id", "admin"), ("password", "admin123")]].concat();
    assert_eq!(visitor.post("/sign-in", &fields).location(), "/users?role=user&sort=name");
}

#[tokio::test]
async fn the_session_cookie_reveals_nothing() {
    let console = Console::start(Shape::Sqlite).await;
    let mut visitor = Visitor::new(&console.url);
    let page = visitor.sign_in("admin", "admin123");
    let cookies = page.headers("set-cookie");
    for cookie in &cookies {
        let attributes: Vec<_> = cookie.split("; ").skip(1).collect();
        for needed in ["HttpOnly", "SameSite=Lax", "Path=/"] {
            assert!(attributes.contains(&needed), "{cookie}");
        }
        assert!(!attributes.contains(&"Secure") && !cookie.contains("Domain"), "{cookie}");
    }
    let session = visitor.cookies["steward_session"].clone();
    let bytes = bytes_of(&session);
    assert!(bytes.len() > 200, "a session holds tokens: {session}");
    let text = String::from_utf8_lossy(&bytes);
    for secret in ["admin", "Admin", "eyJ", "super", "token", "csrf"] {
        assert!(!session.contains(secret) && !text.contains(secret), "{secret} in {session}");
    }

    // A modified cookie, or another cookie of the console, is not a session.
    let is_session = |value: &str| {
        let mut stranger = Visitor::new(&console.url);
        stranger.cookies.insert("steward_session".to_owned(), value.to_owned());
        stranger.get("/users").status == 200
    };
    assert!(is_session(&session));
    for at in [0, session.len() / 3, session.len() / 2, session.len() - 8] {
        let mut tampered = session.clone().into_bytes();
        tampered[at] = if tampered[at] == b'A' { b'B' } else { b'A' };
        assert!(!is_session(&String::from_utf8(tampered).unwrap()), "{at}");
    }
    let mut stranger = Visitor::new(&console.url);
    stranger.get("/sign-in");
    assert!(!is_session(&stranger.cookies["steward_csrf"]) && !is_session("") && !is_session("admin"));

    // Scripts cannot read the cookie.
    let browser = console.signed_in("admin", "admin123", BrowserSettings::default()).await;
    assert_eq!(browser.execute("return document.cookie", Vec::new()).await, "");
}

#[tokio::test]
async fn behind_a_trusted_proxy_cookies_are_secure_and_addresses_are_forwarded() {
    const AGENT: &str = "Mozilla/5.0 (X11; Linux x86_64) Firefox/150.0";
    for (trusted, address) in [(true, "203.0.113.9"), (false, "127.0.0.1")] {
        let settings = [("STEWARD_TRUSTED_PROXIES", if trusted { "127.0.0.1" } else { "198.51.100.1" })];
        let console = Console::start_with(Shape::Sqlite, &settings).await;
        let mut visitor = Visitor::new(&console.url).behind_tls("203.0.113.9").with("user-agent", AGENT);
        let page = visitor.sign_in("admin", "admin123");
        let session =
            page.headers("set-cookie").into_iter().find(|cookie| cookie.contains("steward_session=")).unwrap();
        assert_eq!(session.starts_with("__Host-steward_session="), trusted, "{session}");
        assert_eq!(session.contains("; Secure"), trusted, "{session}");
        let csrf = visitor.get("/users/alice").csrf();
        assert_eq!(visitor.post("/users/alice/deactivate", &[("csrf", &csrf)]).status, 303);

        let api = console.deployment.super_admin().await;
        let logs = api.get("/api/admin/audit-logs?target=alice").send().await.expect(200);
        // The newest entry; the one before it is the registration.
        assert_eq!((&*logs.column("ip_address")[0], &*logs.column("user_agent")[0]), (address, AGENT));
        let sessions = api.get("/api/admin/users/admin/sessions").send().await.expect(200);
        let of_the_browser = sessions.column("user_agent").iter().position(|agent| agent == AGENT).unwrap();
        assert_eq!(sessions.column("ip_address")[of_the_browser], address);
    }
}

/// Decodes Base64 as used in cookies.
fn bytes_of(base64: &str) -> Vec<u8> {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let text = base64.replace("%2B", "+").replace("%2F", "/").replace("%3D", "");
    let digits = text.bytes().filter_map(|byte| DIGITS.iter().position(|digit| *digit == byte));
    let bits: Vec<_> = digits.flat_map(|digit| (0..6).rev().map(move |bit| digit >> bit & 1)).collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |byte, bit| byte << 1 | u8::from(*bit == 1))).collect()
}

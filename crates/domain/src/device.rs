//! A readable name for a user agent, for lists of sessions. It is an estimate, because a client can send any user
//! agent.

/// The name of an unrecognized user agent.
pub const UNKNOWN: &str = "Unknown device";

/// Browsers by the token that only their user agents contain. Most browsers also claim to be Chrome, Safari or both, so
/// the order matters.
const BROWSERS: [(&str, &str); 15] = [
    ("Edg", "Edge"),
    ("OPR/", "Opera"),
    ("Opera", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Vivaldi/", "Vivaldi"),
    ("YaBrowser/", "Yandex Browser"),
    ("Whale/", "Whale"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("HeadlessChrome/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chromium"),
    ("MSIE ", "Internet Explorer"),
    ("Trident/", "Internet Explorer"),
];

/// Systems by token. The order matters here too: Android also claims to be Linux, and an iPhone claims to be like a
/// Mac.
const SYSTEMS: [(&str, &str); 9] = [
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Mac OS X", "macOS"),
    ("Linux", "Linux"),
    ("FreeBSD", "FreeBSD"),
];

/// Maximum length of a program's name, in bytes.
const LONGEST: usize = 40;

/// Returns the device that a user agent names, or [`UNKNOWN`].
///
/// ```
/// use steward_domain::device::{UNKNOWN, describe};
///
/// let firefox = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0";
/// assert_eq!(describe(Some(firefox)), "Firefox on Windows");
/// assert_eq!(describe(Some("curl/8.5.0")), "curl");
/// assert_eq!(describe(None), UNKNOWN);
/// ```
pub fn describe(user_agent: Option<&str>) -> String {
    let agent = user_agent.unwrap_or_default();
    let system = find(agent, &SYSTEMS);
    match (browser(agent), system) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        (None, None) => program(agent).unwrap_or(UNKNOWN).to_owned(),
    }
}

fn browser(agent: &str) -> Option<&'static str> {
    find(agent, &BROWSERS).or_else(|| (agent.contains("Version/") && agent.contains("Safari/")).then_some("Safari"))
}

fn find(agent: &str, names: &[(&str, &'static str)]) -> Option<&'static str> {
    names.iter().find(|(token, _)| agent.contains(token)).map(|(_, name)| *name)
}

/// Returns the name of a program that is not a browser: the product that its user agent begins with (RFC 9110, 10.1.5).
/// A name with a dot is ignored, because a mail program shows it as a link.
fn program(agent: &str) -> Option<&str> {
    let name = agent.split(['/', ' ']).next()?;
    let token = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-^_`|~".contains(c);
    let is_product = !name.is_empty() && name != "Mozilla" && name.chars().all(token) && name.len() <= LONGEST;
    is_product.then_some(name)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn recognizes_common_browsers_and_programs() {
        for (agent, device) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0", "Firefox on Windows"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 \
                 Safari/537.36 Edg/126.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
                "Chrome on Linux",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/17.5 Safari/605.1.15",
                "Safari on macOS",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/17.5 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/126.0 \
                 Mobile/15E148 Safari/604.1",
                "Chrome on iPad",
            ),
            (
                "Mozilla/5.0 (Linux; Android 14; SM-S921B) AppleWebKit/537.36 (KHTML, like Gecko) \
                 SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36",
                "Samsung Internet on Android",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 \
                 Safari/537.36 OPR/112.0",
                "Opera on ChromeOS",
            ),
            ("Mozilla/5.0 (Windows NT 6.1; Trident/7.0; rv:11.0) like Gecko", "Internet Explorer on Windows"),
            ("curl/8.5.0", "curl"),
            ("python-requests/2.32.3", "python-requests"),
            ("okhttp/4.12.0", "okhttp"),
            ("Dart/3.4 (dart:io)", "Dart"),
            ("CFNetwork/1496.0.7 Darwin/23.5.0", "CFNetwork"),
            ("PostmanRuntime/7.39.0", "PostmanRuntime"),
            ("account.evil.example/1", UNKNOWN),
            ("MyApp/1.0 (Android 14)", "Android"),
            ("Mozilla/5.0", UNKNOWN),
            ("<script>alert(1)</script>", UNKNOWN),
            ("", UNKNOWN),
            (" ", UNKNOWN),
        ] {
            assert_eq!(describe(Some(agent)), device, "{agent}");
        }
        assert_eq!(describe(None), UNKNOWN);
    }

    proptest! {
        #[test]
        fn a_name_is_short_and_harmless_for_any_user_agent(agent in any::<String>()) {
            let device = describe(Some(&agent));
            prop_assert!(!device.is_empty() && device.len() <= LONGEST && !device.contains(['<', '"', '\n']));
        }
    }
}

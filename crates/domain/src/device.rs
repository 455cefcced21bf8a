//! A readable name for a user agent, for lists of sessions and sign-ins, and a filter by it. It is an estimate, because
//! a client can send any user agent.

use crate::Invalid;

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

/// The browser that is recognized by two tokens.
const SAFARI: &str = "Safari";

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

/// Returns the name of a device as storage keeps it, to find it whatever the case.
pub fn device_key(user_agent: Option<&str>) -> String {
    describe(user_agent).to_lowercase()
}

/// A filter by device: a part of the name of a browser, a system or both, or else the beginning of the name of another
/// program. Ignores case.
///
/// ```
/// use steward_domain::device::{DeviceFilter, DeviceMatch};
///
/// let windows = DeviceMatch::Keys(vec!["firefox on windows".to_owned()]);
/// assert_eq!(DeviceFilter::parse("Firefox on Windows")?.matches(), windows);
/// assert_eq!(DeviceFilter::parse("CUR")?.matches(), DeviceMatch::Beginning("cur".to_owned()));
/// # Ok::<(), steward_domain::Invalid>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct DeviceFilter(String);

/// The keys that a [`DeviceFilter`] matches. Both forms are ranges of an index, unlike a part of any text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeviceMatch {
    /// These keys.
    Keys(Vec<String>),
    /// All keys with this beginning.
    Beginning(String),
}

impl DeviceFilter {
    /// Maximum length, in characters.
    pub const MAX: usize = 100;

    /// Parses a part of a name.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let text = text.trim();
        let is_valid = !text.is_empty() && text.chars().count() <= Self::MAX && !text.chars().any(char::is_control);
        is_valid.then(|| Self(text.to_lowercase())).ok_or_else(|| Invalid::new("must be 1 to 100 characters"))
    }

    /// Returns the text, in lower case.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns the keys that match.
    pub fn matches(&self) -> DeviceMatch {
        let known = known_names().into_iter().map(|name| name.to_lowercase());
        let mut keys: Vec<String> = known.filter(|key| key.contains(&self.0)).collect();
        if keys.is_empty() {
            return DeviceMatch::Beginning(self.0.clone());
        }
        // A program may be called as a part of a known name, such as `Fire`.
        if !keys.contains(&self.0) {
            keys.push(self.0.clone());
        }
        DeviceMatch::Keys(keys)
    }
}

/// Returns the name of each device that [`describe`] knows, once.
fn known_names() -> Vec<String> {
    let mut browsers: Vec<&str> = BROWSERS.iter().map(|(_, name)| *name).chain([SAFARI]).collect();
    let mut systems: Vec<&str> = SYSTEMS.iter().map(|(_, name)| *name).collect();
    browsers.dedup();
    systems.dedup();
    let mut names: Vec<String> = browsers
        .iter()
        .flat_map(|browser| systems.iter().map(move |system| format!("{browser} on {system}")))
        .collect();
    names.extend(browsers.into_iter().chain(systems).chain([UNKNOWN]).map(str::to_owned));
    names.sort_unstable();
    names.dedup();
    names
}

fn browser(agent: &str) -> Option<&'static str> {
    find(agent, &BROWSERS).or_else(|| (agent.contains("Version/") && agent.contains("Safari/")).then_some(SAFARI))
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

    #[test]
    fn a_filter_matches_parts_of_known_names_or_the_beginning_of_a_program() {
        let keys = |text| match DeviceFilter::parse(text).unwrap().matches() {
            DeviceMatch::Keys(keys) => keys,
            DeviceMatch::Beginning(beginning) => vec![format!("{beginning}*")],
        };
        assert_eq!(keys("Safari on IPHONE"), ["safari on iphone"]);
        assert_eq!(keys("unknown"), ["unknown device", "unknown"]);
        assert_eq!(keys(" Python-Req "), ["python-req*"]);
        assert!(
            keys("firefox").contains(&"firefox".to_owned()) && keys("firefox").contains(&"firefox on ipad".to_owned())
        );
        assert!(keys("windows").iter().all(|key| key.ends_with("windows")) && keys("windows").len() == 12);
        let known = known_names();
        assert!(known.windows(2).all(|two| two[0] < two[1]) && known.len() < 200, "{}", known.len());
        for text in ["", " ", "a\nb", &"x".repeat(101)] {
            assert!(DeviceFilter::parse(text).is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn a_filter_by_the_whole_name_finds_the_device(agent in any::<String>(), browser in 0..BROWSERS.len(), system in 0..SYSTEMS.len()) {
            let known = format!("{} ({})", BROWSERS[browser].0, SYSTEMS[system].0);
            for agent in [agent.as_str(), &known] {
                let key = device_key(Some(agent));
                let is_found = match DeviceFilter::parse(&describe(Some(agent))).unwrap().matches() {
                    DeviceMatch::Keys(keys) => keys.contains(&key),
                    DeviceMatch::Beginning(beginning) => key.starts_with(&beginning),
                };
                prop_assert!(is_found, "{key}");
            }
        }

        #[test]
        fn a_name_is_short_and_harmless_for_any_user_agent(agent in any::<String>()) {
            let device = describe(Some(&agent));
            prop_assert!(!device.is_empty() && device.len() <= LONGEST && !device.contains(['<', '"', '\n']));
        }
    }
}

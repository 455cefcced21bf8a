//! The sign-in log, and the active sessions of all users.
//!
//! - `list`: the sign-in attempts. `filter`: their filter.
//! - `sessions`: the active sessions, with a filter of their own.

mod filter;
mod list;
mod sessions;

use actix_web::web::{ServiceConfig, get};

use super::facets::Facets;
use crate::frame::grouped;
use crate::language::Language;
pub(super) use filter::failures_since;

/// The path of the sign-in log.
pub(super) const SIGN_INS: &str = "/sign-ins";
/// The path of the active sessions.
pub(super) const SESSIONS: &str = "/sessions";

pub(super) fn routes(config: &mut ServiceConfig) {
    config.route(SIGN_INS, get().to(list::show)).route(SESSIONS, get().to(sessions::show));
}

/// An active facet, and the URL without it.
struct Chip {
    text: String,
    without: String,
}

/// Describes the active facets. `show` formats the value of a facet.
fn chips<const N: usize>(
    language: Language,
    facets: &Facets<N>,
    show: impl Fn(&'static str, &str) -> String,
) -> Vec<Chip> {
    let chip = |(facet, value): (&'static str, &str)| Chip {
        text: format!("{}: {}", language.text(label(facet)), show(facet, value)),
        without: facets.without(facet),
    };
    facets.active().map(chip).collect()
}

/// Returns the id of the text that names a facet.
fn label(facet: &str) -> &'static str {
    match facet {
        "outcome" => "sign-ins-outcome",
        "user" => "sign-ins-user",
        "address" => "sign-ins-address",
        "device" => "sign-ins-device",
        "from" => "audit-from",
        "to" => "audit-to",
        _ => "sign-ins-since",
    }
}

/// Returns the id of the text for a value that is not valid.
fn error_text(facet: &str) -> &'static str {
    match facet {
        "outcome" => "sign-ins-outcome-wrong",
        "user" => "sign-ins-user-wrong",
        "address" => "sign-ins-address-wrong",
        "device" => "sign-ins-device-wrong",
        "from" => "audit-from-wrong",
        "to" => "audit-to-wrong",
        _ => "sign-ins-since-wrong",
    }
}

/// Formats a number of items, with a plus sign if it is a lower bound.
fn total(language: Language, id: &str, count: u64, is_exact: bool) -> String {
    let total = grouped(count) + if is_exact { "" } else { "+" };
    language.text_with(id, &[("count", count.into()), ("total", total.into())])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_facet_has_texts_in_every_language() {
        for language in Language::ALL {
            for facet in filter::FACETS {
                for id in [label(facet), error_text(facet)] {
                    assert_ne!(language.text(id), id, "{facet}");
                }
            }
        }
    }

    #[test]
    fn a_total_that_is_not_exact_has_a_plus_sign() {
        for (count, is_exact, english, korean) in [
            (0, true, "0 attempts", "시도 0건"),
            (1, true, "1 attempt", "시도 1건"),
            (1_000, false, "1,000+ attempts", "시도 1,000+건"),
        ] {
            assert_eq!(total(Language::English, "sign-ins-total", count, is_exact), english);
            assert_eq!(total(Language::Korean, "sign-ins-total", count, is_exact), korean);
        }
        assert_eq!(total(Language::English, "sessions-total", 1, true), "1 session");
    }
}

use super::Weakness;
use crate::User;

/// What others know of a user. A form that is still being filled in may give less: unknown is empty.
#[derive(Debug, Clone, Copy, Default)]
pub struct PersonalFacts<'a> {
    /// What the user signs in with.
    pub user_id: &'a str,
    /// The e-mail address.
    pub email: &'a str,
    /// How the user is called.
    pub name: &'a str,
}

impl<'a> From<&'a User> for PersonalFacts<'a> {
    fn from(user: &'a User) -> Self {
        Self { user_id: user.user_id.as_str(), email: user.email.as_str(), name: user.name.as_str() }
    }
}

impl<'a> PersonalFacts<'a> {
    /// What of these facts stands in `text`, in any case.
    pub(super) fn found_in(&self, text: &str) -> Vec<Weakness> {
        let text = text.to_lowercase();
        let is_in = |fact: &str| is_telling(fact) && text.contains(&fact.to_lowercase());
        let found = [
            (is_in(self.user_id), Weakness::ContainsUserId),
            (is_in(self.mailbox()), Weakness::ContainsEmail),
            // The whole name, too: `Bo Li` has no part that is long enough.
            (is_in(self.name) || words(self.name).any(is_in), Weakness::ContainsName),
        ];
        found.into_iter().filter_map(|(found, weakness)| found.then_some(weakness)).collect()
    }

    /// Everything that a guesser who knows the user would try.
    pub(super) fn words(&self) -> impl Iterator<Item = &'a str> {
        let whole = [self.user_id, self.mailbox(), self.name];
        whole
            .into_iter()
            .chain([self.user_id, self.email, self.name].into_iter().flat_map(words))
            .filter(|w| is_telling(w))
    }

    /// The address before its @, without a tag (`gildong+shop@example.com`).
    fn mailbox(&self) -> &'a str {
        let local = self.email.rsplit_once('@').map_or(self.email, |(local, _)| local);
        local.split('+').next().unwrap_or(local)
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
}

/// At least three letters; or two where each is a syllable, as in Korean: a given name, mostly.
fn is_telling(fact: &str) -> bool {
    fact.len() >= 6 || fact.chars().count() >= 3
}

#[cfg(test)]
mod tests {
    use super::*;

    const GILDONG: PersonalFacts<'_> =
        PersonalFacts { user_id: "Gildong7", email: "hong.gd+shop@example.com", name: "홍 길동 O'Neil-Li" };

    #[test]
    fn each_fact_is_found_in_any_case() {
        for (text, weakness) in [
            ("my gildong7 is great", Weakness::ContainsUserId),
            ("xxGILDONG7", Weakness::ContainsUserId),
            ("12hong.gd34", Weakness::ContainsEmail),
            ("the 길동 of old", Weakness::ContainsName),
            ("the nEiL armstrong", Weakness::ContainsName),
        ] {
            assert_eq!(GILDONG.found_in(text), [weakness], "{text}");
        }
        let bo = PersonalFacts { name: "Bo Li", ..PersonalFacts::default() };
        assert_eq!(bo.found_in("I am bo li."), [Weakness::ContainsName]);
    }

    #[test]
    fn what_is_too_short_to_tell_or_no_more_than_a_tag_or_a_domain_is_not() {
        for text in ["correct horse", "홍시", "o li shop", "example.com", "gildong", "hong"] {
            assert_eq!(GILDONG.found_in(text), [], "{text}");
        }
        assert_eq!(PersonalFacts::default().found_in("anything"), []);
    }

    #[test]
    fn a_guesser_tries_each_word() {
        let words: Vec<_> = GILDONG.words().collect();
        let expected =
            ["Gildong7", "hong.gd", GILDONG.name, "Gildong7", "hong", "shop", "example", "com", "길동", "Neil"];
        assert_eq!(words, expected);
    }
}

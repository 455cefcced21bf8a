use super::Weakness;
use crate::User;

/// Facts about a user that an attacker may know. A fact is empty if it is unknown, as in a form that is not complete
/// yet.
#[derive(Debug, Clone, Copy, Default)]
pub struct PersonalFacts<'a> {
    /// The id that the user signs in with.
    pub user_id: &'a str,
    /// The e-mail address.
    pub email: &'a str,
    /// The display name.
    pub name: &'a str,
}

impl<'a> From<&'a User> for PersonalFacts<'a> {
    fn from(user: &'a User) -> Self {
        Self { user_id: user.user_id.as_str(), email: user.email.as_str(), name: user.name.as_str() }
    }
}

impl<'a> PersonalFacts<'a> {
    /// Returns a weakness for each fact that `text` contains, in any case.
    pub(super) fn found_in(&self, text: &str) -> Vec<Weakness> {
        let text = text.to_lowercase();
        let is_in = |fact: &str| is_identifying(fact) && text.contains(&fact.to_lowercase());
        let found = [
            (is_in(self.user_id), Weakness::ContainsUserId),
            (is_in(self.mailbox()), Weakness::ContainsEmail),
            // The whole name counts too, because a name such as `Bo Li` has no part that is long enough.
            (is_in(self.name) || words(self.name).any(is_in), Weakness::ContainsName),
        ];
        found.into_iter().filter_map(|(found, weakness)| found.then_some(weakness)).collect()
    }

    /// Returns all facts and their words, as an attacker who knows the user would try them.
    pub(super) fn words(&self) -> impl Iterator<Item = &'a str> {
        let whole = [self.user_id, self.mailbox(), self.name];
        whole
            .into_iter()
            .chain([self.user_id, self.email, self.name].into_iter().flat_map(words))
            .filter(|w| is_identifying(w))
    }

    /// Returns the address before its @, without a tag (`gildong+shop@example.com`).
    fn mailbox(&self) -> &'a str {
        let local = self.email.rsplit_once('@').map_or(self.email, |(local, _)| local);
        local.split('+').next().unwrap_or(local)
    }
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric())
}

/// Whether a fact is long enough to identify the user: at least three letters, or two Korean syllables, as in most
/// Korean given names.
fn is_identifying(fact: &str) -> bool {
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
    fn short_facts_tags_and_domains_are_ignored() {
        for text in ["correct horse", "홍시", "o li shop", "example.com", "gildong", "hong"] {
            assert_eq!(GILDONG.found_in(text), [], "{text}");
        }
        assert_eq!(PersonalFacts::default().found_in("anything"), []);
    }

    #[test]
    fn words_contain_every_fact_and_its_parts() {
        let words: Vec<_> = GILDONG.words().collect();
        let expected =
            ["Gildong7", "hong.gd", GILDONG.name, "Gildong7", "hong", "shop", "example", "com", "길동", "Neil"];
        assert_eq!(words, expected);
    }
}

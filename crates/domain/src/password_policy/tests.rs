use proptest::prelude::*;

use super::*;

const NO_FACTS: PersonalFacts<'_> = PersonalFacts { user_id: "", email: "", name: "" };
const GILDONG: PersonalFacts<'_> =
    PersonalFacts { user_id: "gildong", email: "hong.gd@example.com", name: "홍길동 Gil-dong Hong" };

fn report(text: &str) -> PasswordReport {
    PasswordPolicy::default().check(text, &NO_FACTS)
}

fn codes(text: &str, facts: &PersonalFacts<'_>) -> Vec<&'static str> {
    PasswordPolicy::default().check(text, facts).weaknesses.into_iter().map(Weakness::code).collect()
}

#[test]
fn the_most_common_passwords_are_refused_as_breached() {
    for text in ["password", "password123", "qwerty123", "12345678", "iloveyou", "Passw0rd", "sunshine1", "qwertyuiop"]
    {
        let report = report(text);
        assert_eq!(report.weaknesses, [Weakness::Breached], "{text}");
        assert!(report.score <= 1, "{text}");
    }
}

#[test]
fn unlisted_passwords_are_refused_if_they_are_easy_to_guess() {
    for text in ["aaaaaaaaaaaaaaaa", "abcdefghijklmnopqrst", "2019-11-23", "P4$$w0rd-99", "Stewardsteward"] {
        assert_eq!(codes(text, &NO_FACTS), ["guessable"], "{text}");
    }
    let report = report("2019-11-23");
    assert_eq!(report.warning.as_deref(), Some("Dates are often easy to guess."));
    assert!(
        report.suggestions.iter().any(|suggestion| suggestion == "Add another word or two. Uncommon words are better.")
    );
}

#[test]
fn strong_passwords_are_accepted() {
    for text in ["correct horse", "battery staple", "8x!Kd0#vQz2m", "kq7f-2m9x-zt4b-r0sw"] {
        assert!(report(text).is_acceptable(), "{text}: {:?}", report(text));
    }
    assert_eq!((report("correct horse").score, report("8x!Kd0#vQz2m").score), (3, 4));
}

#[test]
fn korean_passphrases_are_checked_like_others() {
    for text in ["나는 오늘 학교에 간다", "고양이가 창문을 열었다", "안개낀호수의노래"] {
        assert!(report(text).is_acceptable(), "{text}: {:?}", report(text));
    }
    assert_eq!(codes("비밀번호", &NO_FACTS), ["too_short", "guessable"]);
    assert_eq!(codes("비밀번호입니다12", &NO_FACTS), ["breached"]);
    assert_eq!(codes("가가가가가가가가", &NO_FACTS), ["guessable"]);
    assert_eq!(codes("dkssudgktpdy", &NO_FACTS), ["breached"], "안녕하세요 on a Latin keyboard");
    assert_eq!(codes("우리 홍길동 만세 만세", &GILDONG), ["contains_name"]);
    assert_eq!(codes(&"길".repeat(25), &NO_FACTS), ["too_long", "guessable"], "75 bytes");
}

#[test]
fn passwords_that_bcrypt_would_truncate_are_refused() {
    let long = "correct horse battery staple, and then one of seventy-two bytes exactly.";
    assert_eq!(long.len(), 72);
    assert!(report(long).is_acceptable());
    assert_eq!(report(&format!("{long}.")).weaknesses, [Weakness::TooLong]);
    assert_eq!(report("correct\0horse").weaknesses, [Weakness::NullCharacter]);
}

#[test]
fn a_report_contains_every_weakness() {
    assert_eq!(codes("hong.gd", &GILDONG), ["too_short", "contains_email", "contains_name", "guessable"]);
    let facts = PersonalFacts { user_id: "alice", email: "alice@example.com", name: "Alice" };
    assert_eq!(
        codes("ALICE", &facts),
        ["too_short", "contains_user_id", "contains_email", "contains_name", "breached"]
    );
    assert_eq!(codes("", &facts), ["too_short", "guessable"]);
}

#[test]
fn personal_facts_are_refused_in_strong_passwords_too() {
    let facts = PersonalFacts { email: "hong.gd@example.com", ..NO_FACTS };
    assert_eq!(codes("8x!Kd0#vHONG.GDQz2m", &facts), ["contains_email"]);
    assert!(PasswordPolicy::default().check("8x!Kd0#vHONG.GDQz2m", &NO_FACTS).is_acceptable());
}

#[test]
fn strict_and_lax_settings_change_the_result() {
    let strict = PasswordPolicy::default().with_min_length(16).unwrap().with_min_score(4).unwrap();
    assert_eq!(
        strict.check("correct horse", &NO_FACTS).weaknesses,
        [Weakness::TooShort { min_length: 16 }, Weakness::Guessable { score: 3, min_score: 4 }]
    );
    assert!(strict.check("correct horse battery staple", &NO_FACTS).is_acceptable());

    let lax = PasswordPolicy::default().with_min_score(0).unwrap().with_breached_check(false);
    assert!(lax.check("password", &NO_FACTS).is_acceptable());
    assert_eq!(lax.check("passwor", &NO_FACTS).weaknesses, [Weakness::TooShort { min_length: 8 }]);
    assert_eq!(lax.check(&"p".repeat(73), &NO_FACTS).weaknesses, [Weakness::TooLong]);
}

#[test]
fn a_password_is_checked_in_its_hashed_form() {
    let decomposed = "\u{1112}\u{1169}\u{11BC}";
    assert_eq!(codes(&decomposed.repeat(7), &NO_FACTS), ["too_short", "guessable"], "7 characters");
    assert!(!codes(&decomposed.repeat(24), &NO_FACTS).contains(&"too_long"), "72 bytes");
    assert_eq!(codes("pass\u{A0}word", &NO_FACTS), codes("pass word", &NO_FACTS));
    for text in ["8x!Kd0#vQz2m\t", "8x!Kd0#vQz2m\u{200B}", "8x!Kd0#vQz2m\u{E000}"] {
        assert_eq!(codes(text, &NO_FACTS), ["forbidden_character"], "{text:?}");
    }
    assert_eq!(codes("8x!Kd0#vQz2m\0", &NO_FACTS), ["null_character"]);
}

#[test]
fn settings_out_of_bounds_are_refused() {
    let policy = PasswordPolicy::default();
    assert!([8, 24].into_iter().all(|length| policy.with_min_length(length).is_ok()));
    assert!([0, 7, 25, usize::MAX].into_iter().all(|length| policy.with_min_length(length).is_err()));
    assert!((0..=4).all(|score| policy.with_min_score(score).is_ok()));
    assert_eq!(policy.with_min_score(5).unwrap_err().to_string(), "must be from 0 to 4");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn acceptable_passwords_contain_no_personal_facts(
        start in ".{0,30}", fact in "(gildong|HONG.GD|홍길동|xyz)?", end in "[a-z0-9 가-힣]{0,60}",
    ) {
        let text = format!("{start}{fact}{end}");
        let report = PasswordPolicy::default().check(&text, &GILDONG);
        if report.is_acceptable() {
            prop_assert!(Password::parse(&text).is_ok());
            prop_assert!(fact.is_empty() || fact == "xyz");
            prop_assert!(report.score >= 2);
        }
        prop_assert_eq!(report.is_acceptable(), report.into_result().is_ok());
    }

    #[test]
    fn no_report_contains_the_password(text in "[qxzj0-9]{8,20}") {
        let report = report(&text);
        let shown = format!("{report:?} {:?}", report.clone().into_result());
        prop_assert!(!shown.contains(&text));
    }
}

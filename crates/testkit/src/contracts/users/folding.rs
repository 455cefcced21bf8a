//! Search by folded text (see `steward_domain::search_fold`).

use steward_domain::{DisplayName, SearchTerm};

use super::listing::ids;
use super::searching::{assert_found, create, found};
use crate::a_user;
use crate::contracts::Store;

/// Terms match composed or decomposed text, with accents or without, in any case, with words in any order.
pub async fn a_search_ignores_accents_composition_and_word_order(store: Store) {
    for (user_id, name) in [
        ("gildong", "홍길동"),
        ("jamo", "\u{1112}\u{1169}\u{11bc}\u{1100}\u{1175}\u{11af}\u{1109}\u{116e}\u{11ab}"),
        ("jorg", "Jörg Müller-Straße"),
        ("marie", "Marie Élise DUPONT"),
        ("dotless", "Işıl İnci"),
        ("sigma", "ΟΔΥΣΣΕΎΣ"),
        ("soren", "Søren Łukasz Ærø"),
        ("zhuk", "Йозеф Жук"),
        ("arabic", "مُحَمَّد خان"),
        ("kana", "がぎ ﾊﾝ"),
        ("party", "Z\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467}Z"),
        ("hyphen", "Software"),
    ] {
        create(&store, a_user(user_id).email(&format!("{user_id}@mail.example")).name(name)).await;
    }
    let jamo = "\u{1112}\u{1169}\u{11bc}\u{1100}\u{1175}\u{11af}";
    let long = "x".repeat(100);
    for (term, expected) in [
        ("홍길동", &["gildong"][..]),
        ("홍길", &["gildong", "jamo"]),
        (jamo, &["gildong", "jamo"]),
        ("길순", &["jamo"]),
        ("기", &[]),
        ("Mu\u{308}ller", &["jorg"]),
        ("MÜLLER", &["jorg"]),
        ("muller", &["jorg"]),
        ("müller-strasse", &["jorg"]),
        ("STRAẞE jörg", &["jorg"]),
        ("straße", &["jorg"]),
        ("mueller", &[]),
        ("dupont marie", &["marie"]),
        ("élise du marie@", &["marie"]),
        ("dupont paul", &[]),
        ("mariedupont", &[]),
        ("exampleMarie", &[]),
        ("ISIL", &["dotless"]),
        ("ışıl", &["dotless"]),
        ("i\u{307}nci", &["dotless"]),
        ("INCI IŞIL", &["dotless"]),
        ("οδυσσευς", &["sigma"]),
        ("Οδυσσεύσ", &["sigma"]),
        ("soren lukasz aero", &["soren"]),
        ("ÆRØ SØREN", &["soren"]),
        ("жУК", &["zhuk"]),
        ("и\u{306}озеф", &["zhuk"]),
        ("иозеф", &[]),
        ("مُحَمَّد", &["arabic"]),
        ("خان مُحَمَّد", &["arabic"]),
        ("か\u{3099}き\u{3099}", &["kana"]),
        ("か", &[]),
        ("ﾊﾝ が", &["kana"]),
        ("\u{1f468}\u{1f469}", &["party"]),
        ("\u{1f468}\u{200d}\u{1f469}", &["party"]),
        ("\u{1f469}\u{fe0f}", &["party"]),
        ("Soft\u{ad}ware", &["hyphen"]),
        ("so\u{200b}ft", &["hyphen"]),
        (&long, &[]),
        ("%", &[]),
        ("s_ft", &[]),
        (r"soft\", &[]),
        ("\u{301}", &[]),
    ] {
        assert_eq!(ids(&found(&store, term).await), expected, "{term:?}");
    }
    let all = found(&store, "mail.example").await.len();
    assert_eq!(found(&store, "\u{200b}\u{ad} \u{3164}").await.len(), all, "invisible characters are not a search term");
}

/// Parts of names and terms: letters with several forms, their components, combining marks, and characters with a
/// meaning in patterns and query languages.
const PIECES: [&str; 48] = [
    "a",
    "A",
    "e",
    "E",
    "i",
    "I",
    "o",
    "O",
    "u",
    "s",
    "S",
    "k",
    "ö",
    "Ö",
    "é",
    "İ",
    "ı",
    "ß",
    "ẞ",
    "ﬁ",
    "ø",
    "Æ",
    "ǅ",
    "\u{308}",
    "\u{301}",
    "\u{307}",
    "\u{338}",
    "\u{345}",
    "σ",
    "ς",
    "Σ",
    "ΐ",
    "и",
    "й",
    "\u{306}",
    "ъ",
    "\u{1c86}",
    "ꭰ",
    "Ꭰ",
    "길",
    "\u{1100}",
    "\u{1175}",
    "\u{11af}",
    "か",
    "\u{3099}",
    "\u{34f}",
    "\u{1f980}",
    " ",
];

/// The next pseudo-random text (a linear congruential generator).
fn a_text(state: &mut u64) -> String {
    let mut next = || {
        *state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(*state >> 40).unwrap()
    };
    let wild = ["%", "_", "\\", "\"", "'", "*", "-", "(", "^", "\u{200b}"];
    let length = 1 + next() % 7;
    (0..length)
        .map(|_| if next() % 12 == 0 { wild[next() % wild.len()] } else { PIECES[next() % PIECES.len()] })
        .collect()
}

/// For pseudo-random names and terms.
pub async fn a_search_matches_the_rule_of_the_domain(store: Store) {
    let mut state = 12;
    let mut users = Vec::new();
    while users.len() < 300 {
        let text = a_text(&mut state);
        if DisplayName::parse(&text).is_ok() {
            let number = format!("{:03}", users.len());
            users.push(create(&store, a_user(&number).email(&format!("{number}@q.zz")).name(&text)).await);
        }
    }
    for n in 0..400 {
        let text = match users.get(n) {
            // Part of a name, in another form or order.
            Some(user) if n % 2 == 0 => {
                let letters: Vec<char> = user.name.as_str().to_uppercase().chars().collect();
                letters[letters.len() / 3..].iter().collect()
            }
            _ => a_text(&mut state),
        };
        if let Ok(Some(term)) = SearchTerm::parse(&text) {
            assert_found(&store, &users, &term).await;
        }
    }
}

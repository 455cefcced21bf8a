use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::*;

/// Messages of a catalogue, with the values that each takes.
fn messages(catalogues: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages = BTreeMap::new();
    let mut id = String::new();
    for line in catalogues.iter().flat_map(|catalogue| catalogue.lines()) {
        if let Some((name, _)) = line.split_once(" =").filter(|(name, _)| is_id(name)) {
            id = name.to_owned();
            assert!(messages.insert(id.clone(), BTreeSet::new()).is_none(), "{id} is there twice");
        }
        for (at, _) in line.match_indices('$') {
            let value: String = line[at + 1..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            messages.get_mut(&id).expect("a value outside of any message").insert(value);
        }
    }
    messages
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[test]
fn both_catalogues_parse_and_say_the_same_with_the_same_values() {
    for catalogue in ENGLISH.iter().chain(KOREAN) {
        let resource = FluentResource::try_new((*catalogue).to_owned());
        assert!(resource.is_ok(), "{:?}", resource.err().map(|(_, errors)| errors));
    }
    let (english, korean) = (messages(ENGLISH), messages(KOREAN));
    assert!(english.len() > 50);
    assert_eq!(english, korean);
}

/// Ids that templates and code ask for by name: `t("…")`, `tw("…"`, `text("…")`, `text_with("…"`.
fn asked_for(folder: &Path, ids: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            asked_for(&path, ids);
        } else {
            let content = fs::read_to_string(&path).unwrap();
            for call in ["t(\"", "tw(\"", "tw2(\"", "text(\"", "text_with(\""] {
                for (at, _) in content.match_indices(call) {
                    let before = content[..at].chars().next_back().unwrap_or(' ');
                    let id = content[at + call.len()..].split('"').next().unwrap_or_default();
                    if !before.is_alphanumeric() && before != '_' && is_id(id) {
                        ids.insert(id.to_owned());
                    }
                }
            }
        }
    }
}

#[test]
fn every_text_that_is_asked_for_is_there_and_every_text_that_is_there_is_mentioned() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut asked = BTreeSet::new();
    asked_for(&root.join("templates"), &mut asked);
    asked_for(&root.join("src"), &mut asked);
    let there: BTreeSet<String> = messages(ENGLISH).into_keys().collect();
    let missing: Vec<_> = asked.difference(&there).collect();
    assert!(missing.is_empty(), "{missing:?}");
    // Those whose ids are put together say by which prefix, in the code that does so.
    let mut everything = String::new();
    gather(&root.join("templates"), &mut everything);
    gather(&root.join("src"), &mut everything);
    let prefix = |id: &str| id.rfind('-').is_some_and(|at| everything.contains(&format!("\"{}-{{", &id[..at])));
    let unused: Vec<_> = there.iter().filter(|id| !everything.contains(&format!("\"{id}\"")) && !prefix(id)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

fn gather(folder: &Path, content: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            gather(&path, content);
        } else {
            content.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn a_browser_gets_the_language_it_prefers_of_those_there_are() {
    for (header, expected) in [
        ("", Language::English),
        ("ko", Language::Korean),
        ("ko-KR,ko;q=0.9,en-US;q=0.8,en;q=0.7", Language::Korean),
        ("fr,en;q=0.5,ko;q=0.4", Language::English),
        ("en;q=0.5, ko;q=0.9", Language::Korean),
        ("ko;q=0", Language::English),
        ("de, *;q=0.1", Language::English),
        ("KO;q=nonsense,en", Language::English),
    ] {
        assert_eq!(Language::preferred(header), expected, "{header}");
    }
}

#[test]
fn numbers_choose_their_form() {
    let users = |language: Language, n: u64| language.text_with("users-count", &[("count", n.into())]);
    assert_eq!(users(Language::English, 1), "1 user");
    assert_eq!(users(Language::English, 2), "2 users");
    assert_eq!(users(Language::Korean, 2), "사용자 2명");
}

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::*;

/// Returns the messages of a catalogue with the values that each takes.
fn messages(catalogues: &[&str]) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages = BTreeMap::new();
    let mut id = String::new();
    for line in catalogues.iter().flat_map(|catalogue| catalogue.lines()) {
        if let Some((name, _)) = line.split_once(" =").filter(|(name, _)| is_id(name)) {
            id = name.to_owned();
            assert!(messages.insert(id.clone(), BTreeSet::new()).is_none(), "duplicate id {id}");
        }
        for (at, _) in line.match_indices('$') {
            let value: String = line[at + 1..].chars().take_while(|c| c.is_ascii_lowercase() || *c == '_').collect();
            messages.get_mut(&id).expect("a value belongs to a message").insert(value);
        }
    }
    messages
}

fn is_id(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

#[test]
fn both_catalogues_parse_and_have_equal_ids_and_values() {
    for catalogue in ENGLISH.iter().chain(KOREAN) {
        let resource = FluentResource::try_new((*catalogue).to_owned());
        assert!(resource.is_ok(), "{:?}", resource.err().map(|(_, errors)| errors));
    }
    let (english, korean) = (messages(ENGLISH), messages(KOREAN));
    assert!(english.len() > 50);
    assert_eq!(english, korean);
}

/// Collects the ids that templates and code pass by name: `t("…")`, `tw("…"`, `text("…")`, `text_with("…"`.
fn collect_used_ids(folder: &Path, ids: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_used_ids(&path, ids);
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
fn every_used_text_is_defined_and_every_defined_text_is_used() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut used = BTreeSet::new();
    collect_used_ids(&root.join("templates"), &mut used);
    collect_used_ids(&root.join("src"), &mut used);
    let defined: BTreeSet<String> = messages(ENGLISH).into_keys().collect();
    let missing: Vec<_> = used.difference(&defined).collect();
    assert!(missing.is_empty(), "{missing:?}");
    // Code that composes an id contains its prefix.
    let mut content_of_all = String::new();
    collect_content(&root.join("templates"), &mut content_of_all);
    collect_content(&root.join("src"), &mut content_of_all);
    let prefix = |id: &str| id.rfind('-').is_some_and(|at| content_of_all.contains(&format!("\"{}-{{", &id[..at])));
    let unused: Vec<_> =
        defined.iter().filter(|id| !content_of_all.contains(&format!("\"{id}\"")) && !prefix(id)).collect();
    assert!(unused.is_empty(), "{unused:?}");
}

fn collect_content(folder: &Path, content: &mut String) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            collect_content(&path, content);
        } else {
            content.push_str(&fs::read_to_string(path).unwrap());
        }
    }
}

#[test]
fn the_preferred_supported_language_is_chosen() {
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
fn numbers_select_the_plural_form() {
    let users = |language: Language, n: u64| language.text_with("users-count", &[("count", n.into())]);
    assert_eq!(users(Language::English, 1), "1 user");
    assert_eq!(users(Language::English, 2), "2 users");
    assert_eq!(users(Language::Korean, 2), "사용자 2명");
}

//! Filters of the audit log.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use steward_domain::{Action, AuditEntry, AuditFilter, AuditRecord, Origin, SearchTerm, Total};

use super::{add, begin, list};
use crate::contracts::Store;
use crate::{an_entry, at, user_id};

const MICROSECOND: TimeDelta = TimeDelta::microseconds(1);

/// The details of the matching entries, newest first. Also checks the total.
async fn details(store: &Store, filter: &AuditFilter) -> Vec<String> {
    let (records, total) = list(store, filter).await;
    assert_eq!(total, Total::exact(records.len() as u64), "{filter:?}");
    records.into_iter().map(|record| record.details.unwrap_or_default()).collect()
}

/// Adds entries of two actors about two targets, with distinct details.
async fn fill(store: &Store) {
    begin(store).await;
    let people = [("Root", "alice"), ("root", "Bob"), ("eve", "ALICE"), ("EVE", "bob")];
    for (n, (admin, target)) in (1..).zip(people) {
        let action = if n % 2 == 0 { Action::UserUpdated } else { Action::PasswordReset };
        let entry = AuditEntry { actor_id: admin.into(), ..an_entry(action, target, at(n)) };
        add(store, entry.with_details(n.to_string())).await;
    }
}

/// Ids that differ only in case are the same user.
pub async fn entries_are_filtered_by_actor_in_any_case(store: Store) {
    fill(&store).await;
    for (admin, expected) in
        [("root", vec!["2", "1"]), ("ROOT", vec!["2", "1"]), ("Eve", vec!["4", "3"]), ("roo", vec![])]
    {
        let filter = AuditFilter { actor_id: Some(user_id(admin)), ..AuditFilter::default() };
        assert_eq!(details(&store, &filter).await, expected, "{admin}");
    }
}

/// By the name of each action.
pub async fn entries_are_filtered_by_action(store: Store) {
    fill(&store).await;
    for (action, expected) in [
        (Action::UserUpdated, vec!["4", "2"]),
        (Action::PasswordReset, vec!["3", "1"]),
        (Action::UserCreated, vec![""]),
        (Action::UserDeleted, vec![]),
    ] {
        let filter = AuditFilter { action: Some(action), ..AuditFilter::default() };
        assert_eq!(details(&store, &filter).await, expected, "{action}");
    }
}

/// Ids that differ only in case are the same user.
pub async fn entries_are_filtered_by_target_in_any_case(store: Store) {
    fill(&store).await;
    for (target, expected) in
        [("alice", vec!["3", "1"]), ("BOB", vec!["4", "2"]), ("subject", vec![""]), ("root", vec![])]
    {
        let filter = AuditFilter { target: Some(user_id(target)), ..AuditFilter::default() };
        assert_eq!(details(&store, &filter).await, expected, "{target}");
    }
}

/// With microseconds.
pub async fn a_time_span_includes_its_start_and_excludes_its_end(store: Store) {
    fill(&store).await;
    for (from, to, expected) in [
        (Some(at(2)), None, vec!["4", "3", "2"]),
        (Some(at(2) + MICROSECOND), None, vec!["4", "3"]),
        (None, Some(at(2)), vec!["1", ""]),
        (None, Some(at(2) + MICROSECOND), vec!["2", "1", ""]),
        (Some(at(1)), Some(at(3)), vec!["2", "1"]),
        (Some(at(3)), Some(at(3)), vec![]),
        (Some(at(3)), Some(at(1)), vec![]),
        (Some(at(100)), None, vec![]),
    ] {
        let filter = AuditFilter { from, to, ..AuditFilter::default() };
        assert_eq!(details(&store, &filter).await, expected, "{filter:?}");
    }
}

/// An entry must pass all of them.
pub async fn filters_are_combined(store: Store) {
    fill(&store).await;
    let all = AuditFilter {
        actor_id: Some(user_id("eve")),
        action: Some(Action::PasswordReset),
        target: Some(user_id("alice")),
        from: Some(at(3)),
        to: Some(at(4)),
        search: SearchTerm::parse("3").unwrap(),
    };
    assert_eq!(details(&store, &all).await, ["3"]);
    for none in [
        AuditFilter { actor_id: Some(user_id("root")), ..all.clone() },
        AuditFilter { action: Some(Action::UserUpdated), ..all.clone() },
        AuditFilter { target: Some(user_id("bob")), ..all.clone() },
        AuditFilter { from: Some(at(4)), ..all.clone() },
        AuditFilter { to: Some(at(3)), ..all.clone() },
        AuditFilter { search: SearchTerm::parse("4 ").unwrap(), to: None, ..all.clone() },
    ] {
        assert!(details(&store, &none).await.is_empty(), "{none:?}");
    }
}

/// In each text of an entry, literally, for terms of any length.
pub async fn a_search_finds_exactly_the_matches_of_the_term_in_any_case(store: Store) {
    begin(&store).await;
    let texts = [
        ("root", "홍길동", "alice", "name: Éva → éva KIS", "Mozilla/5.0"),
        ("Manager", "O'Brien", "bob", "email: a_b@x.example → axb@x.example", "curl/8.1"),
        ("system", "100% \"sure\"", "charlie", r"path \ and % * AND NOT", "Жук"),
    ];
    for (n, (actor_id, actor_name, target, details, agent)) in (0..).zip(texts) {
        let entry = AuditEntry {
            actor_id: actor_id.into(),
            actor_name: actor_name.into(),
            origin: Origin::new(Some([192, 0, 2, 10 + n].into()), Some(agent)),
            ..an_entry(Action::UserUpdated, target, at(n.into()))
        };
        add(&store, entry.with_details(details)).await;
    }
    let (records, _) = list(&store, &AuditFilter::default()).await;
    let fields = |record: &AuditRecord| {
        let optional = [&record.target, &record.details, &record.origin.ip_address, &record.origin.user_agent];
        let texts = [&record.actor_id, &record.actor_name, &record.action];
        texts.into_iter().chain(optional.into_iter().flatten()).cloned().collect::<Vec<String>>()
    };
    let mut terms: BTreeSet<String> =
        ["%%", "__", "*", "name:e", "''", r"\\", "user_c", "kis bob"].map(str::to_owned).into();
    for field in records.iter().flat_map(fields) {
        let chars: Vec<char> = field.chars().collect();
        for length in [1, 2, 3, 5] {
            for piece in chars.windows(length) {
                let piece: String = piece.iter().collect();
                terms.extend([piece.to_uppercase(), piece.to_lowercase(), piece]);
            }
        }
    }
    for term in terms.iter().filter_map(|term| SearchTerm::parse(term).unwrap()) {
        let holds = |record: &&AuditRecord| term.matches(fields(record).iter().map(String::as_str));
        let expected: Vec<_> = records.iter().filter(holds).cloned().collect();
        let filter = AuditFilter { search: Some(term), ..AuditFilter::default() };
        let (found, total) = list(&store, &filter).await;
        assert_eq!(found, expected, "{filter:?}");
        assert_eq!(total, Total::exact(expected.len() as u64), "{filter:?}");
    }
}

/// Terms match composed or decomposed text, with accents or without, in any case, with words in any order.
pub async fn a_search_ignores_accents_composition_and_word_order(store: Store) {
    begin(&store).await;
    let details = [
        "name: Müller → Jörg Strauß",
        "name: Mu\u{308}ller → 홍길동",
        "name: ΟΔΥΣΣΕΎΣ → Işıl İnci",
        "email: soren@example.com → sørén@example.com",
    ];
    for (n, text) in (0..).zip(details) {
        add(&store, an_entry(Action::UserUpdated, "subject", at(n)).with_details(text)).await;
    }
    for (term, expected) in [
        ("muller", &[1, 0][..]),
        ("Mu\u{308}LLER", &[1, 0]),
        ("müller jorg", &[0]),
        ("strauss USER_UPDATED subject", &[0]),
        ("strauss USER_CREATED", &[]),
        ("\u{1100}\u{1175}\u{11af}\u{1103}\u{1169}\u{11bc}", &[1]),
        ("길동 name: →", &[1]),
        ("οδυσσευς isil", &[2]),
        ("İNCI", &[2]),
        ("sören", &[3]),
        ("jo\u{308}rg", &[0]),
        ("mueller", &[]),
        ("%", &[]),
    ] {
        let filter = AuditFilter { search: SearchTerm::parse(term).unwrap(), ..AuditFilter::default() };
        let expected: Vec<&str> = expected.iter().map(|n| details[*n]).collect();
        let found = self::details(&store, &filter).await;
        let found: Vec<&String> = found.iter().filter(|text| !text.is_empty()).collect();
        assert_eq!(found, expected, "{term:?}");
    }
}

//! The rules of prose that a program can check (CONTRIBUTING.md, "Prose"): words and phrases that do not occur in it.
//!
//! To check another kind of text, add a line to [`KINDS`].

use std::fs;
use std::path::{Path, PathBuf};

/// In lower case; matched as whole words, also across the end of a line.
const BANNED: [&str; 17] = [
    "nobody",
    "somebody",
    "whoever",
    "whomever",
    "whom",
    "themself",
    "those who",
    "is to be",
    "are to be",
    "was to be",
    "were to be",
    "tells",
    "is told",
    "are told",
    "stands",
    "is good",
    "are good",
];

/// One kind of file that holds prose.
struct Kind {
    extension: &'static str,
    /// The prose of each line of a file.
    prose: fn(&str) -> Vec<String>,
}

const KINDS: [Kind; 4] = [
    Kind { extension: "md", prose: whole_lines },
    Kind { extension: "rs", prose: comments_and_attributes },
    Kind { extension: "ftl", prose: whole_lines },
    Kind { extension: "sql", prose: whole_lines },
];

/// Folders without sources of this repository.
const SKIPPED: [&str; 3] = [".git", "data", "target"];

#[test]
fn prose_has_no_banned_words() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let files = files_below(&root);
    for kind in KINDS {
        let is_of_kind = |file: &&PathBuf| file.extension().is_some_and(|extension| extension == kind.extension);
        let mut findings = Vec::new();
        let mut count = 0;
        for file in files.iter().filter(is_of_kind) {
            count += 1;
            let text = fs::read_to_string(file).unwrap();
            let name = file.strip_prefix(&root).unwrap().display();
            findings
                .extend(banned(&(kind.prose)(&text)).into_iter().map(|(line, word)| format!("{name}:{line}: {word}")));
        }
        assert!(count > 0, "no file ends in .{}", kind.extension);
        assert!(findings.is_empty(), "banned words:\n{}", findings.join("\n"));
    }
}

fn files_below(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if entry.file_type().unwrap().is_dir() {
            if !SKIPPED.contains(&entry.file_name().to_string_lossy().as_ref()) {
                files.extend(files_below(&path));
            }
        } else {
            files.push(path);
        }
    }
    files.sort();
    files
}

/// The banned words and phrases, each with the number of its line.
fn banned(prose: &[String]) -> Vec<(usize, &'static str)> {
    let words = words(prose);
    let matches = |at: usize, phrase: &str| {
        phrase.split(' ').enumerate().all(|(offset, wanted)| {
            words.get(at + offset).is_some_and(|word| word.text == wanted && (offset == 0 || word.follows))
        })
    };
    let found =
        |at: usize| BANNED.into_iter().find(|phrase| matches(at, phrase)).map(|phrase| (words[at].line, phrase));
    (0..words.len()).filter_map(found).collect()
}

struct Word {
    line: usize,
    text: String,
    /// Whether only white space separates it from the previous word.
    follows: bool,
}

fn words(prose: &[String]) -> Vec<Word> {
    let mut words = Vec::new();
    let mut follows = false;
    for (line, text) in (1..).zip(prose) {
        let mut rest = without_code(text);
        while let Some(start) = rest.find(char::is_alphanumeric) {
            follows &= rest[..start].trim().is_empty();
            let is_outside = |c: char| !(c.is_alphanumeric() || c == '_');
            let end = rest[start..].find(is_outside).map_or(rest.len(), |length| start + length);
            words.push(Word { line, text: rest[start..end].to_lowercase(), follows });
            follows = true;
            rest.drain(..end);
        }
        // An empty line ends a paragraph.
        follows &= rest.trim().is_empty() && !text.trim().is_empty();
    }
    words
}

/// A line without its code spans: code may quote a banned word.
fn without_code(line: &str) -> String {
    line.split('`').enumerate().map(|(at, part)| if at % 2 == 0 { part } else { "," }).collect()
}

fn whole_lines(text: &str) -> Vec<String> {
    text.lines().map(str::to_owned).collect()
}

/// Of Rust, comments on lines of their own and the texts in attributes: `#[error("…")]`, `#[arg(help = "…")]`, `#[utoipa::path(…)]`.
fn comments_and_attributes(text: &str) -> Vec<String> {
    let mut depth = 0_i32;
    let mut is_quoted = false;
    text.lines()
        .map(|line| {
            let code = line.trim_start();
            if let Some(comment) = code.strip_prefix("//") {
                return comment.to_owned();
            }
            if depth == 0 && !(code.starts_with("#[") || code.starts_with("#![")) {
                return String::new();
            }
            let mut quoted = String::new();
            let mut is_escaped = false;
            for c in code.chars() {
                match c {
                    '"' if !is_escaped => {
                        is_quoted = !is_quoted;
                        quoted.push(' ');
                    }
                    '[' if !is_quoted => depth += 1,
                    ']' if !is_quoted => depth -= 1,
                    _ if is_quoted => quoted.push(c),
                    _ => {}
                }
                is_escaped = c == '\\' && !is_escaped;
            }
            quoted
        })
        .collect()
}

#[test]
fn whole_words_and_phrases_are_found_with_their_lines() {
    let text = "Nobody knows.\n\nThe key is to\nbe rotated; a nobody_key, `whom` and whoami\nare fine. It is\n\ntold to wait; is,\nto be";
    assert_eq!(banned(&whole_lines(text)), [(1, "nobody"), (3, "is to be")]);
}

#[test]
fn of_rust_only_comments_and_attributes_are_prose() {
    let text = "/// Whoever asks.\nlet somebody = \"somebody\"; // whom\n#[error(\n    \"it tells [them] \\\"all\\\"\"\n)]\n\
                let nobody = 1;\n#[allow(nobody)]\nstruct A;\n";
    assert_eq!(banned(&comments_and_attributes(text)), [(1, "whoever"), (4, "tells")]);
}

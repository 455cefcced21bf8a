//! The free attributes of a profile as rows of a form.
//!
//! A value is shown as text if it is a text, and as JSON otherwise. Typed text that is JSON as the API writes it is read
//! as JSON, and any other text as text. A text that would be read as JSON is shown as a JSON string, in quotes.

use std::collections::BTreeSet;

use serde_json::{Map, Number, Value};
use steward_contracts::bodies::FieldChange;
use steward_domain::Attributes;

use crate::language::Language;

/// The attributes of a profile in a form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AttributesForm {
    /// The attributes when the form was shown.
    was: Map<String, Value>,
    rows: Vec<AttributeRow>,
    /// An error of all rows together.
    pub(super) error: Option<String>,
}

/// An attribute as typed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct AttributeRow {
    pub(super) name: String,
    pub(super) value: String,
    /// Whether saving the form removes the attribute.
    pub(super) is_removed: bool,
    pub(super) name_error: Option<String>,
    pub(super) value_error: Option<String>,
}

/// Why a row is not valid.
#[derive(Debug, PartialEq, Eq)]
enum RowError {
    NameMissing,
    NameRepeated,
    NameNotJson,
    /// The line and the column of the error.
    ValueNotJson(usize, usize),
    TooManyLevels,
}

impl AttributesForm {
    /// Creates the form of these attributes.
    pub(super) fn new(attributes: &Map<String, Value>) -> Self {
        let mut form =
            Self { was: attributes.clone(), rows: attributes.iter().map(AttributeRow::new).collect(), error: None };
        form.add_row();
        form
    }

    /// Reads a submitted form. `all` returns the values of each field of a name. Without the attributes before the
    /// change, there is none.
    pub(super) fn read(all: &impl Fn(&str) -> Vec<String>) -> Self {
        let was = all("was_attributes").first().and_then(|json| serde_json::from_str(json).ok());
        let Some(was) = was else { return Self::default() };
        let removed: BTreeSet<_> = all("attribute_removed").iter().filter_map(|n| n.parse::<u64>().ok()).collect();
        let (names, values) = (all("attribute_name"), all("attribute_value"));
        let rows = (1..).zip(names.into_iter().zip(values)).map(|(n, (name, value))| AttributeRow {
            name: name.trim().to_owned(),
            // Browsers send line breaks as CR LF.
            value: value.trim().replace("\r\n", "\n"),
            is_removed: removed.contains(&n),
            ..AttributeRow::default()
        });
        Self { was, rows: rows.collect(), error: None }
    }

    /// Adds an empty row.
    pub(super) fn add_row(&mut self) {
        self.rows.push(AttributeRow::default());
    }

    /// Returns the rows with their numbers, from 1.
    pub(super) fn numbered(&self) -> impl Iterator<Item = (u64, &AttributeRow)> {
        (1..).zip(&self.rows)
    }

    /// Returns the attributes when the form was shown, as JSON.
    pub(super) fn was(&self) -> String {
        Value::Object(self.was.clone()).to_string()
    }

    /// Assigns the errors to their fields. Returns whether there are any.
    pub(super) fn set_errors(&mut self, language: Language) -> bool {
        let (attributes, errors) = self.parse();
        let has_errors = !errors.is_empty();
        for (at, error) in errors {
            let text = match error {
                RowError::NameMissing => language.text("profile-attribute-name-missing"),
                RowError::NameRepeated => language.text("profile-attribute-name-repeated"),
                RowError::NameNotJson => language.text("profile-attribute-name-not-json"),
                RowError::TooManyLevels => language
                    .text_with("profile-attribute-levels", &[("levels", (Attributes::MAX_LEVELS as u64 - 1).into())]),
                RowError::ValueNotJson(line, column) => {
                    let values = [("line", (line as u64).into()), ("column", (column as u64).into())];
                    language.text_with("profile-attribute-not-json", &values)
                }
            };
            let Some(row) = self.rows.get_mut(at) else { continue };
            let is_of_value = matches!(error, RowError::ValueNotJson(..) | RowError::TooManyLevels);
            *(if is_of_value { &mut row.value_error } else { &mut row.name_error }) = Some(text);
        }
        let length = Value::Object(attributes).to_string().len();
        if length > Attributes::MAX_BYTES {
            let values = [("bytes", (length as u64).into()), ("most", (Attributes::MAX_BYTES as u64).into())];
            self.error = Some(language.text_with("profile-attributes-too-long", &values));
        }
        has_errors || self.error.is_some()
    }

    pub(super) fn change(&self) -> FieldChange<Map<String, Value>> {
        let typed = self.parse().0;
        match (typed == self.was, typed.is_empty()) {
            (true, _) => FieldChange::Keep,
            (false, true) => FieldChange::Clear,
            (false, false) => FieldChange::Set(typed),
        }
    }

    pub(super) fn is_changed(&self) -> bool {
        let (typed, errors) = self.parse();
        !errors.is_empty() || typed != self.was
    }

    /// Takes other attributes over as the ones before, and keeps the changes of the user.
    pub(super) fn rebase(&mut self, current: &Map<String, Value>) {
        let typed = self.parse().0;
        let mut merged = current.clone();
        merged.retain(|name, _| typed.contains_key(name) || !self.was.contains_key(name));
        let edited = typed.into_iter().filter(|(name, value)| self.was.get(name) != Some(value));
        merged.extend(edited);
        *self = Self { was: current.clone(), ..Self::new(&merged) };
    }

    /// Reads the rows. Rows with an error are returned by their index, and are not among the attributes.
    fn parse(&self) -> (Map<String, Value>, Vec<(usize, RowError)>) {
        let (mut attributes, mut errors) = (Map::new(), Vec::new());
        // A form without rows has no attributes to change.
        if self.rows.is_empty() {
            return (self.was.clone(), errors);
        }
        for (at, row) in self.rows.iter().enumerate().filter(|(_, row)| !row.is_removed && !row.is_empty()) {
            match row.parse() {
                Ok((name, _)) if attributes.contains_key(&name) => errors.push((at, RowError::NameRepeated)),
                Ok((name, value)) => drop(attributes.insert(name, value)),
                Err(error) => errors.push((at, error)),
            }
        }
        (attributes, errors)
    }
}

impl AttributeRow {
    fn new((name, value): (&String, &Value)) -> Self {
        let value = match value {
            Value::String(text) => show_text(text, |text| parse_value(text).as_ref() == Ok(value)),
            Value::Object(_) | Value::Array(_) => serde_json::to_string_pretty(value).unwrap_or_default(),
            _ => value.to_string(),
        };
        Self { name: show_text(name, |name| !name.is_empty() && !name.starts_with('"')), value, ..Self::default() }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.name.is_empty() && self.value.is_empty()
    }

    /// Returns the height of the field with the value, in lines.
    pub(super) fn lines(&self) -> usize {
        self.value.lines().count().clamp(1, 12)
    }

    fn parse(&self) -> Result<(String, Value), RowError> {
        let name = match self.name.as_str() {
            "" => return Err(RowError::NameMissing),
            quoted if quoted.starts_with('"') => serde_json::from_str(quoted).map_err(|_| RowError::NameNotJson)?,
            name => name.to_owned(),
        };
        let value = parse_value(&self.value)?;
        let alone = Value::Object([(name.clone(), value.clone())].into_iter().collect());
        // An attribute that is too long has its error together with the others.
        let is_short = alone.to_string().len() <= Attributes::MAX_BYTES;
        if is_short && Attributes::parse(&alone).is_err() { Err(RowError::TooManyLevels) } else { Ok((name, value)) }
    }
}

fn parse_value(text: &str) -> Result<Value, RowError> {
    match serde_json::from_str(text) {
        Ok(Value::Number(number)) if !is_shown_as(text, &number) => Ok(text.into()),
        Ok(value) => Ok(value),
        Err(error) if text.starts_with(['{', '[', '"']) => Err(RowError::ValueNotJson(error.line(), error.column())),
        Err(_) => Ok(text.into()),
    }
}

/// Whether the field shows a number as this text. A version such as 1.10 is not, nor are more digits than fit.
fn is_shown_as(text: &str, number: &Number) -> bool {
    // serde_json may read the last digit of a fraction inexactly.
    let exact = if number.is_f64() { text.parse().ok().and_then(Number::from_f64) } else { Some(number.clone()) };
    exact.is_some_and(|exact| exact.to_string() == text)
}

/// Returns the text, or a JSON string if the field would not return it.
fn show_text(text: &str, is_read_as_text: impl Fn(&str) -> bool) -> String {
    let is_kept = text.trim() == text && !text.contains(char::is_control);
    if is_kept && is_read_as_text(text) { text.to_owned() } else { Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::request::FormData;

    fn object(value: Value) -> Map<String, Value> {
        serde_json::from_value(value).unwrap()
    }

    /// Reads the form after a browser has sent it.
    fn sent(form: &AttributesForm, extra: &[(&str, &str)]) -> AttributesForm {
        let mut body = form_urlencoded::Serializer::new(String::new());
        body.append_pair("was_attributes", &form.was());
        for row in &form.rows {
            let value = row.value.replace('\n', "\r\n");
            body.append_pair("attribute_name", &row.name).append_pair("attribute_value", &value);
        }
        let form = FormData::parse(body.extend_pairs(extra).finish().as_bytes());
        AttributesForm::read(&|name| form.all(name).map(str::to_owned).collect())
    }

    fn typed(was: Value, rows: &[(&str, &str)]) -> AttributesForm {
        let row = |(name, value): &(&str, &str)| AttributeRow {
            name: (*name).to_owned(),
            value: (*value).to_owned(),
            ..AttributeRow::default()
        };
        let form = AttributesForm { was: object(was), rows: rows.iter().map(row).collect(), error: None };
        sent(&form, &[])
    }

    #[test]
    fn values_are_text_or_json() {
        for (text, value) in [
            ("A-7", json!("A-7")),
            ("", json!("")),
            ("7", json!(7)),
            ("-1.5", json!(-1.5)),
            ("true", json!(true)),
            ("null", json!(null)),
            ("\"7\"", json!("7")),
            ("00123", json!("00123")),
            ("123456789012345678901234567890", json!("123456789012345678901234567890")),
            ("1.10", json!("1.10")),
            ("1e3", json!("1e3")),
            ("[1, {\"a\": 2}]", json!([1, {"a": 2}])),
            ("two\nlines", json!("two\nlines")),
        ] {
            let expected = FieldChange::Set(object(json!({"a": value})));
            assert_eq!(typed(json!({}), &[("a", text)]).change(), expected, "{text}");
        }
        let shown = AttributesForm::new(&object(json!({"7": "7", "a": [1], " b": "x\ny", "": {}})));
        let shown: BTreeSet<_> = shown.rows.iter().map(|row| (row.name.as_str(), row.value.as_str())).collect();
        let expected = [("\"\"", "{}"), ("\" b\"", "\"x\\ny\""), ("7", "\"7\""), ("a", "[\n  1\n]"), ("", "")];
        assert_eq!(shown, expected.into());
    }

    #[test]
    fn only_changes_are_sent() {
        let was = json!({"a": 1, "b": "x"});
        assert_eq!(typed(was.clone(), &[("a", "1"), ("b", "x"), ("", "")]).change(), FieldChange::Keep);
        assert_eq!(typed(was.clone(), &[("", "")]).change(), FieldChange::Clear);
        assert_eq!(typed(was.clone(), &[]).change(), FieldChange::Keep, "without rows");
        let form = sent(&AttributesForm::new(&object(was)), &[("attribute_removed", "1")]);
        assert_eq!(form.change(), FieldChange::Set(object(json!({"b": "x"}))));
        assert!(form.is_changed() && form.rows[0].is_removed);
        let other = AttributesForm::read(&|_| Vec::new());
        assert_eq!((other.change(), other.is_changed()), (FieldChange::Keep, false), "another form of the page");
    }

    #[test]
    fn errors_are_beside_the_field() {
        let rows = [("", "x"), ("a", "1"), ("a", "2"), ("\"b", "3"), ("c", "{\"d\":}"), ("e", "[[[1]]]"), ("f", "ok")];
        let mut form = typed(json!({}), &rows);
        assert!(form.set_errors(Language::English) && form.error.is_none());
        let errors: Vec<_> =
            form.rows.iter().map(|row| [&row.name_error, &row.value_error].map(Option::is_some)).collect();
        let [none, name, value] = [[false, false], [true, false], [false, true]];
        assert_eq!(errors, [name, none, name, name, value, value, none]);
        let text = form.rows[4].value_error.as_deref().unwrap();
        assert!(text.contains('1') && text.contains('6'), "{text}");
        assert_eq!(form.rows[4].value, "{\"d\":}", "typed values stay");

        let mut long = typed(json!({}), &[("a", &"x".repeat(5_000)), ("b", &"y".repeat(5_000))]);
        assert!(long.set_errors(Language::Korean) && long.error.unwrap().contains("8192"));
    }

    #[test]
    fn changes_of_others_are_taken_over() {
        let mut form = typed(json!({"a": 1, "b": 2, "c": 3}), &[("a", "1"), ("b", "mine"), ("d", "new")]);
        form.rebase(&object(json!({"a": "theirs", "b": 2, "c": "theirs", "e": 5})));
        let expected = object(json!({"a": "theirs", "b": "mine", "d": "new", "e": 5}));
        assert_eq!(form.change(), FieldChange::Set(expected));
        assert_eq!(form.was, object(json!({"a": "theirs", "b": 2, "c": "theirs", "e": 5})));
    }

    fn values() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
            "[-0-9eE.]{0,25}|[\\[{\"]?[a-z ]{0,5}".prop_map(Value::from),
        ];
        let list = prop::collection::vec(leaf.clone(), 0..3).prop_map(Value::from);
        prop_oneof![leaf, list]
    }

    proptest! {
        #[test]
        fn untouched_attributes_are_unchanged(
            attributes in prop::collection::btree_map(prop_oneof![any::<String>(), "[a-z]{1,3}"], values(), 0..6),
        ) {
            let attributes: Map<String, Value> = attributes.into_iter().collect();
            let mut form = sent(&AttributesForm::new(&attributes), &[]);
            prop_assert_eq!(form.change(), FieldChange::Keep, "{:?}", form);
            prop_assert!(!form.is_changed() && !form.set_errors(Language::English));
        }
    }
}

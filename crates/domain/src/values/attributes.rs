use serde_json::{Map, Value};

use super::Invalid;

/// Free attributes of a profile: a JSON object of at most 8 KiB with at most three levels.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Attributes(Map<String, Value>);

impl Attributes {
    /// Maximum length of the serialized object, in bytes.
    pub const MAX_BYTES: usize = 8 * 1024;
    /// Maximum number of levels. The object is the first one; each object or array in it adds one.
    pub const MAX_LEVELS: usize = 3;

    /// Parses a JSON value.
    pub fn parse(value: &Value) -> Result<Self, Invalid> {
        let Value::Object(object) = value else { return Err(Invalid::new("must be an object")) };
        if has_more_levels(value, Self::MAX_LEVELS) {
            return Err(Invalid::new(format!("must have at most {} levels", Self::MAX_LEVELS)));
        }
        if value.to_string().len() > Self::MAX_BYTES {
            return Err(Invalid::new(format!("must have at most {} bytes of JSON", Self::MAX_BYTES)));
        }
        Ok(Self(object.clone()))
    }

    /// Reads the JSON text from storage; `None` if it is not an object.
    pub fn from_stored(json: &str) -> Option<Self> {
        serde_json::from_str(json).ok().map(Self)
    }

    /// Whether there are no attributes.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Returns the object.
    pub fn as_object(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Returns the object as JSON text.
    pub fn to_json(&self) -> String {
        Value::Object(self.0.clone()).to_string()
    }

    /// Returns the attributes that `other` lacks or has with another value.
    #[must_use]
    pub fn without_equal(&self, other: &Self) -> Self {
        let differ = self.0.iter().filter(|(name, value)| other.0.get(*name) != Some(value));
        Self(differ.map(|(name, value)| (name.clone(), value.clone())).collect())
    }
}

/// Whether a value has more levels of objects and arrays than this. It looks no deeper.
fn has_more_levels(value: &Value, levels: usize) -> bool {
    let has_more = |inner: &Value| has_more_levels(inner, levels.saturating_sub(1));
    match value {
        Value::Object(object) => levels == 0 || object.values().any(has_more),
        Value::Array(array) => levels == 0 || array.iter().any(has_more),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    #[test]
    fn an_object_of_three_levels_is_accepted() {
        for value in [
            json!({}),
            json!({"badge": "A-7", "floor": 3, "remote": true, "manager": null}),
            json!({"a": {"b": {"c": 1}}}),
            json!({"a": [[1], {}]}),
        ] {
            let attributes = Attributes::parse(&value).unwrap();
            assert_eq!(Attributes::from_stored(&attributes.to_json()), Some(attributes));
        }
    }

    #[test]
    fn other_values_are_rejected() {
        let error = |value: Value| Attributes::parse(&value).unwrap_err().to_string();
        for value in [json!(null), json!([]), json!("{}"), json!(1)] {
            assert_eq!(error(value), "must be an object");
        }
        for value in [json!({"a": {"b": {"c": {}}}}), json!({"a": [[[]]]}), json!({"a": {"b": [{"c": 1}]}})] {
            assert_eq!(error(value), "must have at most 3 levels");
        }
        let longest = Attributes::MAX_BYTES - r#"{"a":""}"#.len();
        assert!(Attributes::parse(&json!({"a": "x".repeat(longest)})).is_ok());
        assert_eq!(error(json!({"a": "x".repeat(longest + 1)})), "must have at most 8192 bytes of JSON");
        assert_eq!(error(json!({"a": "길".repeat(longest / 3 + 1)})), "must have at most 8192 bytes of JSON");
    }

    #[test]
    fn the_difference_has_the_changed_attributes() {
        let parse = |value| Attributes::parse(&value).unwrap();
        let (old, new) = (parse(json!({"a": 1, "b": 2, "c": 3})), parse(json!({"a": 1, "b": 4, "d": 5})));
        assert_eq!(old.without_equal(&new), parse(json!({"b": 2, "c": 3})));
        assert_eq!(new.without_equal(&old), parse(json!({"b": 4, "d": 5})));
    }

    proptest! {
        #[test]
        fn any_names_and_texts_survive_storage(name in any::<String>(), text in any::<String>()) {
            let attributes = Attributes::parse(&json!({ name: text })).unwrap();
            prop_assert_eq!(Attributes::from_stored(&attributes.to_json()), Some(attributes));
        }
    }
}

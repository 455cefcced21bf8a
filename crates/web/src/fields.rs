use serde_json::{Map, Value};
use steward_contracts::FieldError;
use steward_domain::{FieldChange, Invalid};

use crate::HttpError;

/// The fields of a body or the parameters of a query, before they become domain values.
///
/// Records an error for each invalid, missing or unknown field. [`Fields::finish`] reports all errors at once:
///
/// ```
/// use steward_domain::{DisplayName, UserId};
/// use steward_web::{Fields, HttpError, text};
///
/// fn parse(mut fields: Fields) -> Result<(UserId, Option<DisplayName>), HttpError> {
///     let user_id = fields.required("user_id", text(UserId::parse));
///     let name = fields.optional("name", text(DisplayName::parse));
///     fields.finish((user_id, name))
/// }
/// ```
pub struct Fields {
    values: Map<String, Value>,
    errors: Vec<FieldError>,
}

/// A parsed field, or none if its error is recorded.
pub struct Field<T>(Option<T>);

impl Fields {
    /// The maximum number of unknown fields in a report, and the maximum length of their names in characters. These
    /// bounds keep a response from growing larger than its request.
    const MAX_UNKNOWN_REPORTED: usize = 20;
    const MAX_NAME_LENGTH: usize = 64;

    /// Creates the fields of a JSON object.
    pub fn new(values: Map<String, Value>) -> Self {
        Self { values, errors: Vec::new() }
    }

    /// Parses a required field.
    pub fn required<T>(&mut self, name: &str, parse: impl FnOnce(&Value) -> Result<T, Invalid>) -> Field<T> {
        if let Some(value) = self.values.remove(name) {
            Field(self.parse(name, &value, parse))
        } else {
            self.refuse(name, "is required");
            Field(None)
        }
    }

    /// Parses an optional field. `null` counts as missing.
    pub fn optional<T>(&mut self, name: &str, parse: impl FnOnce(&Value) -> Result<T, Invalid>) -> Field<Option<T>> {
        match self.values.remove(name) {
            None | Some(Value::Null) => Field(Some(None)),
            Some(value) => Field(self.parse(name, &value, parse).map(Some)),
        }
    }

    /// Parses a field of a partial change: a missing field keeps its value, `null` clears it.
    pub fn change<T>(&mut self, name: &str, parse: impl FnOnce(&Value) -> Result<T, Invalid>) -> Field<FieldChange<T>> {
        match self.values.remove(name) {
            None => Field(Some(FieldChange::Keep)),
            Some(Value::Null) => Field(Some(FieldChange::Clear)),
            Some(value) => Field(self.parse(name, &value, parse).map(FieldChange::Set)),
        }
    }

    /// Adds a value from elsewhere, such as the path, so that its error is reported with the others.
    pub fn parsed<T>(&mut self, name: &str, value: Result<T, Invalid>) -> Field<T> {
        Field(value.map_err(|invalid| self.refuse(name, &invalid.to_string())).ok())
    }

    /// Records an error with this reason if the field is present.
    pub fn forbidden(&mut self, name: &str, reason: &str) {
        if self.values.remove(name).is_some() {
            self.refuse(name, reason);
        }
    }

    /// Records an error of a field.
    pub fn refuse(&mut self, name: &str, message: &str) {
        self.errors.push(FieldError { field: name.to_owned(), message: message.to_owned() });
    }

    /// Returns the values if all fields are valid and known. Otherwise returns 422 with every error.
    pub fn finish<T: Finish>(mut self, fields: T) -> Result<T::Values, HttpError> {
        for name in std::mem::take(&mut self.values).keys().take(Self::MAX_UNKNOWN_REPORTED) {
            let name: String = name.chars().take(Self::MAX_NAME_LENGTH).collect();
            self.refuse(&name, "is an unknown field");
        }
        match fields.values() {
            Some(values) if self.errors.is_empty() => Ok(values),
            _ => Err(HttpError::Invalid(self.errors)),
        }
    }

    fn parse<T>(&mut self, name: &str, value: &Value, parse: impl FnOnce(&Value) -> Result<T, Invalid>) -> Option<T> {
        parse(value).map_err(|invalid| self.refuse(name, &invalid.to_string())).ok()
    }
}

/// Parses a text field with the parser of a value object.
pub fn text<T>(parse: impl FnOnce(&str) -> Result<T, Invalid>) -> impl FnOnce(&Value) -> Result<T, Invalid> {
    |value| match value {
        Value::String(text) => parse(text),
        _ => Err(Invalid::new("must be text")),
    }
}

/// Parses `true` or `false` in a body.
pub fn boolean(value: &Value) -> Result<bool, Invalid> {
    value.as_bool().ok_or_else(|| Invalid::new("must be true or false"))
}

/// Fields that finish together.
pub trait Finish {
    /// The values of the fields.
    type Values;

    /// Returns all values, or `None` if one has an error.
    fn values(self) -> Option<Self::Values>;
}

impl<T> Finish for Field<T> {
    type Values = T;

    fn values(self) -> Option<T> {
        self.0
    }
}

impl Finish for () {
    type Values = ();

    fn values(self) -> Option<()> {
        Some(())
    }
}

macro_rules! finish_tuples {
    ($($name:ident)+) => {
        #[allow(non_snake_case, reason = "the type parameters name the fields too")]
        impl<$($name: Finish),+> Finish for ($($name,)+) {
            type Values = ($($name::Values,)+);

            fn values(self) -> Option<Self::Values> {
                let ($($name,)+) = self;
                Some(($($name.values()?,)+))
            }
        }
    };
}

finish_tuples!(A B);
finish_tuples!(A B C);
finish_tuples!(A B C D);
finish_tuples!(A B C D E);
finish_tuples!(A B C D E F);

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_domain::{DisplayName, Email, UserId};

    use super::*;

    fn fields_of(value: Value) -> Fields {
        match value {
            Value::Object(map) => Fields::new(map),
            _ => unreachable!("tests send objects"),
        }
    }

    #[test]
    fn reports_every_error_at_once() {
        let mut fields = fields_of(json!({"user_id": "a", "email": 3, "surplus": true}));
        let user_id = fields.required("user_id", text(UserId::parse));
        let email = fields.required("email", text(Email::parse));
        let name = fields.required("name", text(DisplayName::parse));
        let Err(HttpError::Invalid(errors)) = fields.finish((user_id, email, name)) else { panic!("must be an error") };
        let reported: Vec<_> = errors.iter().map(|e| (e.field.as_str(), e.message.as_str())).collect();
        assert_eq!(
            reported,
            [
                ("user_id", "must be 3 to 100 characters"),
                ("email", "must be text"),
                ("name", "is required"),
                ("surplus", "is an unknown field"),
            ]
        );
    }

    #[test]
    fn a_report_does_not_outgrow_its_request() {
        let unknown: serde_json::Map<_, _> = (0..1_000).map(|n| (format!("{n:x>100}"), Value::Null)).collect();
        let Err(HttpError::Invalid(errors)) = Fields::new(unknown).finish(()) else { panic!("must be an error") };
        assert_eq!(errors.len(), 20);
        assert!(errors.iter().all(|error| error.field.len() == 64));
    }

    #[test]
    fn a_boolean_is_neither_text_nor_a_number() {
        assert!(boolean(&json!("true")).is_err() && boolean(&json!(1)).is_err());
        assert_eq!(boolean(&json!(false)), Ok(false));
    }

    #[test]
    fn values_from_elsewhere_and_forbidden_fields_are_reported_with_the_others() {
        let mut fields = fields_of(json!({"page": 1, "name": "a"}));
        fields.forbidden("page", "is not stored");
        fields.forbidden("cursor", "is not stored");
        let user_id = fields.parsed("user_id", UserId::parse("a"));
        let name = fields.required("name", text(DisplayName::parse));
        let Err(HttpError::Invalid(errors)) = fields.finish((user_id, name)) else { panic!("must be an error") };
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["page", "user_id"]);
    }

    #[test]
    fn null_counts_as_missing() {
        let mut fields = fields_of(json!({"name": null, "is_active": false}));
        let name = fields.optional("name", text(DisplayName::parse));
        let active = fields.optional("is_active", boolean);
        assert_eq!(fields.finish((name, active)).unwrap(), (None, Some(false)));
    }
}

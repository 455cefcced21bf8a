use serde_json::{Map, Value};
use steward_contracts::FieldError;
use steward_domain::Invalid;

use crate::ApiError;

/// The fields of a body or the parameters of a query, on their way to domain values.
///
/// Every field that is wrong, missing or unknown is remembered, and [`Fields::finish`] tells all of them at once:
///
/// ```
/// use steward_domain::{DisplayName, UserId};
/// use steward_web::{ApiError, Fields, text};
///
/// fn parse(mut fields: Fields) -> Result<(UserId, Option<DisplayName>), ApiError> {
///     let user_id = fields.required("user_id", text(UserId::parse));
///     let name = fields.optional("name", text(DisplayName::parse));
///     fields.finish((user_id, name))
/// }
/// ```
pub struct Fields {
    values: Map<String, Value>,
    errors: Vec<FieldError>,
}

/// A field that was read, or whose error is remembered.
pub struct Field<T>(Option<T>);

impl Fields {
    /// How many unknown fields are told, and how much of their names: an answer is not to outgrow its request.
    const UNKNOWN_TOLD: usize = 20;
    const NAME_TOLD: usize = 64;

    /// The fields of a JSON object.
    pub fn new(values: Map<String, Value>) -> Self {
        Self { values, errors: Vec::new() }
    }

    /// A field that must be there.
    pub fn required<T>(&mut self, name: &str, parse: impl FnOnce(&Value) -> Result<T, Invalid>) -> Field<T> {
        if let Some(value) = self.values.remove(name) {
            Field(self.parse(name, &value, parse))
        } else {
            self.refuse(name, "is required");
            Field(None)
        }
    }

    /// A field that may be missing; `null` stands for missing.
    pub fn optional<T>(&mut self, name: &str, parse: impl FnOnce(&Value) -> Result<T, Invalid>) -> Field<Option<T>> {
        match self.values.remove(name) {
            None | Some(Value::Null) => Field(Some(None)),
            Some(value) => Field(self.parse(name, &value, parse).map(Some)),
        }
    }

    /// A value that stands elsewhere, such as in the path, whose error is to be told with the others.
    pub fn parsed<T>(&mut self, name: &str, value: Result<T, Invalid>) -> Field<T> {
        Field(value.map_err(|invalid| self.refuse(name, &invalid.to_string())).ok())
    }

    /// A field that must not be there, and why.
    pub fn forbidden(&mut self, name: &str, why: &str) {
        if self.values.remove(name).is_some() {
            self.refuse(name, why);
        }
    }

    /// Remembers an error of a field.
    pub fn refuse(&mut self, name: &str, message: &str) {
        self.errors.push(FieldError { field: name.to_owned(), message: message.to_owned() });
    }

    /// The values, if every field was right and none is left over; else 422 with every error.
    pub fn finish<T: Finish>(mut self, fields: T) -> Result<T::Values, ApiError> {
        for name in std::mem::take(&mut self.values).keys().take(Self::UNKNOWN_TOLD) {
            let name: String = name.chars().take(Self::NAME_TOLD).collect();
            self.refuse(&name, "is not a field that is known here");
        }
        match fields.values() {
            Some(values) if self.errors.is_empty() => Ok(values),
            _ => Err(ApiError::Invalid(self.errors)),
        }
    }

    fn parse<T>(&mut self, name: &str, value: &Value, parse: impl FnOnce(&Value) -> Result<T, Invalid>) -> Option<T> {
        parse(value).map_err(|invalid| self.refuse(name, &invalid.to_string())).ok()
    }
}

/// Reads a text field with a value object's own parser.
pub fn text<T>(parse: impl FnOnce(&str) -> Result<T, Invalid>) -> impl FnOnce(&Value) -> Result<T, Invalid> {
    |value| match value {
        Value::String(text) => parse(text),
        _ => Err(Invalid::new("must be text")),
    }
}

/// Reads `true` or `false` in a body.
pub fn boolean(value: &Value) -> Result<bool, Invalid> {
    value.as_bool().ok_or_else(|| Invalid::new("must be true or false"))
}

/// Reads `true` or `false`, or `1` or `0`, in a query.
pub fn flag(text: &str) -> Result<bool, Invalid> {
    match text {
        "true" | "1" => Ok(true),
        "false" | "0" => Ok(false),
        _ => Err(Invalid::new("must be true or false")),
    }
}

/// Fields that are finished together.
pub trait Finish {
    /// Their values.
    type Values;

    /// All values, or `None` if one has an error.
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
finish_tuples!(A B C D E F G);
finish_tuples!(A B C D E F G H);
finish_tuples!(A B C D E F G H I);

#[cfg(test)]
mod tests {
    use serde_json::json;
    use steward_domain::{DisplayName, Email, UserId};

    use super::*;

    fn fields(value: Value) -> Fields {
        match value {
            Value::Object(map) => Fields::new(map),
            _ => unreachable!("tests send objects"),
        }
    }

    #[test]
    fn tells_every_error_at_once() {
        let mut fields = fields(json!({"user_id": "a", "email": 3, "surplus": true}));
        let user_id = fields.required("user_id", text(UserId::parse));
        let email = fields.required("email", text(Email::parse));
        let name = fields.required("name", text(DisplayName::parse));
        let Err(ApiError::Invalid(errors)) = fields.finish((user_id, email, name)) else { panic!("must be refused") };
        let told: Vec<_> = errors.iter().map(|e| (e.field.as_str(), e.message.as_str())).collect();
        assert_eq!(
            told,
            [
                ("user_id", "must be 3 to 100 characters"),
                ("email", "must be text"),
                ("name", "is required"),
                ("surplus", "is not a field that is known here"),
            ]
        );
    }

    #[test]
    fn an_answer_does_not_outgrow_its_request() {
        let unknown: serde_json::Map<_, _> = (0..1_000).map(|n| (format!("{n:x>100}"), Value::Null)).collect();
        let Err(ApiError::Invalid(errors)) = Fields::new(unknown).finish(()) else { panic!("must be refused") };
        assert_eq!(errors.len(), 20);
        assert!(errors.iter().all(|error| error.field.len() == 64));
    }

    #[test]
    fn a_flag_is_text_and_a_boolean_is_none() {
        assert_eq!((flag("true"), flag("0")), (Ok(true), Ok(false)));
        assert!(flag("yes").is_err() && boolean(&json!("true")).is_err() && boolean(&json!(1)).is_err());
        assert_eq!(boolean(&json!(false)), Ok(false));
    }

    #[test]
    fn what_stands_elsewhere_or_must_not_stand_here_is_told_with_the_others() {
        let mut fields = fields(json!({"page": 1, "name": "a"}));
        fields.forbidden("page", "is not kept");
        fields.forbidden("cursor", "is not kept");
        let user_id = fields.parsed("user_id", UserId::parse("a"));
        let name = fields.required("name", text(DisplayName::parse));
        let Err(ApiError::Invalid(errors)) = fields.finish((user_id, name)) else { panic!("must be refused") };
        assert_eq!(errors.iter().map(|error| error.field.as_str()).collect::<Vec<_>>(), ["page", "user_id"]);
    }

    #[test]
    fn null_is_missing() {
        let mut fields = fields(json!({"name": null, "is_active": false}));
        let name = fields.optional("name", text(DisplayName::parse));
        let active = fields.optional("is_active", boolean);
        assert_eq!(fields.finish((name, active)).unwrap(), (None, Some(false)));
    }
}

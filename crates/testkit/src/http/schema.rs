//! The subset of JSON Schema (2020-12) that the API's description uses. Stricter in one point: an object must not have
//! properties that are not listed.

use serde_json::Value;

/// Checks `value` against `schema`; the error is the first violation.
pub(super) fn check(spec: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    let schema = resolve(spec, schema);
    for alternatives in ["oneOf", "anyOf"] {
        if let Some(list) = schema[alternatives].as_array() {
            let mut tries = list.iter().map(|one| check(spec, one, value, at));
            if tries.all(|result| result.is_err()) {
                return Err(format!("{at} matches none of the alternatives: {value}"));
            }
        }
    }
    if !is_of_type(&schema["type"], value) {
        return Err(format!("{at} is not of type {}: {value}", schema["type"]));
    }
    if let Some(allowed) = schema["enum"].as_array()
        && !allowed.contains(value)
    {
        return Err(format!("{at} is not among {}: {value}", schema["enum"]));
    }
    match value {
        Value::Object(_) if schema["properties"].is_object() => check_object(spec, schema, value, at),
        Value::Array(items) if schema["items"].is_object() => items
            .iter()
            .enumerate()
            .try_for_each(|(number, item)| check(spec, &schema["items"], item, &format!("{at}[{number}]"))),
        _ => Ok(()),
    }
}

fn check_object(spec: &Value, schema: &Value, value: &Value, at: &str) -> Result<(), String> {
    for required in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if value.get(required).is_none() {
            return Err(format!("{at}.{required} is missing"));
        }
    }
    for (name, field) in value.as_object().into_iter().flatten() {
        let listed = &schema["properties"][name];
        if listed.is_null() {
            return Err(format!("{at}.{name} is not listed"));
        }
        check(spec, listed, field, &format!("{at}.{name}"))?;
    }
    Ok(())
}

fn is_of_type(types: &Value, value: &Value) -> bool {
    match types {
        Value::Null => true,
        Value::String(name) => match name.as_str() {
            "null" => value.is_null(),
            "boolean" => value.is_boolean(),
            "integer" => value.is_i64() || value.is_u64(),
            "number" => value.is_number(),
            "string" => value.is_string(),
            "array" => value.is_array(),
            "object" => value.is_object(),
            _ => false,
        },
        Value::Array(types) => types.iter().any(|one| is_of_type(one, value)),
        _ => false,
    }
}

/// The target of a `$ref`.
pub(super) fn resolve<'a>(spec: &'a Value, schema: &'a Value) -> &'a Value {
    match schema["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => {
            spec.pointer(pointer).unwrap_or_else(|| panic!("{pointer} is referenced, but not in the description"))
        }
        None => schema,
    }
}

use std::collections::BTreeSet;

use serde_json::Value;

use super::{Response, schema};

/// An OpenAPI 3.1 description to check responses against.
#[derive(Debug)]
pub struct Spec(Value);

/// Pages that are not part of the API.
const BESIDE_THE_API: [&str; 4] = ["/docs", "/redoc", "/openapi.json", "/metrics"];

impl Spec {
    /// A description.
    pub fn new(spec: Value) -> Self {
        assert!(spec["paths"].is_object(), "no paths: {spec}");
        Self(spec)
    }

    /// The description as JSON.
    pub fn json(&self) -> &Value {
        &self.0
    }

    /// Every operation, as `GET /path/{template}`.
    pub fn operations(&self) -> BTreeSet<String> {
        let paths = self.0["paths"].as_object().into_iter().flatten();
        paths
            .flat_map(|(path, item)| {
                let methods = item.as_object().into_iter().flatten().map(|(method, _)| method);
                methods.map(move |method| format!("{} {path}", method.to_uppercase()))
            })
            .collect()
    }

    /// Checks that the description lists such a response.
    pub fn check(&self, method: &str, path: &str, response: &Response) -> Result<(), String> {
        let status = response.status();
        let path = path.split('?').next().unwrap_or_default();
        let Some(item) = self.path_item(path) else {
            let beside = BESIDE_THE_API.iter().any(|page| path == *page || path.starts_with(&format!("{page}/")));
            return if beside || matches!(status, 400 | 404) {
                Ok(())
            } else {
                Err(format!("returns {status}, but no such path is listed"))
            };
        };
        let operation = &item[method.to_ascii_lowercase()];
        if operation.is_null() {
            let like_another = matches!(method, "HEAD" | "OPTIONS");
            return if status == 405 || like_another {
                Ok(())
            } else {
                Err(format!("returns {status}, but no such method is listed"))
            };
        }
        let listed = &operation["responses"][status.to_string()];
        if listed.is_null() {
            return Err(format!("returns {status}, which is not listed"));
        }
        self.check_body(self.resolve(listed), response)
    }

    fn check_body(&self, listed: &Value, response: &Response) -> Result<(), String> {
        let Some(content) = listed["content"].as_object() else {
            return if response.bytes().is_empty() { Ok(()) } else { Err("has a body, but none is listed".to_owned()) };
        };
        let media_type = response.media_type();
        let listed =
            content.get(media_type).ok_or_else(|| format!("has a body of type {media_type:?}, which is not listed"))?;
        match response.try_json() {
            Some(body) => schema::check(&self.0, &listed["schema"], body, "body"),
            None if media_type.ends_with("json") => Err("has a body that is not JSON".to_owned()),
            None => Ok(()),
        }
    }

    /// The item of the path; literal segments win over parameters.
    fn path_item(&self, path: &str) -> Option<&Value> {
        let paths = self.0["paths"].as_object()?;
        paths.get(path).or_else(|| paths.iter().find(|(template, _)| fits(template, path)).map(|(_, item)| item))
    }

    fn resolve<'a>(&'a self, value: &'a Value) -> &'a Value {
        schema::resolve(&self.0, value)
    }
}

fn fits(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) = (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template.iter().zip(path).all(|(expected, segment)| {
            if expected.starts_with('{') { !segment.is_empty() } else { *expected == segment }
        })
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderMap;
    use serde_json::json;

    use super::*;

    fn a_response(status: u16, body: &Value) -> Response {
        let mut headers = HeaderMap::new();
        headers.insert("content-type", "application/json; charset=utf-8".parse().unwrap());
        Response::new(status, headers, body.to_string().into_bytes())
    }

    #[test]
    fn unlisted_responses_are_reported() {
        let spec = Spec::new(json!({
            "paths": {"/users/{id}": {"get": {"responses": {"200": {"content": {"application/json": {
                "schema": {"$ref": "#/components/schemas/User"}
            }}}}}}},
            "components": {"schemas": {"User": {
                "type": "object",
                "required": ["id"],
                "properties": {"id": {"type": "integer"}, "name": {"type": ["string", "null"]}}
            }}}
        }));
        assert_eq!(spec.operations(), BTreeSet::from(["GET /users/{id}".to_owned()]));
        let check = |method, path, status, body: Value| spec.check(method, path, &a_response(status, &body));
        assert_eq!(check("GET", "/users/7?x=1", 200, json!({"id": 7, "name": null})), Ok(()));
        assert_eq!(check("GET", "/nowhere", 404, json!({})), Ok(()));
        assert_eq!(check("PUT", "/users/7", 405, json!({})), Ok(()));
        for (method, path, status, body, what) in [
            ("GET", "/users", 200, json!({}), "no such path"),
            ("PUT", "/users/7", 200, json!({}), "no such method"),
            ("GET", "/users/7", 500, json!({}), "500, which is not listed"),
            ("GET", "/users/7", 200, json!({"name": "x"}), "body.id is missing"),
            ("GET", "/users/7", 200, json!({"id": "7"}), "body.id is not of type \"integer\""),
            ("GET", "/users/7", 200, json!({"id": 7, "hash": "x"}), "body.hash is not listed"),
        ] {
            let error = check(method, path, status, body).unwrap_err();
            assert!(error.contains(what), "{error}");
        }
    }
}

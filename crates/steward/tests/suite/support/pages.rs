use serde_json::Value;
use steward_testkit::http::Api;

/// The items of all pages of a list.
pub(crate) async fn read_all(api: &Api, path: &str) -> Vec<Value> {
    let (mut items, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = api.get(&format!("{path}?page_size=100&cursor={cursor}")).send().await.expect(200);
        items.extend(page.json()["items"].as_array().unwrap().iter().cloned());
        match page.json()["next_cursor"].as_str() {
            Some(next) => next.clone_into(&mut cursor),
            None => return items,
        }
    }
}

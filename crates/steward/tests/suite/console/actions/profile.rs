//! Profiles and pictures: the user's own, and those of others.

use serde_json::json;
use steward_testkit::browser::{Browser, BrowserSettings};

use super::super::helpers::{attribute, texts, toast, wait_for_count, wait_for_heading, wait_for_texts};
use super::super::language::Language;
use crate::support::{Console, Shape};

/// Puts an image of this width and height, with noise that does not compress, into the field for a picture.
const CHOOSE_IMAGE: &str = "
    const [width, height] = arguments;
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const context = canvas.getContext('2d');
    const pixels = context.createImageData(width, height);
    for (let at = 0, seed = 1; at < pixels.data.length; at++) {
        seed = (seed * 48271) % 2147483647;
        pixels.data[at] = at % 4 === 3 ? 255 : seed % 256;
    }
    context.putImageData(pixels, 0, 0);
    const encoded = atob(canvas.toDataURL('image/png').split(',')[1]);
    const file = new File([Uint8Array.from(encoded, (c) => c.charCodeAt(0))], 'picture.png', { type: 'image/png' });
    const transfer = new DataTransfer();
    transfer.items.add(file);
    const field = document.querySelector('#image');
    field.files = transfer.files;
    field.dispatchEvent(new Event('change', { bubbles: true }));
    return file.size;";

async fn choose_image(browser: &Browser, width: u32, height: u32) -> u64 {
    let size = browser.execute(CHOOSE_IMAGE, vec![json!(width), json!(height)]).await;
    size.as_u64().unwrap()
}

/// Waits until the picture in this element has its 256 pixels.
async fn wait_for_picture(browser: &Browser, selector: &str) {
    let script = format!("return document.querySelector({})?.naturalWidth === 256", json!(selector));
    browser.wait_until(&format!("{selector} has a picture"), &script).await;
}

#[tokio::test]
async fn users_edit_their_profile_and_picture() {
    let console = Console::start(Shape::Sqlite).await;
    for (language, (other, own_name), user_id) in [
        (Language::English, (Language::Korean, "한국어"), "alice"),
        (Language::Korean, (Language::English, "English"), "bob"),
    ] {
        let t = |id: &str| language.t(id);
        let browser = language.signed_in(&console, user_id, "test123", BrowserSettings::default()).await;
        wait_for_heading(&browser, &t("my-account")).await;
        browser.click(&t("profile-edit")).await;
        wait_for_heading(&browser, &t("profile-title")).await;
        let save = t("profile-save");
        browser.fill(&t("profile-phone"), "010-1234-5678").await;
        browser.fill(&t("profile-department"), "R&D <b>").await;
        browser.click(&save).await;
        wait_for_texts(&browser, ".field-error", &[&t("profile-phone-wrong")]).await;
        assert_eq!(browser.value(&t("profile-department")).await, "R&D <b>");
        browser.fill(&t("profile-phone"), "+82 10-1234-5678").await;
        browser.fill(&t("user-name"), "Sam Park").await;
        browser.choose(&t("profile-time-zone"), "Asia/Seoul").await;
        browser.click(&save).await;
        toast(&browser, &t("profile-saved")).await;
        assert_eq!(browser.value(&t("profile-phone")).await, "+821012345678");
        assert!(texts(&browser, "header .name").await.contains(&"Sam Park".to_owned()));

        // Times are in the time zone of the profile.
        browser.goto("/account").await;
        let tooltip = attribute(&browser, ".facts time", "title").await;
        assert!(tooltip.contains(" KST · ") && tooltip.ends_with(" UTC"), "{tooltip}");

        // A picture that is too large is reduced before it is sent.
        browser.goto("/account/profile").await;
        assert!(choose_image(&browser, 640, 480).await > 256 * 1024);
        browser
            .wait_until("the image is small", "return document.querySelector('#image').files[0].size < 262144")
            .await;
        wait_for_count(&browser, "canvas:not([hidden])", 1).await;
        browser.click(&t("profile-picture-save")).await;
        toast(&browser, &t("profile-picture-saved")).await;
        wait_for_picture(&browser, "header img.avatar").await;
        wait_for_picture(&browser, "main img.avatar").await;
        browser.click(&t("profile-picture-remove")).await;
        browser.wait_for(&t("profile-picture-remove-question")).await;
        browser.click_within("dialog", &t("profile-picture-remove")).await;
        toast(&browser, &t("profile-picture-removed")).await;
        wait_for_count(&browser, "img.avatar", 0).await;

        // The language of the profile is that of the pages, also after the next sign-in.
        browser.choose(&t("profile-language"), own_name).await;
        browser.click(&save).await;
        toast(&browser, &other.t("profile-saved")).await;
        wait_for_heading(&browser, &other.t("profile-title")).await;
        assert_eq!(browser.errors().await.iter().filter(|error| !error.contains("422")).count(), 0);
    }
}

#[tokio::test]
async fn a_picture_is_set_without_javascript() {
    let console = Console::start(Shape::Sqlite).await;
    let browser = console.signed_in("alice", "test123", BrowserSettings::default().without_javascript()).await;
    browser.goto("/account/profile").await;
    browser.fill("Job title", "Engineer").await;
    browser.click("Save profile").await;
    toast(&browser, "The profile was saved.").await;
    choose_image(&browser, 200, 100).await;
    browser.click("Save picture").await;
    toast(&browser, "Your picture was saved.").await;
    wait_for_picture(&browser, "main img.avatar").await;
    let user = console.deployment.api.signed_in("alice", "test123").await;
    assert_eq!(user.get("/api/auth/me/profile").send().await.expect(200).text("title"), "Engineer");
    assert_eq!(browser.errors().await, [""; 0]);
}

#[tokio::test]
async fn administrators_edit_profiles_without_overwriting() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    for (language, user_id) in [(Language::English, "alice"), (Language::Korean, "bob")] {
        let (t, save) = (|id: &str| language.t(id), language.t("profile-save"));
        let profile = format!("/api/admin/users/{user_id}/profile");
        let browser = language.signed_in(&console, "manager", "admin123", BrowserSettings::default()).await;
        browser.goto(&format!("/users/{user_id}")).await;
        browser.fill(&t("profile-job-title"), "Engineer").await;
        browser.click(&save).await;
        let entry = toast(&browser, &t("profile-saved")).await;
        assert_eq!(entry, format!("/audit?target={user_id}&action=PROFILE_UPDATED"));
        browser.goto(&entry).await;
        wait_for_texts(&browser, ".changes dt", &[&t("profile-job-title")]).await;
        wait_for_texts(&browser, ".changes dd", &[&format!("{} → Engineer", t("profile-not-set"))]).await;

        browser.goto(&format!("/users/{user_id}")).await;
        api.put(&profile).json(json!({"title": "Theirs", "department": "Sales"})).send().await.expect(200);
        browser.fill(&t("profile-job-title"), "Mine").await;
        browser.click(&save).await;
        browser.wait_for(&t("profile-rebased")).await;
        assert_eq!(browser.value(&t("profile-department")).await, "Sales");
        assert_eq!(browser.value(&t("profile-job-title")).await, "Mine");
        browser.click(&save).await;
        toast(&browser, &t("profile-saved")).await;
        let stored = api.get(&profile).send().await.expect(200);
        assert_eq!((stored.text("title"), stored.text("department")), ("Mine", "Sales"));

        // The profile of another administrator is shown without a form.
        browser.goto("/users/admin").await;
        wait_for_count(&browser, "section[aria-labelledby=contact] dd", 5).await;
        wait_for_count(&browser, "section[aria-labelledby=contact] form", 0).await;
    }
}

/// The values of the attributes in the form, as shown.
async fn attribute_values(browser: &Browser) -> Vec<String> {
    let script = "return [...document.querySelectorAll('[name=attribute_name], [name=attribute_value]')]
        .map((field) => field.value)";
    let values = browser.execute(script, Vec::new()).await;
    values.as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn users_edit_their_attributes_without_javascript() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    for (language, user_id) in [(Language::English, "alice"), (Language::Korean, "bob")] {
        let t = |id: &str| language.t(id);
        let field = |id: &str, n: &str| language.tw(id, &[("n", n)]);
        let save = t("profile-save");
        let settings = BrowserSettings::default().without_javascript();
        let browser = language.signed_in(&console, user_id, "test123", settings).await;
        browser.goto("/account/profile").await;
        browser.fill(&field("profile-attribute-name", "1"), "badge").await;
        browser.fill(&field("profile-attribute-value", "1"), "007").await;
        browser.fill(&t("profile-job-title"), "Engineer").await;
        // Another row keeps the typed values, and saves nothing.
        browser.click(&t("profile-attribute-add")).await;
        wait_for_count(&browser, "[name=attribute_name]", 2).await;
        assert_eq!(browser.value(&t("profile-job-title")).await, "Engineer");
        browser.fill(&field("profile-attribute-name", "2"), "desk").await;
        browser.fill(&field("profile-attribute-value", "2"), "{\"floor\": 3,}").await;
        browser.click(&save).await;
        let wrong = language.tw("profile-attribute-not-json", &[("line", "1"), ("column", "13")]);
        wait_for_texts(&browser, "#attribute-value-2-error", &[&wrong]).await;
        wait_for_count(&browser, "#attribute-value-2[aria-invalid=true]", 1).await;
        assert_eq!(attribute_values(&browser).await, ["badge", "007", "desk", "{\"floor\": 3,}"]);
        browser.fill(&field("profile-attribute-value", "2"), "{\"floor\": 3}").await;
        // An error of another field keeps them, too.
        browser.fill(&t("profile-phone"), "1").await;
        browser.click(&save).await;
        wait_for_texts(&browser, ".field-error", &[&t("profile-phone-wrong")]).await;
        assert_eq!(attribute_values(&browser).await, ["badge", "007", "desk", "{\"floor\": 3}"]);
        browser.fill(&t("profile-phone"), "").await;
        browser.click(&save).await;
        toast(&browser, &t("profile-saved")).await;
        let profile = format!("/api/admin/users/{user_id}/profile");
        let stored = api.get(&profile).send().await.expect(200);
        assert_eq!(stored.json()["attributes"], json!({"badge": "007", "desk": {"floor": 3}}));
        assert_eq!(stored.text("title"), "Engineer");

        // Change one, remove the other.
        assert_eq!(attribute_values(&browser).await, ["badge", "007", "desk", "{\n  \"floor\": 3\n}", "", ""]);
        browser.fill(&field("profile-attribute-value", "1"), "7").await;
        browser.click(&field("profile-attribute-remove-number", "2")).await;
        browser.click(&save).await;
        toast(&browser, &t("profile-saved")).await;
        let stored = api.get(&profile).send().await.expect(200);
        assert_eq!(stored.json()["attributes"], json!({"badge": 7}));
        assert_eq!(attribute_values(&browser).await, ["badge", "7", "", ""]);
    }
}

#[tokio::test]
async fn administrators_edit_attributes_by_policy() {
    let console = Console::start(Shape::Sqlite).await;
    let api = console.deployment.super_admin().await;
    for (language, user_id) in [(Language::English, "alice"), (Language::Korean, "bob")] {
        let t = |id: &str| language.t(id);
        let field = |id: &str, n: &str| language.tw(id, &[("n", n)]);
        let profile = format!("/api/admin/users/{user_id}/profile");
        let attributes = json!({"badge": "A-7", "floor": 3});
        api.put(&profile).json(json!({"attributes": attributes})).send().await.expect(200);
        let browser = language.signed_in(&console, "manager", "admin123", BrowserSettings::default()).await;
        browser.goto(&format!("/users/{user_id}")).await;
        assert_eq!(attribute_values(&browser).await, ["badge", "A-7", "floor", "3", "", ""]);
        browser.fill(&field("profile-attribute-name", "3"), "floor").await;
        browser.fill(&field("profile-attribute-value", "3"), "4").await;
        browser.click(&t("profile-save")).await;
        wait_for_texts(&browser, "#attribute-name-3-error", &[&t("profile-attribute-name-repeated")]).await;
        assert_eq!(browser.axe().await, []);
        // Another administrator changes one attribute in the meantime: both changes are kept.
        api.put(&profile).json(json!({"attributes": {"badge": "B-8", "floor": 3}})).send().await.expect(200);
        browser.fill(&field("profile-attribute-name", "3"), "desk").await;
        browser.click(&t("profile-save")).await;
        browser.wait_for(&t("profile-rebased")).await;
        browser.click(&t("profile-save")).await;
        let entry = toast(&browser, &t("profile-saved")).await;
        let stored = api.get(&profile).send().await.expect(200);
        assert_eq!(stored.json()["attributes"], json!({"badge": "B-8", "desk": 4, "floor": 3}));
        browser.goto(&entry).await;
        wait_for_texts(&browser, ".log li:nth-child(2) .changes dt", &[&t("profile-attributes")]).await;
        wait_for_texts(&browser, ".log li:nth-child(2) .changes dd", &["{} → {\"desk\":4}"]).await;

        // The attributes of another administrator are shown without a form.
        browser.goto("/users/admin").await;
        wait_for_count(&browser, "[name=attribute_name]", 0).await;
    }
}

use std::fs;
use std::path::Path;

use steward_mail::preview::samples;
use steward_mail::{Language, Sender, render};
use steward_testkit::browser::{Browser, BrowserSettings, Theme};

use super::save;
use crate::Failure;

/// A phone and a desktop window of a mail program, in CSS pixels.
const WIDTHS: [u32; 2] = [360, 800];

/// Height of the window while a mail is loaded. The picture has the height of the mail.
const HEIGHT: u32 = 600;

/// The sender of the samples.
const SENDER: &str = "Steward <no-reply@example.com>";

/// Writes the text of each sample to a file, and its HTML as pictures.
pub(super) async fn take(folder: &Path) -> Result<(), Failure> {
    let sender: Sender = SENDER.parse()?;
    let pages = tempfile::tempdir()?;
    let browser = Browser::open("file://", BrowserSettings::default()).await;
    for language in Language::ALL {
        for mail in samples(language) {
            let rendered = render(&mail, &sender)?;
            let name = format!("{}-{}", mail.content.kind().as_str().replace('_', "-"), language.tag());
            fs::write(
                folder.join(format!("{name}.txt")),
                format!("Subject: {}\n\n{}", rendered.subject, rendered.text),
            )?;
            let page = pages.path().join(format!("{name}.html"));
            fs::write(&page, rendered.html)?;
            take_in_all_sizes(&browser, &page, &name, folder).await;
        }
    }
    Ok(())
}

async fn take_in_all_sizes(browser: &Browser, page: &Path, name: &str, folder: &Path) {
    for width in WIDTHS {
        browser.resize(width, HEIGHT).await;
        browser.goto(&page.display().to_string()).await;
        let height = browser.execute("return document.documentElement.scrollHeight", Vec::new()).await;
        let height = height.as_u64().and_then(|height| u32::try_from(height).ok()).unwrap_or(HEIGHT);
        browser.resize(width, height).await;
        for theme in [Theme::Light, Theme::Dark] {
            browser.prefer(theme).await;
            save(browser, &folder.join(format!("{name}-{width}-{}.png", theme.name()))).await;
        }
        if browser.is_too_wide().await {
            println!("{name} is wider than {width} pixels");
        }
    }
}

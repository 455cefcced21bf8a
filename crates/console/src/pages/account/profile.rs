//! The user's own profile: name, contact, language, time zone, picture.

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;
use futures_util::future::try_join;
use steward_client::{Error, Image};
use steward_contracts::bodies::{self, ProfileBody, UserBody};
use steward_domain::DisplayName;

use super::ACCOUNT;
use crate::failure::Failure;
use crate::frame::{Frame, Section};
use crate::language::Language;
use crate::pages::profile_form::{Field, ProfileForm};
use crate::pages::user::initials;
use crate::request::{FormData, ProtectedForm, SignedIn, Toast};

pub(super) const PROFILE: &str = "/account/profile";
#[derive(Template)]
#[template(path = "account_profile.html")]
struct ProfilePage {
    frame: Frame,
    me: UserBody,
    initials: String,
    avatar: Option<String>,
    max_image: usize,
    name: Field,
    form: ProfileForm,
}

/// Shows the page.
pub(super) async fn show(mut caller: SignedIn) -> Result<HttpResponse, Failure> {
    let (me, (profile, tag)) = try_join(caller.api.me(), caller.api.own_profile()).await?;
    caller.remember_profile(&profile);
    let name = Field { was: me.name.clone(), typed: me.name.clone(), error: None };
    let draft = caller.context.cookies().take_draft(PROFILE);
    let form = draft.as_ref().and_then(ProfileForm::from_draft).unwrap_or_else(|| ProfileForm::new(&profile, tag));
    render_page(&caller, me, &profile, name, form, StatusCode::OK)
}

/// Saves the changed fields if the profile is still at the version that the form showed.
pub(super) async fn save(
    ProtectedForm { mut caller, form: submitted }: ProtectedForm,
) -> Result<HttpResponse, Failure> {
    let language = caller.context.language();
    let mut form = ProfileForm::parse(&submitted).ok_or(Failure::NotAForm)?;
    let mut name = name_field(&submitted);
    if form.add_requested_row(&submitted) {
        return render_again(&caller, name, form, StatusCode::OK).await;
    }
    let has_new_name = name.typed != name.was;
    if has_new_name && DisplayName::parse(&name.typed).is_err() {
        name.error = Some(language.text("user-name-wrong"));
    }
    if form.attributes.set_errors(language) || name.error.is_some() {
        return render_again(&caller, name, form, StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    if !form.is_unchanged() {
        match caller.api.update_own_profile(&form.change(), Some(&form.tag)).await {
            Ok(profile) => {
                caller.remember_profile(&profile);
                if form.locale.is_changed() {
                    caller.use_language_of(&profile);
                }
            }
            Err(error) if error.status() == Some(412) => {
                let (profile, tag) = caller.api.own_profile().await?;
                form.rebase(&profile, tag);
                return render_again(&caller, name, form, StatusCode::PRECONDITION_FAILED).await;
            }
            Err(error) if form.set_errors(&error, language) => {
                return render_again(&caller, name, form, StatusCode::UNPROCESSABLE_ENTITY).await;
            }
            Err(error) => return Err(error.into()),
        }
    }
    if has_new_name {
        match caller.api.change_own_name(&name.typed).await {
            Ok(user) => caller.remember_name(&user.name),
            Err(error) => {
                name.error = Some(name_error(&error, language).ok_or(error)?);
                let (profile, tag) = caller.api.own_profile().await?;
                form = ProfileForm::new(&profile, tag);
                return render_again(&caller, name, form, StatusCode::UNPROCESSABLE_ENTITY).await;
            }
        }
    }
    // The next page has the language that the user chose.
    let chosen = Some(&form.locale).filter(|locale| locale.is_changed());
    let language = chosen.and_then(|locale| Language::of_locale(&locale.typed)).unwrap_or(language);
    caller.context.add_toast(Toast::done(language.text("profile-saved")));
    Ok(caller.context.redirect(PROFILE))
}

/// Sets the picture.
pub(super) async fn set_avatar(ProtectedForm { mut caller, form }: ProtectedForm) -> Result<HttpResponse, Failure> {
    let text = |id: &str| caller.context.t(id);
    let Some(file) = form.file("image").filter(|file| !file.bytes.is_empty()) else {
        caller.context.add_toast(Toast::failed(text("profile-picture-missing")));
        return Ok(caller.context.redirect(PROFILE));
    };
    let image = Image { content_type: file.content_type.clone(), bytes: file.bytes.to_vec() };
    let toast = match caller.api.set_own_avatar(image).await {
        Ok(profile) => {
            caller.remember_profile(&profile);
            Toast::done(caller.context.t("profile-picture-saved"))
        }
        Err(error) => Toast::failed(text(image_error(&error).ok_or(error)?)),
    };
    caller.context.add_toast(toast);
    Ok(caller.context.redirect(PROFILE))
}

/// Removes the picture.
pub(super) async fn remove_avatar(ProtectedForm { mut caller, .. }: ProtectedForm) -> Result<HttpResponse, Failure> {
    caller.api.remove_own_avatar().await?;
    caller.remember_avatar(None);
    caller.context.add_toast(Toast::done(caller.context.t("profile-picture-removed")));
    Ok(caller.context.redirect(PROFILE))
}

fn name_field(form: &FormData) -> Field {
    Field { was: form.get("was_name").to_owned(), typed: form.get("name").trim().to_owned(), error: None }
}

async fn render_again(
    caller: &SignedIn,
    name: Field,
    form: ProfileForm,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    let (me, (profile, _)) = try_join(caller.api.me(), caller.api.own_profile()).await?;
    render_page(caller, me, &profile, name, form, status)
}

fn render_page(
    caller: &SignedIn,
    me: UserBody,
    profile: &ProfileBody,
    name: Field,
    form: ProfileForm,
    status: StatusCode,
) -> Result<HttpResponse, Failure> {
    let context = &caller.context;
    let frame = Frame::signed_in(caller, Section::Account, context.t("profile-title"));
    let page = ProfilePage {
        frame: frame.below(ACCOUNT, context.t("my-account")),
        initials: initials(&me.name),
        avatar: profile.avatar.clone(),
        max_image: bodies::Image::MAX,
        me,
        name,
        form,
    };
    context.render(status, &page)
}

/// Returns the message for a rejected name.
fn name_error(error: &Error, language: Language) -> Option<String> {
    match (error.status(), error.code()) {
        (Some(403), Some("name-change-disabled")) => Some(language.text("profile-name-disabled")),
        (Some(422), _) => Some(language.text("user-name-wrong")),
        _ => None,
    }
}

/// Returns the id of the message for a rejected image.
fn image_error(error: &Error) -> Option<&'static str> {
    match (error.status()?, error.code()) {
        (413, _) => Some("profile-picture-too-long"),
        (415, _) => Some("profile-picture-format"),
        (422, Some("image-too-large")) => Some("profile-picture-too-large"),
        (422, _) => Some("profile-picture-damaged"),
        _ => None,
    }
}

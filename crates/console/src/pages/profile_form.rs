//! The form of a profile, for its owner and for administrators.

use steward_client::Error;
use steward_contracts::bodies::{FieldChange, ProfileBody, UpdateProfileRequest};
use steward_domain::TimeZone;

use super::attributes_form::AttributesForm;
use crate::language::Language;
use crate::request::{Draft, FormData};

/// A field of the form.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Field {
    /// The value when the form was shown.
    pub(super) was: String,
    pub(super) typed: String,
    pub(super) error: Option<String>,
}

impl Field {
    fn unchanged(value: Option<&String>) -> Self {
        let value = value.cloned().unwrap_or_default();
        Self { was: value.clone(), typed: value, error: None }
    }

    fn read(get: &impl Fn(&str) -> Option<String>, name: &str) -> Self {
        let was = get(&format!("was_{name}")).unwrap_or_default();
        // A missing field is unchanged.
        let typed = get(name).map_or_else(|| was.clone(), |typed| typed.trim().to_owned());
        Self { was, typed, error: None }
    }

    pub(super) fn is_changed(&self) -> bool {
        self.typed != self.was
    }

    fn change(&self) -> FieldChange<String> {
        match (self.is_changed(), self.typed.is_empty()) {
            (false, _) => FieldChange::Keep,
            (true, true) => FieldChange::Clear,
            (true, false) => FieldChange::Set(self.typed.clone()),
        }
    }

    /// Takes another value over as the one before, and shows it unless the user typed another one.
    fn rebase(&mut self, value: Option<&String>) {
        let value = value.cloned().unwrap_or_default();
        if !self.is_changed() {
            self.typed.clone_from(&value);
        }
        self.was = value;
    }
}

/// The form of a profile.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct ProfileForm {
    pub(super) phone: Field,
    pub(super) department: Field,
    pub(super) title: Field,
    pub(super) locale: Field,
    pub(super) time_zone: Field,
    pub(super) attributes: AttributesForm,
    /// The entity tag of the profile that the form showed.
    pub(super) tag: String,
    /// Whether another change took place since the form was shown.
    pub(super) is_rebased: bool,
}

impl ProfileForm {
    /// Creates the form of a profile with this entity tag.
    pub(super) fn new(profile: &ProfileBody, tag: String) -> Self {
        Self {
            phone: Field::unchanged(profile.phone.as_ref()),
            department: Field::unchanged(profile.department.as_ref()),
            title: Field::unchanged(profile.title.as_ref()),
            locale: Field::unchanged(profile.locale.as_ref()),
            time_zone: Field::unchanged(profile.time_zone.as_ref()),
            attributes: AttributesForm::new(&profile.attributes),
            tag,
            is_rebased: false,
        }
    }

    /// Reads a submitted form; `None` if its tag is missing.
    pub(super) fn parse(form: &FormData) -> Option<Self> {
        Self::read(&|name| form.all(name).map(str::to_owned).collect())
    }

    /// Restores the form from a draft; `None` if the draft is of another form of the page.
    pub(super) fn from_draft(draft: &Draft) -> Option<Self> {
        Self::read(&|name| draft.all(name).map(str::to_owned).collect())
    }

    /// `all` returns the values of each field of a name.
    fn read(all: &impl Fn(&str) -> Vec<String>) -> Option<Self> {
        let get = |name: &str| all(name).into_iter().next();
        Some(Self {
            phone: Field::read(&get, "phone"),
            department: Field::read(&get, "department"),
            title: Field::read(&get, "title"),
            locale: Field::read(&get, "locale"),
            time_zone: Field::read(&get, "time_zone"),
            attributes: AttributesForm::read(all),
            tag: get("profile_tag")?,
            is_rebased: false,
        })
    }

    /// Adds an empty row for an attribute if the button for it submitted the form. Returns whether it did.
    pub(super) fn add_requested_row(&mut self, form: &FormData) -> bool {
        let is_requested = !form.get("attribute_add").is_empty();
        if is_requested {
            self.attributes.add_row();
        }
        is_requested
    }

    /// Returns the fields that the user changed.
    pub(super) fn change(&self) -> UpdateProfileRequest {
        UpdateProfileRequest {
            phone: self.phone.change(),
            department: self.department.change(),
            title: self.title.change(),
            locale: self.locale.change(),
            time_zone: self.time_zone.change(),
            attributes: self.attributes.change(),
        }
    }

    pub(super) fn is_unchanged(&self) -> bool {
        let fields = [&self.phone, &self.department, &self.title, &self.locale, &self.time_zone];
        !self.attributes.is_changed() && !fields.into_iter().any(Field::is_changed)
    }

    /// Keeps the typed values, and shows the current ones in the other fields.
    pub(super) fn rebase(&mut self, profile: &ProfileBody, tag: String) {
        self.phone.rebase(profile.phone.as_ref());
        self.department.rebase(profile.department.as_ref());
        self.title.rebase(profile.title.as_ref());
        self.locale.rebase(profile.locale.as_ref());
        self.time_zone.rebase(profile.time_zone.as_ref());
        self.attributes.rebase(&profile.attributes);
        (self.tag, self.is_rebased) = (tag, true);
    }

    /// Assigns the errors of the API to the fields. Returns whether there are any.
    pub(super) fn set_errors(&mut self, error: &Error, language: Language) -> bool {
        let Some(problem) = error.problem().filter(|problem| problem.status == 422) else { return false };
        for error in &problem.errors {
            let (field, id) = match error.field.as_str() {
                "phone" => (&mut self.phone, "profile-phone-wrong"),
                "department" => (&mut self.department, "profile-text-wrong"),
                "title" => (&mut self.title, "profile-text-wrong"),
                "locale" => (&mut self.locale, "profile-language-wrong"),
                "time_zone" => (&mut self.time_zone, "profile-time-zone-wrong"),
                "attributes" => {
                    self.attributes.error = Some(language.text("profile-attributes-wrong"));
                    continue;
                }
                _ => continue,
            };
            field.error = Some(language.text(id));
        }
        let fields = [&self.phone, &self.department, &self.title, &self.locale, &self.time_zone];
        self.attributes.error.is_some() || fields.into_iter().any(|field| field.error.is_some())
    }

    /// Returns the languages to choose from, with their names; another language of the profile stays available.
    pub(super) fn languages(&self) -> Vec<(String, String)> {
        let known = Language::ALL.map(|language| (language.tag().to_owned(), language.own_name().to_owned()));
        let typed = &self.locale.typed;
        let is_known = typed.is_empty() || known.iter().any(|(tag, _)| tag == typed);
        let other = (!is_known).then(|| (typed.clone(), typed.clone()));
        known.into_iter().chain(other).collect()
    }

    /// Returns the time zones to choose from by area; another one of the profile stays available.
    pub(super) fn time_zones(&self) -> Vec<(&str, Vec<&str>)> {
        const AREAS: [&str; 10] = [
            "Africa",
            "America",
            "Antarctica",
            "Arctic",
            "Asia",
            "Atlantic",
            "Australia",
            "Europe",
            "Indian",
            "Pacific",
        ];
        let typed = self.time_zone.typed.as_str();
        let in_area = |area: &'static str| {
            let is_in = move |name: &&str| name.split_once('/').is_some_and(|(first, _)| first == area);
            (area, TimeZone::names().iter().copied().filter(is_in).collect::<Vec<_>>())
        };
        let mut zones = vec![("UTC", vec!["UTC"])];
        zones.extend(AREAS.map(in_area));
        if !typed.is_empty() && !zones.iter().any(|(_, names)| names.contains(&typed)) {
            zones.insert(0, (typed, vec![typed]));
        }
        zones
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn profile(phone: &str, title: &str) -> ProfileBody {
        ProfileBody { phone: Some(phone.to_owned()), title: Some(title.to_owned()), ..ProfileBody::default() }
    }

    fn submitted(fields: &str) -> ProfileForm {
        ProfileForm::parse(&FormData::parse(fields.as_bytes())).unwrap()
    }

    #[test]
    fn only_edited_fields_are_sent() {
        let form = submitted("was_phone=%2B12125550100&phone=&was_title=A&title=A+&department=+Sales+&profile_tag=t");
        let change = form.change();
        assert_eq!((change.phone, change.title), (FieldChange::Clear, FieldChange::Keep));
        assert_eq!((change.department, change.locale), (FieldChange::Set("Sales".to_owned()), FieldChange::Keep));
        assert!(!form.is_unchanged() && submitted("was_title=A&profile_tag=t").is_unchanged());
        assert!(ProfileForm::new(&profile("+1", "A"), String::new()).is_unchanged());
        assert_eq!(ProfileForm::parse(&FormData::parse(b"tag=t&title=A")), None, "another form of the page");
    }

    #[test]
    fn other_changes_are_taken_over_and_typed_values_stay() {
        let mut form = submitted("was_phone=%2B1&phone=%2B2&was_title=A&title=A&profile_tag=t");
        form.rebase(&profile("+3", "B"), "next".to_owned());
        assert_eq!((form.phone.typed.as_str(), form.title.typed.as_str()), ("+2", "B"));
        assert_eq!((form.tag.as_str(), form.is_rebased), ("next", true));
        assert_eq!((form.change().phone, form.change().title), (FieldChange::Set("+2".to_owned()), FieldChange::Keep));
    }

    #[test]
    fn unusual_values_stay_available() {
        let form = submitted("locale=de-AT&time_zone=EST5EDT&profile_tag=t");
        assert_eq!(form.languages().last().unwrap().0, "de-AT");
        assert_eq!(form.time_zones()[0], ("EST5EDT", vec!["EST5EDT"]));
        let form = submitted("locale=ko&time_zone=Asia/Seoul&profile_tag=t");
        assert_eq!((form.languages().len(), form.time_zones()[0].0), (2, "UTC"));
        assert!(form.time_zones().iter().any(|(area, names)| *area == "Asia" && names.contains(&"Asia/Seoul")));
    }
}

//! Finds controls by their visible names.

use fantoccini::actions::{InputSource, MOUSE_BUTTON_LEFT, MouseActions, PointerAction};
use fantoccini::elements::{Element, ElementRef};
use fantoccini::error::CmdError;
use serde_json::{Value, json};

use super::Browser;
use super::page::Again;

/// The key that marks an element in the result of a script.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

const MOUSE_DOWN: PointerAction = PointerAction::Down { button: MOUSE_BUTTON_LEFT };
const MOUSE_UP: PointerAction = PointerAction::Up { button: MOUSE_BUTTON_LEFT };

/// Whether a field is filled by typing. Others are filled by a picker.
const IS_TYPED_INTO: &str = "return arguments[0].matches('textarea, input:not([type=date], [type=datetime-local], \
                             [type=time], [type=month], [type=week], [type=color], [type=range], [type=file])')";

/// Sets the value of a field and sends the events of its picker.
const PICK: &str = "const [field, value] = arguments; field.value = value; \
                    for (const event of ['input', 'change']) field.dispatchEvent(new Event(event, {bubbles: true}));";

/// Selects the option with this name and sends the events of a selection.
const CHOOSE: &str = "
    const [field, name] = arguments;
    const option = [...field.options].find((option) => option.label.replace(/\\s+/g, ' ').trim() === name);
    if (!option || option.disabled) return [...field.options].map((option) => option.label);
    option.selected = true;
    for (const event of ['input', 'change']) field.dispatchEvent(new Event(event, {bubbles: true}));";

impl Browser {
    /// Clicks the control with this name: the whole text, label or `aria-label` of a link, button, tab, box or the
    /// like.
    pub async fn click(&self, name: &str) {
        self.click_within("", name).await;
    }

    /// Clicks the control with this name within a CSS selector: `tr:has([href="/users/alice"])`.
    pub async fn click_within(&self, scope: &str, name: &str) {
        let deadline = self.deadline();
        while let Err(again) = self.try_to_click(scope, name).await {
            self.wait_or_fail(deadline, &format!("click on {name:?}"), again).await;
        }
    }

    /// Double-clicks the control with this name. The second click reaches the control that is there after the first
    /// one.
    pub async fn double_click(&self, name: &str) {
        let deadline = self.deadline();
        let control = loop {
            match self.the_only("control", name, "").await {
                Ok(control) => break control,
                Err(again) => self.wait_or_fail(deadline, &format!("double click on {name:?}"), again).await,
            }
        };
        let center = "arguments[0].scrollIntoView({ block: 'center' })";
        self.client.execute(center, vec![json!(control)]).await.unwrap();
        let to = PointerAction::MoveToElement { element: control, duration: None, x: 0.0, y: 0.0 };
        // One action sequence: the driver does not wait between its parts.
        let clicks = [MOUSE_DOWN, MOUSE_UP, MOUSE_DOWN, MOUSE_UP];
        let actions = clicks.into_iter().fold(MouseActions::new("mouse".into()).then(to), MouseActions::then);
        self.client.perform_actions(actions).await.unwrap();
    }

    /// Replaces the value of the field with this label. Dates are written in the format of forms: `2026-11-23`.
    pub async fn fill(&self, label: &str, value: &str) {
        let deadline = self.deadline();
        while let Err(again) = self.try_to_fill(label, value).await {
            self.wait_or_fail(deadline, &format!("fill in {label:?}"), again).await;
        }
    }

    /// Selects an option in the list with this label.
    pub async fn choose(&self, label: &str, option: &str) {
        let deadline = self.deadline();
        while let Err(again) = self.try_to_choose(label, option).await {
            self.wait_or_fail(deadline, &format!("choose {option:?} in {label:?}"), again).await;
        }
    }

    /// The value of the field with this label.
    pub async fn value(&self, label: &str) -> String {
        let deadline = self.deadline();
        loop {
            match self.the_only("field", label, "").await {
                Ok(field) => return field.prop("value").await.unwrap().unwrap_or_default(),
                Err(again) => self.wait_or_fail(deadline, &format!("read {label:?}"), again).await,
            }
        }
    }

    async fn try_to_click(&self, scope: &str, name: &str) -> Result<(), Again> {
        let control = self.the_only("control", name, scope).await?;
        // Unlike the driver, the browser knows which part of the page is covered (`scroll-padding`).
        self.client.execute("arguments[0].scrollIntoView({ block: 'nearest' })", vec![json!(control)]).await?;
        Ok(control.click().await?)
    }

    async fn try_to_fill(&self, label: &str, value: &str) -> Result<(), Again> {
        let field = self.the_only("field", label, "").await?;
        let typed = self.client.execute(IS_TYPED_INTO, vec![json!(field)]).await?;
        if typed == json!(true) {
            field.clear().await?;
            field.send_keys(value).await?;
        } else {
            self.client.execute(PICK, vec![json!(field), json!(value)]).await?;
        }
        Ok(())
    }

    async fn try_to_choose(&self, label: &str, option: &str) -> Result<(), Again> {
        let field = self.the_only("field", label, "").await?;
        let others = self.client.execute(CHOOSE, vec![json!(field), json!(option)]).await?;
        if others.is_null() { Ok(()) } else { Err(Again(format!("there is {others}"))) }
    }

    /// The only control with this name. Several are an error of the page or of the test.
    async fn the_only(&self, kind: &str, name: &str, scope: &str) -> Result<Element, Again> {
        let arguments = vec![json!(kind), json!(name), json!(scope)];
        let found = self.client.execute(include_str!("find.js"), arguments).await?;
        let elements = found["elements"].as_array().map(Vec::as_slice).unwrap_or_default();
        match elements {
            [element] => Ok(self.element(element)),
            [] => Err(Again(format!("there is {}", found["names"]))),
            several => Err(Again(format!("there are {} of that name", several.len()))),
        }
    }

    fn element(&self, value: &Value) -> Element {
        let id = value[ELEMENT].as_str().unwrap_or_default().to_owned();
        Element::from_element_id(self.client.clone(), ElementRef::from(id))
    }
}

impl From<CmdError> for Again {
    /// The page changed at the same time, or another element covers the control for a moment.
    fn from(error: CmdError) -> Self {
        Self(error.to_string())
    }
}

/// A setting's value for a message. The part before the last `@` is left out, because it may hold a password.
pub(crate) fn without_password(value: &str) -> String {
    let is_scheme = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'));
    let scheme = value.split_once("://").map(|(scheme, _)| scheme).filter(|scheme| is_scheme(scheme));
    let shown = match (value.rfind('@'), scheme) {
        (None, _) => value.to_owned(),
        (Some(at), Some(scheme)) => format!("{scheme}://…{}", &value[at..]),
        (Some(at), None) => format!("…{}", &value[at..]),
    };
    shown.chars().filter(|c| !c.is_control()).take(100).collect()
}

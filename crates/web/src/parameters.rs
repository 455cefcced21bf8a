//! The parameters that several endpoints have, for their OpenAPI documentation.

use utoipa::IntoParams;

/// The condition of a change: [`if_match`](crate::if_match) reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
pub struct IfMatch {
    /// The expected `ETag`, strong or weak, or a list of them; `*` matches any
    #[param(
        rename = "If-Match",
        example = "\"rT7mKq4xZb9wHd2c\"",
        pattern = r#"^(\*|(W/)?"[!#-~]*"(, ?(W/)?"[!#-~]*")*)$"#
    )]
    pub if_match: Option<String>,
}

/// The version in the URL of a picture: [`avatar_response`](crate::avatar_response) reads it.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
pub struct PictureVersion {
    /// Hash of the picture
    #[param(pattern = "^[0-9a-f]*$", example = "9f86d081884c7d659a2feaa0c55ad015")]
    pub v: Option<String>,
}

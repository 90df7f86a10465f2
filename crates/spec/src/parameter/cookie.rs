//! Cookies of a request (RFC 6265, section 4.2), found without a table.

use http::HeaderMap;
use http::header::COOKIE;

/// The values of the cookies called `name`, in order, without the quotes around them. Fields that are no text are
/// skipped: they hold no cookie that a schema could accept.
pub(crate) fn values<'h>(headers: &'h HeaderMap, name: &'h str) -> impl Iterator<Item = &'h str> {
    let fields = headers.get_all(COOKIE).into_iter().filter_map(|field| field.to_str().ok());
    fields.flat_map(|field| field.split(';')).filter_map(move |pair| {
        let (found, value) = pair.split_once('=')?;
        let value = value.trim_matches([' ', '\t']);
        let unquoted = value.strip_prefix('"').and_then(|value| value.strip_suffix('"'));
        (found.trim_matches([' ', '\t']) == name).then_some(unquoted.unwrap_or(value))
    })
}

//! What a browser asks before it calls from another origin: a question about a method, sent as `OPTIONS`.

use http::header::{ACCESS_CONTROL_REQUEST_METHOD, ORIGIN};
use http::{HeaderMap, Method};

/// The method that a preflight asks for; nothing where the request is none.
///
/// WHATWG Fetch, "CORS-preflight request": `OPTIONS` with `Origin` and one `Access-Control-Request-Method`.
pub(crate) fn asked<'h>(method: &Method, headers: &'h HeaderMap) -> Option<&'h [u8]> {
    if *method != Method::OPTIONS || !headers.contains_key(ORIGIN) {
        return None;
    }
    let mut fields = headers.get_all(ACCESS_CONTROL_REQUEST_METHOD).iter();
    let asked = fields.next()?;
    fields.next().is_none().then_some(asked.as_bytes())
}

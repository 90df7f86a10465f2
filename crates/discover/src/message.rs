//! What the parts of a request and its answer say, whoever wrote them down.

use std::borrow::Cow;

use crate::credential::{Credential, Credentials};
use crate::line::{Field, Line};

/// Takes in a header field of the request.
pub(crate) fn request_field(line: &mut Line<'_>, name: &str, value: &str) {
    let owned = || Cow::Owned(value.trim().to_owned());
    let is = |known: &str| name.eq_ignore_ascii_case(known);
    line.request_body.field(name, value);
    match () {
        () if is("host") || is(":authority") => {
            if line.host.is_none() {
                line.set(Field::Host, owned());
            }
        }
        () if is("user-agent") => line.user_agent = Some(owned()),
        () if is("referer") => line.referer = Some(owned()),
        () if is("content-type") => line.request_type = Some(owned()),
        () => {
            if let Some(credential) = Credential::of_field(name, value) {
                line.credentials.insert(credential);
            }
        }
    }
}

/// Takes in a header field of the answer.
pub(crate) fn answer_field(line: &mut Line<'_>, name: &str, value: &str) {
    line.answer_body.field(name, value);
    if name.eq_ignore_ascii_case("content-type") {
        line.answer_type = Some(Cow::Owned(value.trim().to_owned()));
    }
}

/// Takes in a URL, or a path with its query; false where it is neither. What stands before `@` is a password, which is not kept.
pub(crate) fn url(line: &mut Line<'_>, text: &str) -> bool {
    let text = text.split('#').next().unwrap_or_default();
    let is_remote =
        |scheme: &str| ["http", "https", "ws", "wss"].iter().any(|known| scheme.eq_ignore_ascii_case(known));
    let Some((scheme, rest)) = text.split_once("://").filter(|(scheme, _)| is_remote(scheme)) else {
        return text.starts_with('/') && line.set(Field::Target, Cow::Owned(text.to_owned()));
    };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    match authority.rsplit_once('@') {
        None => line.set(Field::Target, Cow::Owned(text.to_owned())),
        Some((user, _)) => {
            line.credentials.insert(Credential::Basic);
            let bare = rest.get(user.len() + 1..).unwrap_or_default();
            line.set(Field::Target, Cow::Owned(format!("{scheme}://{bare}")))
        }
    }
}

/// Takes in the method; one that is none leaves the request without.
pub(crate) fn method(line: &mut Line<'_>, text: &str) {
    line.set(Field::Method, Cow::Owned(text.to_ascii_uppercase()));
}

/// Says that nothing was shown, where all of a request was seen and it shows nothing.
pub(crate) fn all_was_seen(line: &mut Line<'_>) {
    if let Some(query) = &line.query {
        line.credentials.extend(Credentials::of_query(query));
    }
    if line.credentials == Credentials::default() {
        line.credentials.insert(Credential::Nothing);
    }
}

//! Follows redirects of third parties in the place of applications: each hop is a request of its own, decided, shown its
//! own third party's credential, and recorded as any other.

use http::header::{
    CONTENT_ENCODING, CONTENT_LANGUAGE, CONTENT_LENGTH, CONTENT_LOCATION, CONTENT_TYPE, EXPECT, HOST,
    HeaderName, LOCATION, TRAILER, TRANSFER_ENCODING,
};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method, Request, Response, StatusCode, Uri};

use super::account::X_REQUEST_ID;
use super::answer_body::AnswerBody;
use super::body::Source;
use super::http1::AsksWebSocket;
use super::serve::{Finished, Served};
use crate::normalize::{Scheme, own_host};
use crate::snapshot::Snapshot;
use crate::third_party::Side;

/// What is said of a body, which no hop has (RFC 9110 15.4).
static OF_BODIES: [HeaderName; 8] = [
    CONTENT_ENCODING,
    CONTENT_LANGUAGE,
    CONTENT_LENGTH,
    CONTENT_LOCATION,
    CONTENT_TYPE,
    EXPECT,
    TRAILER,
    TRANSFER_ENCODING,
];

/// A request that may be led elsewhere, as its application sent it.
pub(super) struct Led {
    method: Method,
    headers: HeaderMap,
    has_body: bool,
}

impl Led {
    /// What to keep of a request before it is decided; nothing where nothing is followed.
    pub(super) fn of(served: &Served, parts: &Parts, body: &Source) -> Option<Led> {
        if served.connection.side != Side::Egress || !served.worker.shared.snapshot.load().follows() {
            return None;
        }
        if parts.extensions.get::<AsksWebSocket>().is_some() {
            return None;
        }
        let mut headers = parts.headers.clone();
        if let Some(authority) = parts.uri.authority() {
            headers.insert(HOST, HeaderValue::from_str(authority.as_str()).ok()?);
        }
        Some(Led { method: parts.method.clone(), headers, has_body: !body.is_at_end() })
    }

    /// Follows where `finished` leads, as often as the third parties allow; what is not followed is the answer.
    pub(super) async fn follow(mut self, served: &Served, mut finished: Finished) -> Finished {
        let mut left = finished.redirects_max;
        while left > 0 {
            let next = self.next(&finished.answer, &served.worker.shared.snapshot.load());
            let Some(mut parts) = next else { break };
            // Its place among the requests in flight, and its memory, are free before the next answer is waited for.
            drop(finished);
            self.method = parts.method.clone();
            self.headers.clone_from(&parts.headers);
            self.has_body = false;
            finished = served.worker.judge_and_answer(served, &mut parts, Source::Empty, None).await;
            left = (left - 1).min(finished.redirects_max);
        }
        finished
    }

    /// The request that `answer` leads to; nothing where it leads nowhere that may be followed from here.
    fn next(&self, answer: &Response<AnswerBody>, snapshot: &Snapshot) -> Option<Parts> {
        let method = self.method_after(answer.status())?;
        let mut fields = answer.headers().get_all(LOCATION).iter();
        let (Some(location), None) = (fields.next(), fields.next()) else { return None };
        let (authority, target) = split(location.to_str().ok()?)?;
        let mut headers = self.headers.clone();
        if let Some(authority) = authority {
            let host = own_host(authority, Scheme::Https)?;
            if !snapshot.calls(host.as_str()) {
                return None;
            }
            headers.insert(HOST, HeaderValue::from_str(host.as_str()).ok()?);
        }
        for name in &OF_BODIES {
            headers.remove(name);
        }
        // The hops of a call are found by the name that it has.
        if let Some(id) = answer.headers().get(X_REQUEST_ID) {
            headers.insert(X_REQUEST_ID, id.clone());
        }
        let mut request = Request::new(());
        *request.method_mut() = method;
        *request.uri_mut() = target;
        *request.headers_mut() = headers;
        Some(request.into_parts().0)
    }

    /// The method of the request that an answer of `status` leads to (RFC 9110 15.4), where it can be made again: what it
    /// carried is gone.
    fn method_after(&self, status: StatusCode) -> Option<Method> {
        let is_read = matches!(self.method, Method::GET | Method::HEAD);
        match status {
            StatusCode::SEE_OTHER if self.method == Method::HEAD => Some(Method::HEAD),
            StatusCode::SEE_OTHER => Some(Method::GET),
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND if is_read => Some(self.method.clone()),
            StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND if self.method == Method::POST => {
                Some(Method::GET)
            }
            StatusCode::TEMPORARY_REDIRECT | StatusCode::PERMANENT_REDIRECT if !self.has_body => {
                Some(self.method.clone())
            }
            _ => None,
        }
    }
}

/// The authority and the target of what `egress` has let through: a path, or an address of another host. Any other form
/// is for the application to resolve.
fn split(location: &str) -> Option<(Option<&str>, Uri)> {
    let location = location.split('#').next()?;
    let (authority, target) = match location.strip_prefix("https://") {
        Some(rest) => {
            let end = rest.find(['/', '?']).unwrap_or(rest.len());
            let (authority, target) = rest.split_at_checked(end)?;
            (Some(authority), target)
        }
        None if location.starts_with('/') && !location.starts_with("//") => (None, location),
        None => return None,
    };
    let root = if target.starts_with('/') { "" } else { "/" };
    Some((authority, format!("{root}{target}").parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(location: &str, expected: Option<(Option<&str>, &str)>) {
        let actual = split(location);
        let actual = actual.as_ref().map(|(authority, target)| (*authority, target.to_string()));
        assert_eq!(actual, expected.map(|(authority, target)| (authority, target.to_owned())), "{location}");
    }

    #[test]
    fn a_location_is_a_path_or_an_address() {
        check("/a/b?c=d#e", Some((None, "/a/b?c=d")));
        check("https://a.example:8443/b?c", Some((Some("a.example:8443"), "/b?c")));
        check("https://a.example", Some((Some("a.example"), "/")));
        check("https://a.example?b=c", Some((Some("a.example"), "/?b=c")));
        check("https://a.example#b", Some((Some("a.example"), "/")));
        for other in ["", "#a", "?a", "a", "../a", "//a.example/", "http://a.example/", "mailto:a@b.example"]
        {
            check(other, None);
        }
    }

    #[test]
    fn what_carried_a_body_is_not_made_again_with_it() {
        let after = |method: &str, has_body: bool, status: u16| {
            let method = method.parse().unwrap();
            let led = Led { method, headers: HeaderMap::new(), has_body };
            led.method_after(StatusCode::from_u16(status).unwrap()).map(|method| method.to_string())
        };
        for (method, has_body, status, expected) in [
            ("GET", false, 301, Some("GET")),
            ("HEAD", false, 302, Some("HEAD")),
            ("POST", true, 301, Some("GET")),
            ("POST", true, 302, Some("GET")),
            ("PUT", true, 302, None),
            ("DELETE", false, 301, None),
            ("POST", true, 303, Some("GET")),
            ("DELETE", false, 303, Some("GET")),
            ("HEAD", false, 303, Some("HEAD")),
            ("GET", false, 307, Some("GET")),
            ("POST", false, 308, Some("POST")),
            ("POST", true, 307, None),
            ("PUT", true, 308, None),
            ("GET", false, 300, None),
            ("GET", false, 304, None),
            ("GET", false, 200, None),
        ] {
            assert_eq!(after(method, has_body, status).as_deref(), expected, "{method} {status}");
        }
    }
}

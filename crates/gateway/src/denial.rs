//! A refusal: why, by which control, and what the caller and the log get to know of it.

mod challenge;
mod reason;

use http::{Method, StatusCode};
use model::Redacted;

pub use challenge::{BearerError, Challenge, DpopError};
pub use reason::Reason;

/// What a policy says of a request: go on, or why not.
pub type Verdict = Result<(), Denial>;

/// One refusal: what the caller may know, and what the log keeps beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Denial {
    /// Why: decides status, problem type and title.
    pub reason: Reason,
    /// The control that refused, an id of [`model::CONTROLS`].
    pub control: &'static str,
    /// What exactly; for the log, never for the caller.
    pub detail: Redacted,
    /// The status of the answer where it is not the reason's own: that of the backend's answer, which is replaced.
    pub status: Option<StatusCode>,
    /// Seconds after which another try may succeed: `Retry-After` (RFC 9110 10.2.3).
    pub retry_after_secs: Option<u64>,
    /// The methods that the resource has: `Allow`, which a 405 must carry (RFC 9110 15.5.6).
    pub allow: Vec<Method>,
    /// The ways to authenticate, any of which would do: `WWW-Authenticate`, which a 401 must carry (RFC 9110 15.5.2).
    pub challenges: Vec<Challenge>,
}

impl Denial {
    /// A refusal without any fact for the caller beyond its reason.
    pub fn new(reason: Reason, control: &'static str, detail: Redacted) -> Denial {
        Denial {
            reason,
            control,
            detail,
            status: None,
            retry_after_secs: None,
            allow: Vec::new(),
            challenges: Vec::new(),
        }
    }

    /// The status of the answer.
    pub fn status(&self) -> StatusCode {
        self.status.unwrap_or(self.reason.status())
    }

    /// A refusal whose detail is fixed text.
    pub fn fixed(reason: Reason, control: &'static str, detail: &'static str) -> Denial {
        Denial::new(reason, control, Redacted::fixed(detail))
    }

    /// A refusal by the protocol itself, before any policy has looked.
    pub fn protocol(reason: Reason, detail: &'static str) -> Denial {
        Denial::fixed(reason, "protocol", detail)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protocol_is_a_control_of_the_catalogue() {
        let denial =
            Denial::protocol(Reason::AmbiguousFraming, "both `content-length` and `transfer-encoding`");
        assert!(model::control(denial.control).is_some());
        assert!(denial.allow.is_empty() && denial.challenges.is_empty() && denial.retry_after_secs.is_none());
    }
}

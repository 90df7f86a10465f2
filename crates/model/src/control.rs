//! The control catalogue: what a control is called everywhere, and which recommendation asks for it.

/// One control, which a specification declares, the gateway enforces, a test proves and monitoring observes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Control {
    /// Stable name in kebab case; the gateway's policy of the same name enforces it.
    pub id: &'static str,
    /// What it does, in one line.
    pub title: &'static str,
    /// Rows of the OWASP API Security Top 10 that it answers.
    pub owasp: &'static [&'static str],
    /// Recommendations of NIST SP 800-228 that it answers.
    pub nist: &'static [&'static str],
}

/// Every control, alphabetical.
pub const CONTROLS: &[Control] = &[
    Control {
        id: "api-key",
        title: "identify the client application; a key never authenticates",
        owasp: &["API2:2023"],
        nist: &["REC-API-11"],
    },
    Control {
        id: "block",
        title: "refuse named principals, client applications, addresses, networks and countries",
        owasp: &["API4:2023", "API6:2023"],
        nist: &["REC-API-17"],
    },
    Control {
        id: "body-limits",
        title: "bound the size and shape of request bodies",
        owasp: &["API4:2023"],
        nist: &["REC-API-14", "REC-API-26"],
    },
    Control {
        id: "cedar",
        title: "authorise each request by policies that were checked against the contract",
        owasp: &["API1:2023", "API5:2023"],
        nist: &["REC-API-12", "REC-API-24"],
    },
    Control {
        id: "concurrency",
        title: "bound the requests in flight",
        owasp: &["API4:2023"],
        nist: &["REC-API-16"],
    },
    Control {
        id: "cors",
        title: "let only named origins call from a browser",
        owasp: &["API8:2023"],
        nist: &["REC-API-10"],
    },
    Control {
        id: "egress",
        title: "let applications call third parties, who see and show no more than they should",
        owasp: &["API10:2023", "API7:2023"],
        nist: &["REC-API-11", "REC-API-12", "REC-API-13"],
    },
    Control {
        id: "error-answers",
        title: "keep the words of a backend's errors from callers",
        owasp: &["API8:2023"],
        nist: &["REC-API-23"],
    },
    Control {
        id: "fields",
        title: "show each caller only the properties that its scopes allow",
        owasp: &["API3:2023"],
        nist: &["REC-API-6", "REC-API-20", "REC-API-25"],
    },
    Control {
        id: "flow",
        title: "hold callers to the order and pace of a flow, and bound how often they end it",
        owasp: &["API6:2023"],
        nist: &["REC-API-15", "REC-API-26"],
    },
    Control {
        id: "graphql",
        title: "bound what GraphQL documents ask for, and refuse introspection",
        owasp: &["API4:2023", "API8:2023"],
        nist: &["REC-API-14", "REC-API-26"],
    },
    Control {
        id: "ip-limit",
        title: "bound what one address may send",
        owasp: &["API4:2023", "API2:2023"],
        nist: &["REC-API-10", "REC-API-15"],
    },
    Control {
        id: "jwt",
        title: "authenticate the caller by a signed token",
        owasp: &["API2:2023"],
        nist: &["REC-API-11"],
    },
    Control {
        id: "leak",
        title: "find personal data, credentials, traces and internals in answers",
        owasp: &["API3:2023", "API8:2023"],
        nist: &["REC-API-7", "REC-API-22", "REC-API-25"],
    },
    Control {
        id: "lifecycle",
        title: "announce, rehearse and enforce the end of an operation",
        owasp: &["API9:2023"],
        nist: &["REC-API-4"],
    },
    Control {
        id: "mtls",
        title: "authenticate services by their certificates",
        owasp: &["API2:2023"],
        nist: &["REC-API-9", "REC-API-11"],
    },
    Control {
        id: "object",
        title: "answer only with objects that belong to the caller",
        owasp: &["API1:2023"],
        nist: &["REC-API-12", "REC-API-24"],
    },
    Control {
        id: "object-access",
        title: "let callers ask only for what is theirs, as the request itself says",
        owasp: &["API1:2023"],
        nist: &["REC-API-12", "REC-API-24"],
    },
    Control {
        id: "phantom-token",
        title: "give the backend a token of the inside in place of the caller's",
        owasp: &["API2:2023", "API8:2023"],
        nist: &["REC-API-11", "REC-API-12"],
    },
    Control {
        id: "protocol",
        title: "accept only requests that every parser on the way reads alike",
        owasp: &["API8:2023"],
        nist: &["REC-API-10", "REC-API-26"],
    },
    Control {
        id: "rate-limit",
        title: "bound the rate of each caller, client and operation",
        owasp: &["API4:2023", "API6:2023"],
        nist: &["REC-API-15"],
    },
    Control {
        id: "request-schema",
        title: "accept only parameters and bodies that the contract describes",
        owasp: &["API3:2023", "API8:2023"],
        nist: &["REC-API-3", "REC-API-13", "REC-API-14"],
    },
    Control {
        id: "response-schema",
        title: "send only answers that the contract describes",
        owasp: &["API3:2023", "API8:2023"],
        nist: &["REC-API-3", "REC-API-13"],
    },
    Control {
        id: "scope",
        title: "authorise each operation by the scopes of the token",
        owasp: &["API5:2023"],
        nist: &["REC-API-12"],
    },
    Control {
        id: "security-headers",
        title: "have answers say how they may be used and cached, and not what made them",
        owasp: &["API8:2023"],
        nist: &["REC-API-10", "REC-API-23"],
    },
    Control {
        id: "ssrf",
        title: "refuse URLs that lead where the API must not go",
        owasp: &["API7:2023"],
        nist: &["REC-API-13", "REC-API-26"],
    },
    Control {
        id: "step-up",
        title: "let only callers do what matters most who have authenticated strongly, or of late",
        owasp: &["API2:2023", "API5:2023", "API6:2023"],
        nist: &["REC-API-11", "REC-API-12"],
    },
    Control {
        id: "tarpit",
        title: "slow down addresses that are refused again and again",
        owasp: &["API2:2023", "API4:2023"],
        nist: &["REC-API-10", "REC-API-26"],
    },
    Control {
        id: "undeclared",
        title: "refuse operations, methods, content types and parameters that no contract declares",
        owasp: &["API9:2023", "API5:2023"],
        nist: &["REC-API-4", "REC-API-12"],
    },
    Control {
        id: "upstream",
        title: "bound and check the exchange with the backend",
        owasp: &["API4:2023", "API10:2023"],
        nist: &["REC-API-16"],
    },
];

/// The control called `id`.
pub fn control(id: &str) -> Option<&'static Control> {
    CONTROLS.iter().find(|control| control.id == id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_sorted_and_every_entry_says_who_asks_for_it() {
        assert!(CONTROLS.is_sorted_by(|a, b| a.id < b.id));
        for control in CONTROLS {
            assert!(!control.owasp.is_empty() && !control.nist.is_empty(), "{}", control.id);
        }
    }
}

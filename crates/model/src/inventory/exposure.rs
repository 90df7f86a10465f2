//! What the config of a gateway lets through to what stands behind it.

use std::collections::BTreeSet;
use std::fmt;

use serde::{Deserialize, Serialize};

use super::{Authentication, Place};

/// Requests that a gateway or a proxy is configured to let through, or not to: one line of its table of routes.
///
/// It is no operation: a prefix lets through whatever is behind it, declared or not. The exposures of one source and one
/// gateway stand in the order in which the gateway tries them.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Exposure {
    /// What reads the config, in kebab case.
    pub gateway: String,
    /// Hosts that requests may ask for, in lower case and without ports; `*.example.com` is each below it. None: any host.
    pub hosts: Vec<String>,
    /// Where the gateway listens, as far as it has a table of its own there and looks for the host first: what no route of that
    /// host takes then goes to no other. None: what no closer route takes goes on to the next.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub listeners: BTreeSet<String>,
    /// The paths.
    pub paths: Paths,
    /// The methods; none: any.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub methods: BTreeSet<String>,
    /// What else a request must have, as the config says it. Then others may take a part of these requests.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<String>,
    /// What asks who calls.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub guards: Vec<Guard>,
    /// Whether they end here, with an answer of the gateway's own. It stands in the table for what would else come to others.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_closed: bool,
    /// Whether it comes encrypted, where the config says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub is_encrypted: Option<bool>,
    /// Where it is let through to, as the config names it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub leads_to: Option<String>,
    /// What stands in the place of the path, or of its beginning, when the request goes on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_by: Option<String>,
    /// Where the config says so.
    pub place: Place,
}

/// Paths that are let through.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "match", content = "path", rename_all = "lowercase")]
pub enum Paths {
    /// This one; `{}` stands for one segment.
    Exact(String),
    /// This one and those below it, by whole segments.
    Below(String),
    /// All that begin so, be it within a segment.
    Beginning(String),
    /// All that this regular expression finds something in.
    Matching(String),
    /// Whichever an expression says that only the gateway knows the value of.
    Unknown(String),
}

/// What asks who calls before a request is let through.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Guard {
    /// What the config calls it.
    pub name: String,
    /// What it asks for.
    pub asks_for: Authentication,
}

impl Exposure {
    /// Everything at any host, as the config says at `place`.
    pub fn any(gateway: &str, place: Place) -> Exposure {
        Exposure {
            gateway: gateway.to_owned(),
            hosts: Vec::new(),
            listeners: BTreeSet::new(),
            paths: Paths::Below("/".to_owned()),
            methods: BTreeSet::new(),
            conditions: Vec::new(),
            guards: Vec::new(),
            is_closed: false,
            is_encrypted: None,
            leads_to: None,
            replaced_by: None,
            place,
        }
    }
}

impl fmt::Display for Paths {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Paths::Exact(path) => f.write_str(path),
            Paths::Below(path) => write!(f, "{}/**", path.trim_end_matches('/')),
            Paths::Beginning(path) => write!(f, "{path}*"),
            Paths::Matching(pattern) => write!(f, "~{pattern}"),
            Paths::Unknown(expression) => write!(f, "?{expression}"),
        }
    }
}

impl fmt::Display for Exposure {
    /// `GET,POST https://shop.example/orders/**`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let methods: Vec<&str> = self.methods.iter().map(String::as_str).collect();
        let scheme = match self.is_encrypted {
            Some(true) => "https://",
            Some(false) => "http://",
            None => "",
        };
        let methods = if methods.is_empty() { "*".to_owned() } else { methods.join(",") };
        let hosts = if self.hosts.is_empty() { "*".to_owned() } else { self.hosts.join(",") };
        let closed = if self.is_closed { " closed" } else { "" };
        write!(f, "{methods} {scheme}{hosts}{}{closed}", self.paths)
    }
}

//! The key that findings, controls, exchanges and evidence hang from.

use std::borrow::Cow;
use std::fmt;

use serde::{Deserialize, Serialize};

/// Names one operation of one API: its API, method and path template (`/orders/{id}`, base path included).
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OperationKey<'a> {
    /// The API's name in the config.
    #[serde(borrow)]
    pub api: Cow<'a, str>,
    /// The HTTP method, as the request spells it (`GET`).
    #[serde(borrow)]
    pub method: Cow<'a, str>,
    /// The path template with parameters written `{name}`.
    #[serde(borrow)]
    pub path: Cow<'a, str>,
}

impl OperationKey<'_> {
    /// The same name, with text of its own.
    pub fn into_owned(self) -> OperationKey<'static> {
        OperationKey {
            api: Cow::Owned(self.api.into_owned()),
            method: Cow::Owned(self.method.into_owned()),
            path: Cow::Owned(self.path.into_owned()),
        }
    }
}

impl fmt::Display for OperationKey<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} {}", self.api, self.method, self.path)
    }
}

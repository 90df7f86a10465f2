//! Every kind of policy.

use crate::policy::Kind;

/// Every kind, alphabetical.
pub const ALL: &[&Kind] = &[];

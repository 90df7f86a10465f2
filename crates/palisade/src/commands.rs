//! The commands; each file is one of them.

pub(crate) mod cedar_schema;
pub(crate) mod check;
pub(crate) mod diff;
pub(crate) mod discover;
pub(crate) mod explain;
pub(crate) mod inventory;
pub(crate) mod log;
pub(crate) mod lsp;
pub(crate) mod review;
pub(crate) mod run;

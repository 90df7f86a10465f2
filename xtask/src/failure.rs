//! Why a task could not do its work, and what to do about it.

use std::fmt;

/// A sentence for the person at the terminal.
#[derive(Debug)]
pub(crate) struct Failure {
    message: String,
    help: Option<String>,
}

/// What a task returns.
pub(crate) type Outcome<T> = Result<T, Failure>;

impl Failure {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None }
    }

    /// Adds what to do about it.
    pub(crate) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Puts the name of the step before the message.
    pub(crate) fn during(mut self, step: &str) -> Self {
        self.message = format!("`{step}` failed: {}", self.message);
        self
    }

    pub(crate) fn advice(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// Puts what was tried before a cause: `.map_err(because("cannot read `a`"))`.
pub(crate) fn because<E: fmt::Display>(tried: impl Into<String>) -> impl FnOnce(E) -> Failure {
    let tried = tried.into();
    move |cause| Failure::new(format!("{tried}: {cause}"))
}

//! Which patterns the linear-time engine can match.

use std::collections::HashMap;

use jsonschema::{Draft, PatternCache, PatternOptions};
use serde_json::json;

/// Tries patterns once each. Patterns that need look-around or backreferences are not for the engine: matching
/// those takes exponential time on input that a caller chooses.
pub(super) struct Patterns {
    compiled: PatternCache,
    known: HashMap<String, bool>,
}

impl Patterns {
    pub(super) fn new() -> Patterns {
        Patterns { compiled: PatternCache::new(), known: HashMap::new() }
    }

    /// Whether `pattern` can be matched in linear time.
    pub(super) fn supports(&mut self, pattern: &str) -> bool {
        if let Some(&known) = self.known.get(pattern) {
            return known;
        }
        let options = jsonschema::options()
            .offline()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .with_pattern_cache(self.compiled.clone());
        let supported = options.build(&json!({ "pattern": pattern })).is_ok();
        self.known.insert(pattern.to_owned(), supported);
        supported
    }

    /// What was compiled, to be used again.
    pub(super) fn cache(&self) -> PatternCache {
        self.compiled.clone()
    }
}

//! What the compilation of a contract carries from part to part.

use model::Severity;

use super::media::MediaRange;
use super::security::SecurityScheme;
use super::{Format, Security};
use crate::schema::Definitions;
use crate::source::{Source, Spot};

/// Reads the parts of a contract from its documents.
pub(super) struct Reader<'s, 'l> {
    pub(super) source: &'s Source<'l>,
    pub(super) definitions: Definitions<'s, 'l>,
    pub(super) format: Format,
    pub(super) root: Spot<'l>,
    pub(super) schemes: Vec<SecurityScheme>,
    /// What the root asks of every operation that does not say otherwise.
    pub(super) security: Security,
}

impl<'l> Reader<'_, 'l> {
    /// The media types in a `consumes` or `produces` of Swagger 2.0: the operation's, or the root's.
    pub(super) fn media_list(&self, operation: Spot<'l>, key: &str) -> Vec<MediaRange> {
        let listed = operation.get(key).or(self.root.get(key));
        let ranges = listed.into_iter().flat_map(Spot::items).filter_map(|item| {
            let range = item.node.as_str().and_then(MediaRange::parse);
            if range.is_none() {
                self.source.problem(Severity::Warning, item, "is not a media type, so it is left out");
            }
            range
        });
        ranges.collect()
    }

    /// The text of a member, if it is a string.
    pub(super) fn owned_text(spot: Spot<'l>, key: &str) -> Option<String> {
        spot.text(key).map(str::to_owned)
    }
}

//! What Swagger 2.0 says in its own way about parameters.

use crate::parameter::Style;
use crate::source::Spot;

/// The style and explosion that the `collectionFormat` of an array stands for, `plain` being the style of the place.
pub(super) fn style_of(parameter: Spot<'_>, plain: Style) -> (Style, bool) {
    match parameter.text("collectionFormat") {
        Some("ssv") => (Style::SpaceDelimited, false),
        Some("tsv") => (Style::TabDelimited, false),
        Some("pipes") => (Style::PipeDelimited, false),
        Some("multi") => (plain, true),
        _ => (plain, false),
    }
}

//! The page of the formats of configs.

use discover::config::ALL;

use crate::reference::{GENERATED, cell};

/// The page of all formats.
pub(super) fn page() -> String {
    let mut page = format!(
        "{GENERATED}\n\n# Configs of gateways\n\n\
         What `palisade discover config` understands of each format, with files and what they let through: methods, hosts and \
         paths (`/**` for whole segments below, `*` for any text that follows, `~` before a regular expression, `?` before what \
         only the gateway knows), what asks who calls and for what, what else a request must have (`if`), where it leads (`to`), \
         and under which path it goes on (`as`). They stand in the order in which the gateway tries them; what is closed ends at \
         the gateway.\n\n| format | product |\n|---|---|\n"
    );
    for format in ALL {
        page.push_str(&format!("| [`{0}`](#{0}) | {1} |\n", format.id, cell(format.product)));
    }
    for format in ALL {
        let (id, product, source) = (format.id, format.product, format.source);
        page.push_str(&format!("\n## {id}\n\n[{product}]({source}). {}\n", format.doc.trim()));
    }
    page
}

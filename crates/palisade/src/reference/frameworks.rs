//! The page of the frameworks whose routes are found in source code.

use discover::code::frameworks::ALL;

use crate::reference::GENERATED;

/// The page of all frameworks.
pub(super) fn page() -> String {
    let mut page = format!(
        "{GENERATED}\n\n# Frameworks\n\n\
         What `palisade discover code` finds routes of, with what it understands of each and what it does not. A file is read in \
         the light of the frameworks that some file of the program names; what is not understood is said with its place.\n\n\
         | framework | languages | id |\n|---|---|---|\n"
    );
    for framework in ALL {
        let (id, product) = (framework.id, framework.product);
        page.push_str(&format!("| [{product}](#{id}) | {} | `{id}` |\n", framework.languages.join(", ")));
    }
    for framework in ALL {
        let (source, product) = (framework.source, framework.product);
        page.push_str(&format!(
            "\n## {}\n\n[{product}]({source}). {}\n",
            framework.id,
            framework.understood()
        ));
    }
    page
}

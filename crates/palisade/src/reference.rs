//! The reference under `docs/reference`, made from the types, tables and commands that it describes.

pub(crate) mod changes;
mod commands;
mod config;
mod configs;
mod frameworks;
mod gaps;
mod policies;
pub(crate) mod rules;
mod schema;

use crate::cli::Page;

/// The text of a page, ended by a line break.
///
/// # Errors
/// Where a schema cannot be written as JSON.
pub(crate) fn page(page: Page) -> serde_json::Result<String> {
    match page {
        Page::ConfigSchema => serde_json::to_string_pretty(&schema::of_config()).map(|text| text + "\n"),
        Page::Config => Ok(config::page()),
        Page::Policies => Ok(policies::page(gateway::policies::ALL)),
        Page::Rules => Ok(rules::page()),
        Page::Changes => Ok(changes::page()),
        Page::Frameworks => Ok(frameworks::page()),
        Page::Gaps => Ok(gaps::page()),
        Page::Configs => Ok(configs::page()),
        Page::Cli => Ok(commands::page()),
    }
}

/// The line that says where a page comes from.
const GENERATED: &str = "<!-- Made by `cargo xtask codegen`; edit what it is made from. -->";

/// `text` in one cell of a table.
fn cell(text: &str) -> String {
    text.trim().replace('|', "\\|").replace("\n\n", "<br>").replace('\n', " ")
}

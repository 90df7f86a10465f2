//! The page of the command line: every command, its arguments and examples.

use clap::{Arg, Command, CommandFactory};

use crate::cli::Cli;
use crate::reference::{GENERATED, cell};

/// The page.
pub(super) fn page() -> String {
    let mut root = Cli::command();
    root.build();
    let about = root.get_about().map(ToString::to_string).unwrap_or_default();
    let mut page =
        format!("{GENERATED}\n\n# palisade\n\n{about}.\n\n| command | what it does |\n|---|---|\n");
    let commands = shown(&root, "");
    for (name, command) in &commands {
        let about = command.get_about().map(ToString::to_string).unwrap_or_default();
        let anchor = name.replace(' ', "-");
        page.push_str(&format!("| [`{name}`](#palisade-{anchor}) | {} |\n", cell(&about)));
    }
    page.push_str(&block(&root.get_after_help().map(ToString::to_string).unwrap_or_default()));
    for (name, command) in commands {
        page.push_str(&section(&name, command));
    }
    page
}

/// The commands that are shown, by their whole names; one that only has others below it is not one itself.
fn shown<'c>(parent: &'c Command, before: &str) -> Vec<(String, &'c Command)> {
    let is_shown = |command: &&Command| !command.is_hide_set() && command.get_name() != "help";
    let commands = parent.get_subcommands().filter(is_shown).flat_map(|command| {
        let name = format!("{before}{}", command.get_name());
        let below = shown(command, &format!("{name} "));
        if below.is_empty() { vec![(name, command)] } else { below }
    });
    commands.collect()
}

fn section(whole_name: &str, command: &Command) -> String {
    let usage = command.clone().render_usage().to_string();
    let mut text = format!("\n## palisade {whole_name}\n");
    text.push_str(&block(usage.trim_start_matches("Usage: ")));
    text.push_str("\n| argument | meaning |\n|---|---|\n");
    for argument in
        command.get_arguments().filter(|argument| !matches!(argument.get_id().as_str(), "help" | "version"))
    {
        text.push_str(&format!("| {} | {} |\n", cell(&name(argument)), cell(&meaning(argument))));
    }
    text.push_str(&block(&command.get_after_help().map(ToString::to_string).unwrap_or_default()));
    text
}

/// The argument as it is written, with what it takes.
fn name(argument: &Arg) -> String {
    let values: Vec<String> =
        argument.get_value_names().unwrap_or_default().iter().map(|value| format!("<{value}>")).collect();
    let values = if argument.get_action().takes_values() { values.join(" ") } else { String::new() };
    let flags = [
        argument.get_short().map(|short| format!("-{short}")),
        argument.get_long().map(|long| format!("--{long}")),
    ];
    let flags: Vec<String> = flags.into_iter().flatten().collect();
    format!("`{}`", format!("{} {values}", flags.join(", ")).trim())
}

fn meaning(argument: &Arg) -> String {
    let mut text = argument.get_help().map(ToString::to_string).unwrap_or_default();
    text.push('.');
    let choices: Vec<String> =
        argument.get_possible_values().iter().map(|value| format!("`{}`", value.get_name())).collect();
    if argument.get_action().takes_values() && !choices.is_empty() {
        text.push_str(&format!(" One of {}.", choices.join(", ")));
    }
    let defaults: Vec<String> =
        argument.get_default_values().iter().map(|value| format!("`{}`", value.display())).collect();
    if argument.get_action().takes_values() && !defaults.is_empty() {
        text.push_str(&format!(" Default: {}.", defaults.join(", ")));
    }
    text
}

fn block(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("\n```text\n{}\n```\n", text.trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_that_are_shown_have_a_section_and_hidden_ones_do_not() {
        let page = page();
        for command in ["run", "check", "explain", "discover logs", "cedar-schema", "log"] {
            assert!(page.contains(&format!("\n## palisade {command}\n")), "{page}");
        }
        assert!(!page.contains("palisade reference"), "{page}");
        assert!(page.contains("| `-c, --config <FILE>` | The config file. |"), "{page}");
        assert!(page.contains("| `<METHOD>` | The method of the request. |"), "{page}");
    }
}

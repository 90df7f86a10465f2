//! Allowances: what a document says is meant so, by rule, until a day, with a reason.

mod date;
mod place;

use model::{Position, Problem, Severity};
use spec::Library;

use crate::{diff, rules};

pub use date::Date;
use place::Written;

/// The most allowances that one document is read for.
const ALLOWANCES_MAX: usize = 10_000;

/// `RULE until 2027-01-31, reason`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Allowance<'t> {
    /// The rule that is allowed to find something.
    pub rule: &'t str,
    /// The last day on which it is.
    pub until: Date,
    /// Why.
    pub reason: &'t str,
}

impl<'t> Allowance<'t> {
    /// Reads `text`.
    ///
    /// # Errors
    /// What is missing.
    pub fn parse(text: &'t str) -> Result<Allowance<'t>, &'static str> {
        let (rule, rest) = text.trim().split_once(" until ").ok_or("it has no ` until ` and a day")?;
        let (until, reason) = rest.split_once(',').ok_or("it has no `,` and a reason")?;
        let until =
            until.trim().parse().map_err(|date::NoDate| "its day is not written as in `2027-01-31`")?;
        let reason = reason.trim();
        if reason.is_empty() {
            return Err("it has no reason");
        }
        Ok(Allowance { rule: rule.trim(), until, reason })
    }
}

/// What found a thing, and the file and JSON pointer of what it is about.
type About<T> = for<'t> fn(&'t T) -> (&'static str, &'t str, &'t str);

/// Takes what is allowed out of `found` and returns how many that were. What is wrong with allowances is added to `problems`;
/// one that finds nothing is wrong where its rule was `asked`.
pub(crate) fn apply<T>(
    library: &Library,
    asked: &[&str],
    today: Date,
    (found, about): (&mut Vec<T>, About<T>),
    problems: &mut Vec<Problem>,
) -> usize {
    let before = found.len();
    let written = library.documents().iter().flat_map(place::written).take(ALLOWANCES_MAX);
    for Written { text, position, below } in written {
        match judged(&text, asked, today) {
            Ok(allowance) => {
                let left = found.len();
                found.retain(|thing| {
                    let (rule, file, pointer) = about(thing);
                    rule != allowance.rule || !covers(&position, &below, file, pointer)
                });
                let is_asked = asked.contains(&allowance.rule);
                if left == found.len() && is_asked {
                    let message = format!("`{}` is allowed here, and finds nothing", allowance.rule);
                    let problem = Problem { severity: Severity::Note, ..Problem::error(message) };
                    problems.push(problem.at(position).help("remove the allowance"));
                }
            }
            Err((message, help)) => problems.push(Problem::warning(message).at(position).help(help)),
        }
    }
    before - found.len()
}

/// The allowance, if it holds on the day `today`; else what is wrong, and what to do.
fn judged<'t>(text: &'t str, asked: &[&str], today: Date) -> Result<Allowance<'t>, (String, String)> {
    let allowance = Allowance::parse(text).map_err(|fault| {
        let help = "write `RULE until 2027-01-31, reason`".to_owned();
        (format!("the allowance is not understood: {fault}"), help)
    })?;
    if let Err(near) = known(allowance.rule)
        && !asked.contains(&allowance.rule)
    {
        let help = near.map_or_else(
            || "see `palisade review --list`".to_owned(),
            |near| format!("did you mean `{near}`?"),
        );
        return Err((format!("no rule is called `{}`", allowance.rule), help));
    }
    if allowance.until < today {
        let message = format!("the allowance of `{}` ended on {}", allowance.rule, allowance.until);
        return Err((message, "mend what it finds, or give it another day".to_owned()));
    }
    Ok(allowance)
}

/// Whether a rule or a kind of change is called `id`; else what was probably meant, if one is near.
fn known(id: &str) -> Result<(), Option<&'static str>> {
    match (rules::rule(id), diff::change(id)) {
        (Ok(_), _) | (_, Ok(_)) => Ok(()),
        (Err(rule), Err(change)) => Err(rule.or(change)),
    }
}

fn covers(position: &Position, below: &str, file: &str, pointer: &str) -> bool {
    let rest = pointer.strip_prefix(below);
    *file == *position.file && rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

#[cfg(test)]
mod tests;

//! From the text of policy files to policies with names and places.

use std::collections::BTreeSet;
use std::path::Path;

use cedar_policy::{Policy, PolicyId, PolicySet};
use miette::Diagnostic;
use model::{Problem, Severity};
use spec::Document;

/// One file, as far as it could be read.
#[derive(Debug)]
pub(super) struct File<'f> {
    text: &'f Document,
    pub(super) policies: Vec<Placed>,
    pub(super) problems: Vec<Problem>,
}

/// A policy, and the bytes of its file where it stands.
#[derive(Debug)]
pub(super) struct Placed {
    pub(super) policy: Policy,
    pub(super) span: (usize, usize),
}

impl<'f> File<'f> {
    /// The policies in `text`, the file that the config calls `name`.
    pub(super) fn read(name: &Path, text: &'f Document) -> File<'f> {
        let mut file = File { text, policies: Vec::new(), problems: Vec::new() };
        match text.source().parse::<PolicySet>() {
            Ok(set) => file.take(name, &set),
            Err(errors) => {
                let problems = errors.iter().map(|error| file.problem(Severity::Error, error, (0, 0)));
                file.problems = problems.collect();
            }
        }
        file
    }

    /// Cedar numbers what it reads in the order of the text, templates and policies alike.
    fn take(&mut self, name: &Path, set: &PolicySet) {
        let number = |id: &PolicyId| -> Option<usize> {
            let text: &str = id.as_ref();
            text.strip_prefix("policy")?.parse().ok()
        };
        let policies = set.policies().map(|policy| (number(policy.id()), policy.to_string(), Some(policy)));
        let templates = set.templates().map(|template| (number(template.id()), template.to_string(), None));
        let mut all: Vec<(Option<usize>, String, Option<&Policy>)> = policies.chain(templates).collect();
        all.sort_by_key(|(number, ..)| *number);
        let mut end = 0;
        for (_, own, policy) in all {
            let rest = self.text.source().get(end..).unwrap_or_default();
            let start = end + rest.find(own.as_str()).unwrap_or_default();
            end = start + own.len();
            let span = (start, end);
            let Some(policy) = policy else {
                let help = "write it as a policy: nothing fills in its slots";
                let problem = Problem::error("a template decides nothing").at(self.text.position_at(span));
                self.problems.push(problem.help(help));
                continue;
            };
            let id = match policy.annotation("id").filter(|id| !id.is_empty()) {
                Some(id) => id.to_owned(),
                None => format!("{}:{}", name.display(), self.text.position_at(span).line),
            };
            self.policies.push(Placed { policy: policy.new_id(PolicyId::new(id)), span });
        }
    }

    /// What Cedar says, where it says it; at `span` where it does not say where.
    pub(super) fn problem(&self, severity: Severity, said: &dyn Diagnostic, span: (usize, usize)) -> Problem {
        let label = said.labels().and_then(|mut labels| labels.next());
        let span = label.map_or(span, |label| (label.offset(), label.offset() + label.len()));
        let position = Some(self.text.position_at(span));
        let help = said.help().map(|help| help.to_string());
        Problem { severity, message: said.to_string(), help, position }
    }
}

/// The policy called `id` among `files`.
pub(super) fn placed<'p, 'f>(files: &'p [File<'f>], id: &PolicyId) -> Option<(&'p File<'f>, &'p Placed)> {
    files.iter().find_map(|file| {
        file.policies.iter().find(|placed| placed.policy.id() == id).map(|placed| (file, placed))
    })
}

/// Policies under the name of another one, which would leave the log unclear.
pub(super) fn repeated(files: &[File<'_>]) -> Vec<Problem> {
    let mut known: BTreeSet<&str> = BTreeSet::new();
    let mut problems = Vec::new();
    for (file, placed) in files.iter().flat_map(|file| file.policies.iter().map(move |placed| (file, placed)))
    {
        let id: &str = placed.policy.id().as_ref();
        if !known.insert(id) {
            let message = format!("another policy is called `{id}` as well");
            let problem = Problem::error(message).at(file.text.position_at(placed.span));
            problems.push(problem.help("give each an `@id` of its own"));
        }
    }
    problems
}

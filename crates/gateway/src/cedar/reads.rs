//! Which attributes policies read, so that nothing else of a request is looked at.

use std::collections::BTreeSet;

use cedar_policy::Policy;
use cedar_policy::pst::{BinaryOp, Clause, Expr, Literal, Policy as Parsed, Var};

/// What an attribute is one of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Root {
    Principal,
    Resource,
    Context,
}

/// Paths of the attributes that are read; an empty path stands for all of them.
#[derive(Debug, Default)]
pub(super) struct Reads(BTreeSet<(Root, Vec<String>)>);

impl Reads {
    /// What the conditions of `policies` read. The scopes of policies compare what is known without any attribute.
    pub(super) fn of<'p>(policies: impl Iterator<Item = &'p Policy>) -> Reads {
        let mut reads = Reads::default();
        for policy in policies {
            match policy.to_pst() {
                Ok(Parsed::Static(parsed)) => {
                    for clause in parsed.body().clauses() {
                        let (Clause::When(condition) | Clause::Unless(condition)) = clause;
                        reads.walk(condition);
                    }
                }
                _ => reads.add_everything(),
            }
        }
        reads
    }

    /// Whether anything at `path` of `root`, above it or below it is read.
    pub(super) fn touch(&self, root: Root, path: &[&str]) -> bool {
        let of_root = self.0.iter().filter(|(own, _)| *own == root);
        of_root.map(|(_, read)| read).any(|read| read.iter().zip(path).all(|(a, b)| a == b))
    }

    fn add_everything(&mut self) {
        self.0.extend([Root::Principal, Root::Resource, Root::Context].map(|root| (root, Vec::new())));
    }

    /// As deep as the expression is.
    fn walk(&mut self, expression: &Expr) {
        match expression {
            Expr::Literal(Literal::EntityUID(_)) => self.add_everything(),
            Expr::Literal(_) | Expr::Var(Var::Action) => {}
            Expr::Var(_) => self.0.extend(path(expression)),
            Expr::GetAttr { expr, .. } | Expr::HasAttr { expr, .. } => match path(expression) {
                Some(path) => drop(self.0.insert(path)),
                None => self.walk(expr),
            },
            Expr::BinaryOp { op, left, right } => {
                let compares = matches!(op, BinaryOp::Eq | BinaryOp::NotEq | BinaryOp::In);
                for side in [left, right].into_iter().filter(|side| !(compares && is_reference(side))) {
                    self.walk(side);
                }
            }
            Expr::Is { expr, in_expr, .. } => {
                let sides = [Some(expr), in_expr.as_ref()].into_iter().flatten();
                for side in sides.filter(|side| !is_reference(side)) {
                    self.walk(side);
                }
            }
            Expr::UnaryOp { expr, .. } | Expr::Like { expr, .. } => self.walk(expr),
            Expr::IfThenElse { cond, then_expr, else_expr } => {
                [cond, then_expr, else_expr].into_iter().for_each(|part| self.walk(part));
            }
            Expr::Set(items) => items.iter().for_each(|item| self.walk(item)),
            Expr::Record(members) => members.values().for_each(|member| self.walk(member)),
            _ => self.add_everything(),
        }
    }
}

/// Whether it names entities without looking into them.
fn is_reference(expression: &Expr) -> bool {
    match expression {
        Expr::Var(variable) => *variable != Var::Context,
        Expr::Literal(Literal::EntityUID(_)) => true,
        Expr::Set(items) => items.iter().all(|item| is_reference(item)),
        _ => false,
    }
}

/// `resource.path.id` as root and names.
fn path(expression: &Expr) -> Option<(Root, Vec<String>)> {
    match expression {
        Expr::Var(Var::Principal) => Some((Root::Principal, Vec::new())),
        Expr::Var(Var::Resource) => Some((Root::Resource, Vec::new())),
        Expr::Var(Var::Context) => Some((Root::Context, Vec::new())),
        Expr::GetAttr { expr, attr } => {
            let (root, mut names) = path(expr)?;
            names.push(attr.to_string());
            Some((root, names))
        }
        Expr::HasAttr { expr, attrs } => {
            let (root, mut names) = path(expr)?;
            names.extend(attrs.iter().map(|attr| attr.to_string()));
            Some((root, names))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(condition: &str, expected: &str) {
        let policy =
            Policy::parse(None, format!("permit(principal, action, resource) when {{ {condition} }};"));
        let Reads(read) = Reads::of([&policy.unwrap()].into_iter());
        let shown: Vec<String> =
            read.into_iter().map(|(root, path)| format!("{root:?} {}", path.join("."))).collect();
        assert_eq!(shown.join(", "), expected, "{condition}");
    }

    #[test]
    fn attributes_are_told_by_their_paths() {
        check("resource.path.id == principal.id", "Principal id, Resource path.id");
        check(r#"resource has query.limit && resource.query["limit"] < 7"#, "Resource query.limit");
        check("principal.scopes.contains(\"a\") && context.ip.isLoopback()", "Principal scopes, Context ip");
        check(
            "if context.method like \"G*\" then true else !principal.claims.x",
            "Principal claims.x, Context method",
        );
        check(
            r#"[resource.path.id].contains("7") && {a: context.host}.a == "h""#,
            "Resource path.id, Context host",
        );
    }

    #[test]
    fn comparing_entities_reads_nothing() {
        check(r#"principal == User::"a" || principal in [User::"b"] || resource is Resource::a"#, "");
        check(r#"action in Action::"read""#, "");
    }

    #[test]
    fn what_cannot_be_told_is_everything() {
        let all = "Principal , Resource , Context ";
        check(r#"User::"a".id == "a""#, all);
        check("(if true then principal else principal).id == \"a\"", "Principal ");
        check("[principal].contains(principal)", "Principal ");
    }

    #[test]
    fn what_is_read_touches_what_is_above_it_and_below_it() {
        let policy = Policy::parse(None, "permit(principal, action, resource) when { resource.body.a.b };");
        let reads = Reads::of([&policy.unwrap()].into_iter());
        for (path, touched) in [
            (&["body"][..], true),
            (&["body", "a"], true),
            (&["body", "a", "b", "c"], true),
            (&["body", "b"], false),
            (&["path"], false),
        ] {
            assert_eq!(reads.touch(Root::Resource, path), touched, "{path:?}");
        }
        assert!(!reads.touch(Root::Principal, &["id"]));
    }
}

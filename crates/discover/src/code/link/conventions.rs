//! Methods of classes that have no path of their own, and are reached by their names where the program has a convention for that.

use super::Program;
use super::places::Place;
use super::written::action;
use crate::code::facts::{Convention, Methods, RouteFact, Taken};

/// A convention of the program for one method of a class.
struct Named<'n> {
    controller: &'n str,
    action: &'n str,
    area: Option<&'n str>,
    /// Names of what the method is given.
    given: Vec<&'n str>,
}

impl Program<'_> {
    /// The paths by which conventions lead to a route; none where it has a path itself.
    pub(super) fn by_convention(
        &self,
        file: usize,
        fact: &RouteFact,
        place: &Place,
        path: &str,
    ) -> Option<Vec<String>> {
        let has_path = !place.path.is_empty() || !path.is_empty();
        if !self.framework.by_convention || has_path {
            // What only a convention would lead to is no route of a class that has a path.
            return (fact.methods == Methods::OfAction).then(Vec::new);
        }
        let router = self.one(self.number(file, fact.router));
        let Some(class) = self.classes.get(&router) else { return Some(Vec::new()) };
        let key = fact.handlers.first()?;
        let (_, class_fact) = self.find_class(file, class)?;
        let takes = self.find_function(file, key).map(|(_, function)| function.takes.as_slice());
        let given = takes.unwrap_or_default().iter().filter_map(|taken| match taken {
            Taken::Parameter(_, name, _) => Some(name.as_str()),
            _ => None,
        });
        let named = Named {
            controller: class.strip_suffix("Controller").unwrap_or(class),
            action: action(fact),
            area: class_fact.area.as_deref(),
            given: given.collect(),
        };
        let mut paths: Vec<String> = Vec::new();
        for (file, (_, facts)) in self.files.iter().enumerate() {
            for convention in &facts.conventions {
                paths.extend(self.conventional(file, convention, &named));
            }
        }
        paths.sort_unstable();
        paths.dedup();
        Some(paths)
    }

    /// The paths of one convention: with all of its parts, and without those at its end that are as it says by itself.
    fn conventional(&self, file: usize, convention: &Convention, named: &Named<'_>) -> Vec<String> {
        let area = convention.area.as_deref();
        let Ok(pattern) = self.text(file, &convention.path) else { return Vec::new() };
        let is_for_it = match &convention.alone {
            Some((controller, action)) if !pattern.contains("{controller") => {
                controller == named.controller && action == named.action
            }
            _ => pattern.contains("{controller"),
        };
        if !is_for_it || area.is_some() && area != named.area {
            return Vec::new();
        }
        let has_area = pattern.contains("{area") || area.is_some();
        if has_area != named.area.is_some() {
            return Vec::new();
        }
        let mut parts: Vec<(String, bool)> = Vec::new();
        for part in pattern.trim_matches('/').split('/') {
            let inside = part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let Some(inside) = inside else {
                parts.push((part.to_owned(), false));
                continue;
            };
            let (inside, default) =
                inside.split_once('=').map_or((inside, None), |(name, default)| (name, Some(default)));
            let name = inside.split([':', '?']).next().unwrap_or(inside).trim_start_matches('*');
            let value = match name {
                "controller" => named.controller,
                "action" => named.action,
                "area" => named.area.unwrap_or_default(),
                _ if named.given.contains(&name) => {
                    parts.push((format!("{{{name}}}"), false));
                    continue;
                }
                // What the method is not given is left out, or there is no way to it.
                _ if inside.ends_with('?') || default.is_some() => continue,
                _ => return Vec::new(),
            };
            parts.push((value.to_owned(), default == Some(value)));
        }
        let written = |parts: &[(String, bool)]| {
            let words: Vec<&str> = parts.iter().map(|(part, _)| part.as_str()).collect();
            format!("/{}", words.join("/"))
        };
        let mut paths = vec![written(&parts)];
        while parts.pop().is_some_and(|(_, is_default)| is_default) {
            paths.push(written(&parts));
        }
        paths
    }
}

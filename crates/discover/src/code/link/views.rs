//! What a route answers: its methods, and those of the function, class or set of views that handles it.

use super::Program;
use crate::code::facts::{Guard, Methods, RouteFact};
use crate::code::frameworks::verb;

/// Classes of views are followed so far to what they are made from.
const BASES_MAX: usize = 8;

/// One method of a route.
#[derive(Debug, Clone, Default)]
pub(super) struct Answer {
    pub(super) method: String,
    /// What stands behind the path of the route.
    pub(super) suffix: String,
    /// Keys of what handles it, with their files.
    pub(super) handlers: Vec<(usize, String)>,
    pub(super) guards: Vec<(usize, Guard)>,
    /// The schema of its body, with its file.
    pub(super) body: Option<(usize, String)>,
}

/// Classes that frameworks have, and the methods that they answer.
const VIEWS: &[(&str, &[&str])] = &[
    ("ListAPIView", &["GET"]),
    ("CreateAPIView", &["POST"]),
    ("RetrieveAPIView", &["GET"]),
    ("DestroyAPIView", &["DELETE"]),
    ("UpdateAPIView", &["PUT", "PATCH"]),
    ("ListCreateAPIView", &["GET", "POST"]),
    ("RetrieveUpdateAPIView", &["GET", "PUT", "PATCH"]),
    ("RetrieveDestroyAPIView", &["GET", "DELETE"]),
    ("RetrieveUpdateDestroyAPIView", &["GET", "PUT", "PATCH", "DELETE"]),
    ("ListView", &["GET"]),
    ("DetailView", &["GET"]),
    ("TemplateView", &["GET"]),
    ("RedirectView", &["GET"]),
    ("FormView", &["GET", "POST"]),
    ("CreateView", &["GET", "POST"]),
    ("UpdateView", &["GET", "POST"]),
    ("DeleteView", &["GET", "POST"]),
    ("LoginView", &["GET", "POST"]),
    ("TokenObtainPairView", &["POST"]),
    ("TokenObtainSlidingView", &["POST"]),
    ("TokenRefreshView", &["POST"]),
    ("TokenVerifyView", &["POST"]),
    ("TokenBlacklistView", &["POST"]),
    ("ObtainAuthToken", &["POST"]),
];

/// Methods of a set of views: of all, or of one; and the classes that have them.
const SET: &[(&str, &str, bool, &[&str])] = &[
    ("list", "GET", false, &["ModelViewSet", "ReadOnlyModelViewSet", "ListModelMixin"]),
    ("create", "POST", false, &["ModelViewSet", "CreateModelMixin"]),
    ("retrieve", "GET", true, &["ModelViewSet", "ReadOnlyModelViewSet", "RetrieveModelMixin"]),
    ("update", "PUT", true, &["ModelViewSet", "UpdateModelMixin"]),
    ("partial_update", "PATCH", true, &["ModelViewSet", "UpdateModelMixin"]),
    ("destroy", "DELETE", true, &["ModelViewSet", "DestroyModelMixin"]),
];

/// A class, with what it is made from.
#[derive(Debug, Default)]
struct Family {
    /// Names of classes that are not part of the program.
    bases: Vec<String>,
    /// Methods, with the file and the key of each.
    methods: Vec<(String, usize, String)>,
    guards: Vec<(usize, Guard)>,
    /// Methods that it is for, where it says so.
    only: Vec<String>,
    serializer: Option<(usize, String)>,
}

impl Family {
    fn answers(&self, method: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|only| only == method)
    }

    /// What handles one of these, by its own name.
    fn handler(&self, names: &[&str]) -> Vec<(usize, String)> {
        let found = self.methods.iter().find(|(known, ..)| names.contains(&known.as_str()));
        found.map(|(_, file, key)| (*file, key.clone())).into_iter().collect()
    }

    fn body(&self, method: &str) -> Option<(usize, String)> {
        self.serializer.clone().filter(|_| matches!(method, "POST" | "PUT" | "PATCH"))
    }
}

/// Names of what handles a method in generic views.
fn handles(method: &str) -> &'static [&'static str] {
    match method {
        "GET" => &["list", "retrieve"],
        "POST" => &["create"],
        "PUT" => &["update"],
        "PATCH" => &["partial_update", "update"],
        "DELETE" => &["destroy"],
        _ => &[],
    }
}

impl Program<'_> {
    /// What a route answers.
    pub(super) fn answers(&self, file: usize, fact: &RouteFact) -> Vec<Answer> {
        let plain = |method: &String| Answer { method: method.clone(), ..Answer::default() };
        let mut answers: Vec<Answer> = match &fact.methods {
            Methods::These(methods) if !methods.is_empty() => {
                let view = fact.handlers.iter().find(|key| key.ends_with(".as_view"));
                let of_view = view.map(|key| self.of_view(file, key)).unwrap_or_default();
                // Without a list of its own, a view answers whatever it has methods for.
                let is_listed = |answer: &Answer| *methods == ["GET"] || methods.contains(&answer.method);
                let listed: Vec<Answer> = of_view.into_iter().filter(is_listed).collect();
                if listed.is_empty() { methods.iter().map(plain).collect() } else { listed }
            }
            Methods::These(_) => {
                let said = fact.handlers.iter().filter_map(|key| self.find_function(file, key));
                said.flat_map(|(_, function)| function.methods.iter().map(plain)).collect()
            }
            Methods::OfAction => Vec::new(),
            Methods::OfView(key) => self.of_view(file, key),
            Methods::OfSet(key) => return self.of_set(file, fact, key),
            Methods::Named(key) => {
                let named = self.find_text(file, key).and_then(|(found, text)| self.text(found, text).ok());
                named.and_then(|name| verb(&name)).iter().flatten().map(plain).collect()
            }
        };
        if answers.is_empty() {
            let handlers =
                if let Methods::OfView(key) = &fact.methods { vec![(file, key.clone())] } else { Vec::new() };
            answers.push(Answer { method: "*".to_owned(), handlers, ..Answer::default() });
        }
        answers
    }

    fn of_view(&self, file: usize, key: &str) -> Vec<Answer> {
        let key = key.strip_suffix(".as_view").unwrap_or(key);
        if let Some((found, function)) =
            self.find_function(file, key).filter(|(_, one)| !one.answers.is_empty())
        {
            let answer = |(method, handler): &(String, Option<String>)| Answer {
                method: method.clone(),
                handlers: handler.iter().map(|key| (found, key.clone())).collect(),
                ..Answer::default()
            };
            return function.answers.iter().map(answer).collect();
        }
        if let Some((_, function)) = self.find_function(file, key) {
            let answer = |method: &String| Answer {
                method: method.clone(),
                handlers: vec![(file, key.to_owned())],
                ..Answer::default()
            };
            return function.methods.iter().map(answer).collect();
        }
        let family = self.family(file, key);
        let mut answers: Vec<Answer> = Vec::new();
        for (name, found, handler) in &family.methods {
            let method =
                verb(name).and_then(|methods| methods.into_iter().next()).filter(|method| method != "*");
            if let Some(method) = method.filter(|method| answers.iter().all(|known| known.method != *method))
            {
                let (handlers, guards) = (vec![(*found, handler.clone())], family.guards.clone());
                let body = family.body(&method);
                answers.push(Answer { method, handlers, guards, body, ..Answer::default() });
            }
        }
        let of_bases = VIEWS.iter().filter(|(name, _)| family.bases.iter().any(|base| base == name));
        for method in of_bases.flat_map(|(_, methods)| *methods) {
            if answers.iter().all(|known| known.method != *method) {
                let (guards, handlers) = (family.guards.clone(), family.handler(handles(method)));
                let (method, body) = ((*method).to_owned(), family.body(method));
                answers.push(Answer { method, handlers, guards, body, ..Answer::default() });
            }
        }
        answers.retain(|answer| family.answers(&answer.method));
        answers
    }

    fn of_set(&self, file: usize, fact: &RouteFact, key: &str) -> Vec<Answer> {
        let family = self.family(file, key);
        let named = |member: &str| {
            let (found, text) = self.find_text(file, &format!("{key}.{member}"))?;
            self.text(found, text).ok()
        };
        let lookup =
            named("lookup_url_kwarg").or_else(|| named("lookup_field")).unwrap_or_else(|| "pk".to_owned());
        let one = &format!("/<{lookup}>");
        let routers = self.files.get(file).map(|(_, facts)| facts.routers.as_slice()).unwrap_or_default();
        let end = if routers.get(fact.router).is_some_and(|router| router.is_slashless) { "" } else { "/" };
        let mut answers = Vec::new();
        for (name, method, is_of_one, classes) in SET {
            let own = family.methods.iter().find(|(known, ..)| known == name);
            if own.is_some() || family.bases.iter().any(|base| classes.contains(&base.as_str())) {
                answers.push(Answer {
                    method: (*method).to_owned(),
                    suffix: format!("{}{end}", if *is_of_one { one.as_str() } else { "" }),
                    body: family.body(method),
                    handlers: own.map(|(_, found, key)| (*found, key.clone())).into_iter().collect(),
                    guards: family.guards.clone(),
                });
            }
        }
        for (_, found, key) in &family.methods {
            let function = self.find_function(*found, key).map(|(_, function)| function);
            let Some((function, action)) = function.and_then(|one| Some((one, one.action.as_ref()?))) else {
                continue;
            };
            let suffix = format!(
                "{}/{}{end}",
                if action.is_of_one { one.as_str() } else { "" },
                action.path.trim_matches('/')
            );
            answers.extend(function.methods.iter().map(|method| Answer {
                method: method.clone(),
                suffix: suffix.clone(),
                handlers: vec![(*found, key.clone())],
                guards: family.guards.clone(),
                ..Answer::default()
            }));
        }
        answers.retain(|answer| family.answers(&answer.method));
        answers
    }

    /// Guards before a method of a controller: those of what its class is made from come first.
    pub(super) fn filters(&self, file: usize, key: &str) -> Vec<(usize, Guard)> {
        let Some((class, method)) = key.rsplit_once('.') else { return Vec::new() };
        let mut classes = Vec::new();
        let mut next = Some((file, class.to_owned()));
        while let Some((file, name)) = next.take().filter(|_| classes.len() < BASES_MAX) {
            let Some((found, class)) = self.find_class(file, &name) else { break };
            classes.push((found, class));
            next =
                class.bases.first().map(|base| (found, base.rsplit(':').next().unwrap_or(base).to_owned()));
        }
        let mut guards: Vec<(usize, Guard)> = Vec::new();
        for (file, class) in classes.into_iter().rev() {
            for filter in &class.filters {
                let is_one = |names: &[String]| names.iter().any(|name| name == method);
                if filter.only.as_ref().is_some_and(|only| !is_one(only)) || is_one(&filter.except) {
                    continue;
                }
                guards.retain(|(_, known)| known.name != filter.name);
                if !filter.is_lifted {
                    guards.push((file, Guard { name: filter.name.clone(), ..Guard::default() }));
                }
            }
        }
        guards
    }

    fn family(&self, file: usize, key: &str) -> Family {
        let mut family = Family::default();
        let mut next = vec![(file, key.to_owned())];
        for _ in 0..BASES_MAX {
            let Some((file, name)) = next.pop() else { break };
            let Some((found, class)) = self.find_class(file, &name) else {
                let name = self.imported(file, &name);
                family.bases.push(name.rsplit('.').next().unwrap_or(name).to_owned());
                continue;
            };
            let own = name.rsplit('.').next().unwrap_or(&name);
            family.methods.extend(
                class.methods.iter().map(|method| (method.clone(), found, format!("{own}.{method}"))),
            );
            if family.only.is_empty() {
                family.only.clone_from(&class.only);
            }
            family.serializer = family.serializer.or_else(|| Some((found, class.serializer.clone()?)));
            if family.guards.is_empty() {
                family.guards.extend(class.guards.iter().map(|guard| (found, guard.clone())));
            }
            next.extend(class.bases.iter().map(|base| (found, base.clone())));
        }
        family
            .bases
            .extend(next.into_iter().map(|(_, name)| name.rsplit('.').next().unwrap_or(&name).to_owned()));
        family
    }
}

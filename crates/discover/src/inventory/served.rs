//! What source code tells, as a report that the inventory takes in.

use std::collections::BTreeMap;

use model::inventory::{
    Account, At, Parameter, ParameterPlace, Place, Report, Route, SourceKind, Subject, Told, Whose,
};

use crate::code::{self, In, ways};

/// What a program serves, of which `name` is what its folder is called. It does not know at which host. What a router has that
/// nothing mounts is not served, as far as is known, and would be a shadow of nothing.
pub fn served<'r>(name: &str, routes: impl Iterator<Item = &'r code::Route>) -> Report {
    let mut accounts: BTreeMap<Subject, (Option<Place>, Route)> = BTreeMap::new();
    for route in routes.filter(|route| route.is_mounted) {
        let subject = Subject {
            whose: Whose::Host(String::new()),
            method: route.method.clone(),
            path: route.path.clone(),
        };
        let place = Place { file: route.file.clone(), at: At::Line(route.line.into()) };
        // The same route twice: as little as one of them asks for is enough.
        match accounts.get_mut(&subject) {
            Some((known, account)) => {
                *known = known.take().min(Some(place));
                merge(account, &of(route));
            }
            None => drop(accounts.insert(subject, (Some(place), of(route)))),
        }
    }
    let accounts =
        accounts.into_iter().map(|(subject, (place, route))| (subject, place, Account::Served(route)));
    Report {
        kind: SourceKind::Code,
        name: name.to_owned(),
        told: Told::default(),
        accounts: accounts.collect(),
    }
}

fn of(route: &code::Route) -> Route {
    let parameter = |parameter: &code::Parameter| Parameter {
        name: parameter.name.clone(),
        place: match parameter.place {
            In::Path => ParameterPlace::Path,
            In::Query => ParameterPlace::Query,
            In::Header => ParameterPlace::Header,
            In::Cookie => ParameterPlace::Cookie,
        },
        kind: Some(parameter.kind.clone()).filter(|kind| !kind.is_empty()),
    };
    Route {
        parameters: route.parameters.iter().map(parameter).collect(),
        guards: route.guards.clone(),
        authentication: ways(&route.guards),
    }
}

fn merge(known: &mut Route, other: &Route) {
    known.guards.retain(|guard| other.guards.contains(guard));
    known.authentication = ways(&known.guards);
    for parameter in &other.parameters {
        if !known.parameters.iter().any(|one| one.name == parameter.name && one.place == parameter.place) {
            known.parameters.push(parameter.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_are_told_once_each_with_their_places() {
        let files = [(
            "app.js".to_owned(),
            "const app = require('express')()\napp.get('/a/:id', requireAuth, a)\napp.get('/a/:id', b)\n\
             app.all('/b', jwtAuth, (req, res) => res.json(req.query.page))\n\
             const spare = require('express').Router()\nspare.get('/spare', a)\n"
                .to_owned(),
        )];
        let report = served("shop", code::of_texts(&files).routes.iter());
        let lines = report.accounts.iter().map(|(subject, place, account)| {
            let Account::Served(route) = account else { panic!("{account:?}") };
            let place = place.as_ref().map(|place| format!("{}:{:?}", place.file, place.at));
            let names: Vec<&str> = route.parameters.iter().map(|one| one.name.as_str()).collect();
            format!(
                "{} {} {place:?} {names:?} {:?} {:?}",
                subject.method, subject.path, route.guards, route.authentication
            )
        });
        assert_eq!(
            lines.collect::<Vec<_>>(),
            [
                r#"* /b Some("app.js:Line(4)") ["page"] ["jwtAuth"] {BearerJwt}"#,
                r#"GET /a/{id} Some("app.js:Line(2)") ["id"] [] {}"#,
            ]
        );
        assert_eq!((report.kind, report.name.as_str()), (SourceKind::Code, "shop"));
    }
}

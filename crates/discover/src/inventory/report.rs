//! What specifications, logs and recordings tell, as reports that the inventory takes in.

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use model::inventory::{
    Account, At, Authentication, Body, BodyField, BodySchema, Calls, Confidence, DataClass, Declaration,
    DeclaredApi, Fact, FileMark, Parameter, ParameterPlace, Place, Proposal, Report, Side, SourceKind,
    Subject, Text, Told, Visibility, Whose, Word,
};
use spec::{
    Contract, KeyLocation, Library, Operation, ParameterLocation, SchemeKind, Security, SecurityScheme, Spot,
};

use crate::credential::Credential;
use crate::learn::Learned;
use crate::shape::{self, Bodies};
use crate::survey::Findings;
use crate::tally::{self, Position, Tally};

/// What a specification tells: its operations, and what it says of itself.
pub fn declared(contract: &Contract, library: &Library) -> Report {
    let file = library.documents().first().map(|document| document.file().to_owned()).unwrap_or_default();
    let mut report = declared_operations(contract, &file);
    report.told.proposals = said_of_api(library);
    let each = contract.operations.iter();
    let each = each.map(|operation| authentication(&contract.security_schemes, &operation.security));
    let ways: BTreeSet<Authentication> = each.flatten().flatten().collect();
    if contract.operations.iter().any(|operation| operation.security != Security::Undeclared) {
        report.told.proposals.push(Proposal { fact: Fact::Authentication(ways), place: None });
    }
    let mut classes = BTreeSet::new();
    for ((_, _, account), fields) in report.accounts.iter_mut().zip(spec::body_fields(library, contract)) {
        let Account::Declared(declaration) = account else { continue };
        let pointers = fields.request.iter().chain(fields.answers.values().flatten());
        classes.extend(pointers.flat_map(|pointer| classes_at(pointer)));
        declaration.request_fields = fields.request.into_iter().collect();
        let answers = fields.answers.into_iter();
        declaration.answers =
            answers.map(|(status, fields)| (status.to_string(), fields.into_iter().collect())).collect();
    }
    if !classes.is_empty() {
        report.told.proposals.push(Proposal { fact: Fact::Data(classes), place: None });
    }
    report
}

/// What a specification tells of its operations alone; `file` is what the source is called.
pub fn declared_operations(contract: &Contract, file: &str) -> Report {
    // The name of its document, else that of the file.
    let name = Text::of(&contract.title).map_or_else(|| file.to_owned(), String::from);
    let accounts = contract.operations.iter().map(|operation| {
        let place = operation
            .position
            .as_ref()
            .map(|position| Place { file: position.file.to_string(), at: At::Line(position.line as u64) });
        (subject(&name, operation), place, Account::Declared(declaration(contract, operation)))
    });
    let mut hosts: Vec<String> = contract.servers.iter().flat_map(|server| server.hosts.clone()).collect();
    hosts.sort();
    hosts.dedup();
    let base_paths = contract.servers.iter().map(|server| server.base_path.clone());
    let api = DeclaredApi { base_paths: base_paths.collect(), hosts, name: name.clone() };
    Report {
        kind: SourceKind::Spec,
        name: file.to_owned(),
        accounts: accounts.collect(),
        told: Told { api: Some(api), ..Told::default() },
    }
}

/// The classes that the last name of a pointer speaks for.
fn classes_at(pointer: &str) -> impl Iterator<Item = DataClass> {
    shape::classes_of_name(pointer.rsplit('/').find(|token| *token != "*").unwrap_or_default())
}

fn subject(api: &str, operation: &Operation) -> Subject {
    let base = operation.base_paths.first().map(String::as_str).unwrap_or_default();
    Subject {
        whose: Whose::Api(api.to_owned()),
        method: operation.method.as_str().to_owned(),
        path: format!("{base}{}", operation.path),
    }
}

fn declaration(contract: &Contract, operation: &Operation) -> Declaration {
    let schemes = &contract.security_schemes;
    let mut parameters: Vec<Parameter> = operation
        .parameters
        .iter()
        .map(|parameter| Parameter {
            name: parameter.name.clone(),
            place: match parameter.location {
                ParameterLocation::Path => ParameterPlace::Path,
                ParameterLocation::Query => ParameterPlace::Query,
                ParameterLocation::QueryString => ParameterPlace::QueryString,
                ParameterLocation::Header => ParameterPlace::Header,
                ParameterLocation::Cookie => ParameterPlace::Cookie,
            },
            kind: None,
        })
        .collect();
    parameters.extend(required(schemes, &operation.security).filter_map(|scheme| match &scheme.kind {
        SchemeKind::ApiKey { location: KeyLocation::Query, name } => {
            Some(Parameter { name: name.clone(), place: ParameterPlace::Query, kind: None })
        }
        _ => None,
    }));
    let statuses = operation.responses.iter().map(|response| response.status.to_string());
    Declaration {
        deprecated: operation.deprecated,
        authentication: authentication(schemes, &operation.security),
        parameters,
        statuses: statuses.collect(),
        request_fields: Vec::new(),
        answers: BTreeMap::new(),
        summary: operation.summary.as_deref().and_then(Text::of).map(String::from),
    }
}

/// Schemes that an operation asks for, in any of its alternatives.
fn required<'c>(
    schemes: &'c [SecurityScheme],
    security: &'c Security,
) -> impl Iterator<Item = &'c SecurityScheme> {
    let alternatives = match security {
        Security::OneOf(alternatives) => &alternatives[..],
        Security::Undeclared | Security::Public => &[],
    };
    alternatives.iter().flatten().filter_map(|requirement| schemes.get(requirement.scheme))
}

fn authentication(schemes: &[SecurityScheme], security: &Security) -> Option<BTreeSet<Authentication>> {
    match security {
        Security::Undeclared => None,
        Security::OneOf(alternatives) if !alternatives.iter().any(Vec::is_empty) => {
            Some(required(schemes, security).map(|scheme| way(&scheme.kind)).collect())
        }
        // Of several alternatives, one that asks for nothing is enough.
        Security::Public | Security::OneOf(_) => Some(BTreeSet::new()),
    }
}

fn way(scheme: &SchemeKind) -> Authentication {
    match scheme {
        SchemeKind::ApiKey { location: KeyLocation::Cookie, .. } => Authentication::Cookie,
        SchemeKind::ApiKey { .. } => Authentication::ApiKey,
        SchemeKind::Bearer { format: Some(format) } if format.eq_ignore_ascii_case("jwt") => {
            Authentication::BearerJwt
        }
        SchemeKind::Bearer { .. } | SchemeKind::OAuth2(_) | SchemeKind::OpenIdConnect { .. } => {
            Authentication::Bearer
        }
        SchemeKind::Basic => Authentication::Basic,
        SchemeKind::MutualTls => Authentication::Mtls,
        SchemeKind::Http(_) | SchemeKind::Unknown => Authentication::Other,
    }
}

/// What a document says of the API as a whole. Whoever wrote it may have copied it, so it waits for a person to confirm it.
pub(super) fn said_of_api(library: &Library) -> Vec<Proposal> {
    let root = library.root();
    let info = root.and_then(|root| root.get("info"));
    let contact = info.and_then(|info| info.get("contact"));
    let text = |holder: Option<Spot<'_>>, key: &str| {
        let spot = holder?.get(key)?;
        Some((Text::of(first_sentence(spot.node.as_str()?))?, place(library, spot)))
    };
    let owner =
        [(root, "x-owner"), (info, "x-owner"), (contact, "name"), (contact, "email"), (contact, "url")];
    let purpose = [(info, "summary"), (info, "description"), (info, "title")];
    let first =
        |places: &[(Option<Spot<'_>>, &str)]| places.iter().find_map(|(holder, key)| text(*holder, key));
    let visibility = || {
        let (word, place) = text(root, "x-audience").or_else(|| text(info, "x-audience"))?;
        let visibility = match word.as_str() {
            "external-public" => Visibility::Public,
            "external-partner" => Visibility::Partner,
            "company-internal" | "business-unit-internal" | "component-internal" => Visibility::Internal,
            other => Visibility::of(other)?,
        };
        Some((Fact::Visibility(visibility), place))
    };
    let proposed = [
        first(&owner).map(|(text, place)| (Fact::Owner(text), place)),
        first(&purpose).map(|(text, place)| (Fact::Purpose(text), place)),
        visibility(),
    ];
    proposed.into_iter().flatten().map(|(fact, place)| Proposal { fact, place }).collect()
}

pub(super) fn place(library: &Library, spot: Spot<'_>) -> Option<Place> {
    let position = library.document(spot.key().0)?.position(spot.node);
    Some(Place { file: position.file.to_string(), at: At::Line(position.line as u64) })
}

/// A description may have pages; what the API is for stands in front.
fn first_sentence(text: &str) -> &str {
    let text = text.trim_start();
    let end = text.find(". ").map(|at| at + 1).into_iter().chain(text.find("\n\n")).min();
    end.and_then(|end| text.get(..end)).unwrap_or(text)
}

/// What was observed, and of which files.
#[derive(Debug)]
pub struct Observed<'o> {
    /// What it was seen in.
    pub kind: SourceKind,
    /// What that is called.
    pub name: String,
    /// The specifications that it was held against.
    pub contracts: &'o [Contract],
    /// What they tell, in the same order.
    pub declared: &'o [Report],
    /// What was found out.
    pub findings: &'o Findings,
    /// The files, in the order of the run.
    pub files: &'o [String],
    /// What is known of the files, so that none is counted twice.
    pub marks: Vec<FileMark>,
}

/// What logs or recordings tell.
pub fn observed(observed: Observed<'_>) -> Report {
    let mut accounts = Vec::new();
    for ((contract, declared), tallies) in
        observed.contracts.iter().zip(observed.declared).zip(&observed.findings.declared)
    {
        let name = declared.told.api.as_ref().map(|api| api.name.as_str()).unwrap_or_default();
        for (operation, tally) in contract.operations.iter().zip(tallies) {
            let Some(tally) = tally else { continue };
            let calls = Account::Called(calls(tally, &[]));
            accounts.push((subject(name, operation), seen_at(tally, observed.files), calls));
        }
    }
    for learned in &observed.findings.lesson.operations {
        let (subject, account) = of_learned(learned);
        accounts.push((subject, seen_at(&learned.tally, observed.files), account));
    }
    let told = Told { files: observed.marks, ..Told::default() };
    Report { kind: observed.kind, name: observed.name, told, accounts }
}

/// What is known of an operation that nobody declared.
pub(super) fn of_learned(learned: &Learned) -> (Subject, Account) {
    let path = learned.parameters.iter().map(|(name, kind)| Parameter {
        name: name.clone(),
        place: ParameterPlace::Path,
        kind: Some(kind.name().to_owned()),
    });
    let subject = Subject {
        whose: Whose::Host(learned.host.to_string()),
        method: learned.method.to_string(),
        path: learned.path.clone(),
    };
    (subject, Account::Called(calls(&learned.tally, &path.collect::<Vec<_>>())))
}

/// Where the first request stands; what came through standard input is nowhere any more.
fn seen_at(tally: &Tally, files: &[String]) -> Option<Place> {
    let file = files.get(tally.place.file as usize).filter(|file| *file != "-")?;
    let at = match tally.place.position {
        Position::Line(number) => At::Line(number),
        Position::Entry(number) => At::Entry(number),
        Position::Packet(number) => At::Packet(number),
    };
    Some(Place { file: file.clone(), at })
}

fn calls(tally: &Tally, path: &[Parameter]) -> Calls {
    let query = tally.query.iter().map(|(name, kind)| Parameter {
        name: name.to_string(),
        place: ParameterPlace::Query,
        kind: Some(kind.name().to_owned()),
    });
    Calls {
        count: tally.count,
        first_seen: tally.first_seen,
        last_seen: tally.last_seen,
        statuses: tally.statuses.iter().copied().collect(),
        confidence: match tally.confidence {
            tally::Confidence::None => Confidence::None,
            tally::Confidence::Low => Confidence::Low,
            tally::Confidence::High => Confidence::High,
        },
        clients: tally.clients.count(),
        consumers: BTreeSet::new(),
        authentication: tally.credentials.iter().filter_map(shown).collect(),
        anonymous: tally.anonymous,
        parameters: path.iter().cloned().chain(query).collect(),
        hosts: tally.hosts.iter().map(ToString::to_string).collect(),
        fields: fields(tally),
        bodies: bodies(tally),
    }
}

/// What bodies look like, by side and status.
fn bodies(tally: &Tally) -> Vec<Body> {
    let body = |side, status, types: &[Box<str>], bodies: Option<&Bodies>| Body {
        side,
        status,
        types: types.iter().map(ToString::to_string).collect(),
        count: bodies.map_or(0, |bodies| bodies.shape.count),
        schema: bodies
            .filter(|bodies| bodies.shape.count > 0)
            .map(|bodies| BodySchema::new(shape::schema("", &bodies.shape))),
    };
    let (request, answers) = match &tally.bodies {
        Some(bodies) => (Some(&bodies.request), &bodies.answers[..]),
        None => (None, &[][..]),
    };
    let request = body(Side::Request, None, &tally.request_types, request);
    let answers = answers
        .iter()
        .map(|(status, bodies)| body(Side::Answer, Some(*status), &tally.answer_types, Some(bodies)));
    let all = std::iter::once(request).chain(answers);
    all.filter(|body| body.schema.is_some() || !body.types.is_empty()).collect()
}

/// Fields of the bodies of requests and of answers that give what was asked for; of other answers those with data that ask for
/// care.
fn fields(tally: &Tally) -> Vec<BodyField> {
    let Some(bodies) = &tally.bodies else { return Vec::new() };
    let answers = bodies.answers.iter().map(|(status, bodies)| (Side::Answer, Some(*status), bodies));
    let mut all = Calls::default();
    for (side, status, bodies) in [(Side::Request, None, &bodies.request)].into_iter().chain(answers) {
        let is_wanted = status.is_none_or(|status| (200..300).contains(&status));
        let fields = shape::fields(&bodies.shape).into_iter();
        let fields = fields.filter(|field| is_wanted || !field.classes.is_empty()).map(|field| BodyField {
            side,
            pointer: field.pointer,
            statuses: status.into_iter().collect(),
            classes: field
                .classes
                .into_iter()
                .map(|(class, evidence)| (class, evidence.to_string()))
                .collect(),
        });
        all.add(&Calls { fields: fields.collect(), ..Calls::default() });
    }
    all.fields
}

fn shown(credential: Credential) -> Option<Authentication> {
    match credential {
        Credential::Nothing => None,
        Credential::Basic => Some(Authentication::Basic),
        Credential::Bearer => Some(Authentication::Bearer),
        Credential::Jwt => Some(Authentication::BearerJwt),
        Credential::Opaque => Some(Authentication::BearerOpaque),
        Credential::ApiKey => Some(Authentication::ApiKey),
        Credential::Cookie => Some(Authentication::Cookie),
        Credential::Certificate => Some(Authentication::Mtls),
        Credential::User | Credential::Authorization => Some(Authentication::Other),
    }
}

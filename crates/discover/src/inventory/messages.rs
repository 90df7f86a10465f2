//! What a document of AsyncAPI tells, 2.x and 3.x: the messages that a program sends and receives.

use std::collections::BTreeSet;

use model::inventory::{
    Account, Authentication, Declaration, DeclaredApi, Parameter, ParameterPlace, Report, SourceKind,
    Subject, Text, Told, Whose,
};
use spec::{Library, Spot};

use super::report::{place, said_of_api};

/// The most operations that are read of one document.
const OPERATIONS_MAX: usize = 10_000;

/// What stands in the place of a method: the program sends messages, or receives them.
pub(super) const SEND: &str = "SEND";
pub(super) const RECEIVE: &str = "RECEIVE";

/// What a document of AsyncAPI tells: of each channel what the program does there, and what it says of itself.
pub fn declared_messages(library: &Library) -> Report {
    let reader = Reader { library };
    let file = library.documents().first().map(|document| document.file().to_owned()).unwrap_or_default();
    let root = library.root();
    let title = root.and_then(|root| root.get("info")?.text("title"));
    let name = title.and_then(Text::of).map_or_else(|| file.clone(), String::from);
    let accounts = root.into_iter().flat_map(|root| reader.operations(root)).take(OPERATIONS_MAX);
    let accounts = accounts.map(|operation| {
        let subject = Subject {
            whose: Whose::Api(name.clone()),
            method: operation.method.to_owned(),
            path: operation.address.to_owned(),
        };
        (subject, place(library, operation.spot), Account::Declared(reader.declaration(&operation)))
    });
    let api = DeclaredApi { name: name.clone(), hosts: reader.hosts(), base_paths: Vec::new() };
    Report {
        kind: SourceKind::Spec,
        accounts: accounts.collect(),
        told: Told { api: Some(api), proposals: said_of_api(library), ..Told::default() },
        name: file,
    }
}

struct Reader<'l> {
    library: &'l Library,
}

/// What the program does at one address.
struct Operation<'l> {
    method: &'static str,
    address: &'l str,
    spot: Spot<'l>,
}

impl<'l> Reader<'l> {
    fn follow(&self, spot: Spot<'l>) -> Option<Spot<'l>> {
        let (document, node) = self.library.follow(spot.document, spot.node).ok()?;
        Some(Spot { document, node })
    }

    fn operations(&self, root: Spot<'l>) -> Vec<Operation<'l>> {
        if root.get("operations").is_some()
            || root.text("asyncapi").is_some_and(|version| version.starts_with('3'))
        {
            let operations = root.members_of("operations").filter_map(|(_, spot)| self.follow(spot));
            return operations.filter_map(|spot| self.operation(spot)).collect();
        }
        // Of 2.x, what is said is what others do: they publish what the program receives.
        let both = [("publish", RECEIVE), ("subscribe", SEND)];
        let channels =
            root.members_of("channels").filter_map(|(address, spot)| Some((address, self.follow(spot)?)));
        channels
            .flat_map(|(address, channel)| {
                both.into_iter().filter_map(move |(key, method)| {
                    Some(Operation { method, address, spot: channel.get(key)? })
                })
            })
            .collect()
    }

    fn operation(&self, spot: Spot<'l>) -> Option<Operation<'l>> {
        let method = match spot.text("action")? {
            "send" => SEND,
            "receive" => RECEIVE,
            _ => return None,
        };
        let reference = spot.get("channel")?;
        let channel = self.follow(reference)?;
        // An address that is known at run time only is called as the channel is.
        let address = channel.text("address").or_else(|| reference.text("$ref")?.rsplit('/').next())?;
        Some(Operation { method, address, spot })
    }

    fn declaration(&self, operation: &Operation<'l>) -> Declaration {
        let names = operation.address.split('{').skip(1).filter_map(|rest| rest.split_once('}'));
        let parameters = names.map(|(name, _)| Parameter {
            name: name.to_owned(),
            place: ParameterPlace::Path,
            kind: None,
        });
        let holders: Vec<Spot<'l>> = std::iter::once(operation.spot).chain(self.servers()).collect();
        let is_said = holders.iter().any(|holder| holder.get("security").is_some());
        let ways: BTreeSet<Authentication> = holders
            .iter()
            .flat_map(|holder| holder.items_of("security"))
            .flat_map(|spot| self.ways(spot))
            .collect();
        Declaration {
            authentication: is_said.then_some(ways),
            parameters: parameters.collect(),
            summary: operation.spot.text("summary").and_then(Text::of).map(String::from),
            ..Declaration::default()
        }
    }

    fn servers(&self) -> impl Iterator<Item = Spot<'l>> {
        let root = self.library.root();
        root.into_iter().flat_map(|root| root.members_of("servers")).filter_map(|(_, spot)| self.follow(spot))
    }

    /// Hosts of its servers; of 2.x they stand in URLs.
    fn hosts(&self) -> Vec<String> {
        let of_server = |server: Spot<'l>| {
            let text = server.text("host").or_else(|| server.text("url"))?;
            let host = text.split_once("://").map_or(text, |(_, rest)| rest).split('/').next()?;
            Some(host.to_ascii_lowercase()).filter(|host| !host.is_empty())
        };
        let hosts: BTreeSet<String> = self.servers().filter_map(of_server).collect();
        hosts.into_iter().collect()
    }

    /// What a requirement asks for: of 3.x it is the scheme, of 2.x it names some.
    fn ways(&self, requirement: Spot<'l>) -> Vec<Authentication> {
        let Some(spot) = self.follow(requirement) else { return Vec::new() };
        if spot.text("type").is_some() {
            return vec![way(spot)];
        }
        let shared = self.library.root().and_then(|root| root.get("components")?.get("securitySchemes"));
        let scheme = |name: &str| self.follow(shared?.get(name)?);
        requirement.members().filter_map(|(name, _)| scheme(name)).map(way).collect()
    }
}

fn way(scheme: Spot<'_>) -> Authentication {
    match scheme.text("type").unwrap_or_default() {
        "userPassword" => Authentication::Basic,
        "apiKey" | "httpApiKey" => Authentication::ApiKey,
        "X509" => Authentication::Mtls,
        "oauth2" | "openIdConnect" => Authentication::Bearer,
        "http" => match scheme.text("scheme").unwrap_or_default() {
            "basic" => Authentication::Basic,
            "bearer" => Authentication::Bearer,
            _ => Authentication::Other,
        },
        _ => Authentication::Other,
    }
}

#[cfg(test)]
mod tests {
    use model::inventory::{At, Place};
    use spec::{Document, LibraryLimits, Limits};

    use super::*;

    fn check(text: &str, expected: &[&str], hosts: &[&str]) {
        let (document, _) = Document::parse("events.yaml", text.as_bytes(), &Limits::default());
        let loader = |_: spec::Location<'_>| Err(std::io::ErrorKind::Unsupported.into());
        let report = declared_messages(&Library::load(document, &LibraryLimits::default(), &loader).0);
        let told = report.accounts.iter().map(|(subject, place, account)| {
            let Account::Declared(declaration) = account else { panic!("{account:?}") };
            let names: Vec<&str> =
                declaration.parameters.iter().map(|parameter| parameter.name.as_str()).collect();
            let Some(Place { at: At::Line(line), .. }) = place else { panic!("{place:?}") };
            format!("{} {} {names:?} {:?} {line}", subject.method, subject.path, declaration.authentication)
        });
        assert_eq!(told.collect::<Vec<_>>(), expected);
        let api = report.told.api.unwrap();
        assert_eq!(
            (api.name.as_str(), api.hosts.iter().map(String::as_str).collect::<Vec<_>>()),
            ("lights", hosts.to_vec())
        );
    }

    #[test]
    fn what_a_program_sends_and_receives_is_told() {
        check(
            "
asyncapi: 3.0.0
info: { title: lights, version: '1' }
servers: { main: { host: Broker.example:9092, protocol: kafka, security: [{ $ref: '#/components/securitySchemes/user' }] } }
channels:
  measured: { address: 'lights/{id}/measured' }
  later: { address: null }
operations:
  take: { action: receive, channel: { $ref: '#/channels/measured' } }
  tell: { action: send, channel: { $ref: '#/channels/later' } }
  odd: { action: think, channel: { $ref: '#/channels/later' } }
components: { securitySchemes: { user: { type: userPassword } } }
",
            &[
                "RECEIVE lights/{id}/measured [\"id\"] Some({Basic}) 9",
                "SEND later [] Some({Basic}) 10",
            ],
            &["broker.example:9092"],
        );
    }

    #[test]
    fn of_version_two_it_is_the_other_way_round() {
        check(
            "
asyncapi: 2.6.0
info: { title: lights, version: '1' }
servers: { main: { url: 'mqtt://broker.example', protocol: mqtt } }
channels:
  turned: { subscribe: { summary: tells, security: [{ key: [] }] }, publish: {} }
components: { securitySchemes: { key: { type: apiKey, in: user } } }
",
            &["RECEIVE turned [] None 6", "SEND turned [] Some({ApiKey}) 6"],
            &["broker.example"],
        );
    }
}

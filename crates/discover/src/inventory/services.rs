//! What a file of Protocol Buffers tells: the methods of its services, as gRPC calls them.

use model::inventory::{
    Account, At, Declaration, DeclaredApi, Place, Report, SourceKind, Subject, Told, Whose,
};

use crate::code::words_at;

/// The most methods that are read of one file.
const METHODS_MAX: usize = 10_000;

/// What the file so called tells: `POST /package.Service/Method` for each method, which is how gRPC asks for it. The API is
/// called as its package is.
pub fn declared_services(file: &str, text: &str) -> Report {
    let methods = methods(text);
    let package = methods.first().map(|method| method.package.clone()).filter(|package| !package.is_empty());
    let name = package.unwrap_or_else(|| file.to_owned());
    let accounts = methods.into_iter().map(|method| {
        let subject =
            Subject { whose: Whose::Api(name.clone()), method: "POST".to_owned(), path: method.path };
        let place = Place { file: file.to_owned(), at: At::Line(method.line) };
        let declaration = Declaration { deprecated: method.is_deprecated, ..Declaration::default() };
        (subject, Some(place), Account::Declared(declaration))
    });
    let accounts = accounts.collect();
    let api = DeclaredApi { name, hosts: Vec::new(), base_paths: Vec::new() };
    Report {
        kind: SourceKind::Spec,
        name: file.to_owned(),
        accounts,
        told: Told { api: Some(api), ..Told::default() },
    }
}

#[derive(Debug)]
struct Method {
    package: String,
    path: String,
    line: u64,
    is_deprecated: bool,
}

fn methods(text: &str) -> Vec<Method> {
    let words = words_at(text, &["//"]);
    let word = |at: usize| words.get(at).map_or("", |(_, word)| *word);
    let name = |from: usize| -> String {
        (from..).map(word).take_while(|word| !matches!(*word, "" | ";" | "{" | "(")).collect()
    };
    let (mut package, mut service, mut depth, mut line, mut counted) =
        (String::new(), String::new(), 0_usize, 1, 0);
    let mut methods: Vec<Method> = Vec::new();
    for (at, (offset, this)) in words.iter().enumerate() {
        let lines = text.get(counted..*offset).unwrap_or_default().matches('\n').count();
        (line, counted) = (line + lines as u64, *offset);
        match *this {
            "{" => depth += 1,
            "}" => depth = depth.saturating_sub(1),
            "package" if depth == 0 => package = name(at + 1),
            "service" if depth == 0 && word(at + 2) == "{" => service = name(at + 1),
            "rpc" if depth == 1 && word(at + 2) == "(" && methods.len() < METHODS_MAX => {
                let dot = if package.is_empty() { "" } else { "." };
                let path = format!("/{package}{dot}{service}/{}", word(at + 1));
                methods.push(Method { package: package.clone(), path, line, is_deprecated: false });
            }
            "deprecated" if depth == 2 && word(at + 1) == "=" && word(at + 2) == "true" => {
                methods.last_mut().into_iter().for_each(|method| method.is_deprecated = true);
            }
            _ => {}
        }
    }
    methods
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn methods_are_told_as_they_are_called() {
        let text = "syntax = \"proto3\"; // service No { rpc No (A) }
package shop.v1;
message Order { string rpc = 1 [deprecated = true]; }
service Orders {
  rpc Get (GetRequest) returns (Order);
  rpc Watch(stream A) returns (stream B) {
    option deprecated = true;
  }
}
service Users { rpc Get (A) returns (B) {} }
";
        let report = declared_services("shop.proto", text);
        let told = report.accounts.iter().map(|(subject, place, account)| {
            let Account::Declared(declaration) = account else { panic!("{account:?}") };
            let Some(Place { at: At::Line(line), .. }) = place else { panic!("{place:?}") };
            format!("{} {} {line} {}", subject.method, subject.path, declaration.deprecated)
        });
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                "POST /shop.v1.Orders/Get 5 false",
                "POST /shop.v1.Orders/Watch 6 true",
                "POST /shop.v1.Users/Get 10 false",
            ]
        );
        assert_eq!(report.told.api.unwrap().name, "shop.v1");
    }
}

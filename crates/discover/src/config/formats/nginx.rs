//! nginx: servers with their locations, what they ask of callers, and where they pass requests on to.

use std::collections::BTreeSet;

use model::inventory::{Exposure, Paths};

use super::{Format, closest_host_first};
use crate::config::ConfigFindings;
use crate::config::directives::{Directive, parse};
use crate::config::includes::{Tree, parsed, trees};
use crate::config::input::Input;
use crate::config::scope::{Scope, closed};

pub(super) const FORMAT: Format = Format {
    id: "nginx",
    product: "nginx",
    source: "https://nginx.org/en/docs/http/ngx_http_core_module.html",
    is_named,
    marks: &["server", "location", "include"],
    is_one: |input| is_named(&input.name) && is_config(&input.text),
    read,
    doc: DOC,
};

/// Blocks that are about something else than HTTP.
const OTHER: &[&str] = &["stream", "mail", "rtmp"];

fn is_named(name: &str) -> bool {
    let (folder, name) = name.rsplit_once('/').unwrap_or(("", name));
    let is_site = |folder: &str| folder.ends_with("sites-enabled") || folder.ends_with("sites-available");
    [".conf", ".conf.template", ".nginx", ".vhost"].iter().any(|end| name.ends_with(end))
        || name.starts_with("nginx") && !name.contains('.')
        || is_site(folder) && !name.contains('.')
}

/// Whether a text is written as nginx has it, which other programs' configs of the same names are not.
fn is_config(text: &str) -> bool {
    let (directives, fault) = parse(text);
    let is_block = |one: &Directive| {
        one.block.is_some() && matches!(one.name.as_str(), "http" | "server" | "location" | "upstream")
    };
    directives.iter().any(is_block) || fault.is_none() && !directives.is_empty()
}

fn read(inputs: &[&Input], findings: &mut ConfigFindings) {
    let mut exposures = Vec::new();
    let files = parsed(inputs, findings);
    for root in trees(&files, findings) {
        let scope = Scope::default();
        blocks(&root, &scope, &mut Walk { exposures: &mut exposures, findings });
    }
    closest_host_first(&mut exposures);
    findings.expose_all(exposures);
}

struct Walk<'w> {
    exposures: &'w mut Vec<Exposure>,
    findings: &'w mut ConfigFindings,
}

/// Looks for servers, below `http` or where a file is a part of it.
fn blocks(all: &[Tree<'_>], outer: &Scope, walk: &mut Walk<'_>) {
    let scope = outer.within(all);
    // A file that only has locations is included by a server that is not here.
    if all.iter().any(|one| one.directive.name == "location") {
        server(all, outer, walk);
    }
    for one in all.iter().filter(|one| !OTHER.contains(&one.directive.name.as_str())) {
        match one.directive.name.as_str() {
            "server" => server(&one.block, &scope, walk),
            "http" => blocks(&one.block, &scope, walk),
            _ => {}
        }
    }
}

fn server(all: &[Tree<'_>], outer: &Scope, walk: &mut Walk<'_>) {
    let mut scope = outer.within(all);
    scope.hosts = hosts(all, walk);
    scope.is_encrypted = Some(is_encrypted(all));
    scope.listeners = listeners(all);
    if let Some(answers) = all.iter().find(|one| one.directive.name == "return") {
        walk.exposures.push(closed(&scope.exposure(FORMAT.id, answers.place())));
        return;
    }
    let named: Vec<&Tree<'_>> = all.iter().filter(|one| is_named_location(one.directive)).collect();
    let mut found = Vec::new();
    locations(all, &scope, (&named, &mut found), walk);
    // The order in which nginx tries them.
    found.sort_by_key(|(rank, exposure)| match &exposure.paths {
        Paths::Beginning(path) => (*rank, usize::MAX - path.len()),
        _ => (*rank, 0),
    });
    walk.exposures.extend(found.into_iter().map(|(_, exposure)| exposure));
}

/// Which locations are tried first: exact ones, those that end the search, expressions, others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Exact,
    Final,
    Expression,
    Prefix,
}

fn is_named_location(directive: &Directive) -> bool {
    directive.name == "location" && directive.arguments.first().is_some_and(|name| name.starts_with('@'))
}

type Found<'f, 't> = (&'f [&'f Tree<'t>], &'f mut Vec<(Rank, Exposure)>);

fn locations(all: &[Tree<'_>], outer: &Scope, (named, found): Found<'_, '_>, walk: &mut Walk<'_>) {
    for one in all {
        match one.directive.name.as_str() {
            "if" => {
                let what = "an `if`: what it does with requests is not known";
                walk.findings.unclear(one.file, one.directive.line, what);
            }
            "rewrite" => {
                let what = "a `rewrite`: under which path requests go on is not known";
                walk.findings.unclear(one.file, one.directive.line, what);
            }
            "location" if !is_named_location(one.directive) => {
                let Some((rank, paths)) = paths(&one.directive.arguments) else {
                    walk.findings.unclear(one.file, one.directive.line, "a location without a path");
                    continue;
                };
                let scope = outer.within(&one.block);
                let base = Exposure { paths, ..scope.exposure(FORMAT.id, one.place()) };
                let rows = scope.rows(&one.block, named, &base);
                found.extend(rows.into_iter().map(|exposure| (rank, exposure)));
                locations(&one.block, &scope, (named, &mut *found), walk);
            }
            _ => {}
        }
    }
}

fn paths(arguments: &[String]) -> Option<(Rank, Paths)> {
    match arguments {
        [sign, path] => match sign.as_str() {
            "=" => Some((Rank::Exact, Paths::Exact(path.clone()))),
            "^~" => Some((Rank::Final, Paths::Beginning(path.clone()))),
            "~" => Some((Rank::Expression, Paths::Matching(path.clone()))),
            "~*" => Some((Rank::Expression, Paths::Matching(format!("(?i){path}")))),
            _ => None,
        },
        [path] => Some((Rank::Prefix, Paths::Beginning(path.clone()))),
        _ => None,
    }
}

/// The names of a server; none where it takes what no other does.
fn hosts(all: &[Tree<'_>], walk: &mut Walk<'_>) -> Vec<String> {
    let mut hosts = Vec::new();
    for one in all.iter().filter(|one| one.directive.name == "server_name") {
        for name in &one.directive.arguments {
            match name.to_ascii_lowercase() {
                name if name.is_empty() || name == "_" => {}
                name if name.starts_with('~') || name.contains('$') => {
                    let what = "a `server_name` that is an expression: which hosts it is for is not known";
                    walk.findings.unclear(one.file, one.directive.line, what);
                    hosts.push(name);
                }
                name => match name.strip_prefix('.') {
                    Some(domain) => hosts.extend([domain.to_owned(), format!("*.{domain}")]),
                    None => hosts.push(name),
                },
            }
        }
    }
    hosts
}

/// The addresses with ports that a server listens at.
fn listeners(all: &[Tree<'_>]) -> BTreeSet<String> {
    let listened = all.iter().filter(|one| one.directive.name == "listen");
    let addresses = listened.filter_map(|one| one.directive.arguments.first()).map(|address| {
        let is_port = |text: &str| text.parse::<u16>().is_ok();
        match address.rsplit_once(':') {
            _ if address.starts_with("unix:") => address.clone(),
            Some((_, port)) if is_port(port) => address.clone(),
            None if is_port(address) => format!("*:{address}"),
            _ => format!("{address}:80"),
        }
    });
    let addresses: BTreeSet<String> = addresses.collect();
    if addresses.is_empty() { BTreeSet::from(["*:80".to_owned()]) } else { addresses }
}

/// Whether everything that is listened for is encrypted.
fn is_encrypted(all: &[Tree<'_>]) -> bool {
    let mut listened = all.iter().filter(|one| one.directive.name == "listen").peekable();
    let is_on = |one: &Tree<'_>| one.directive.arguments.iter().any(|word| word == "ssl" || word == "quic");
    let is_all_on = all.iter().any(|one| one.directive.name == "ssl" && is_first(one.directive, "on"));
    is_all_on || listened.peek().is_some() && listened.all(is_on)
}

fn is_first(directive: &Directive, word: &str) -> bool {
    directive.arguments.first().is_some_and(|first| first == word)
}

const DOC: &str = r#"
Servers and their locations, in the order in which nginx tries them: exact ones, `^~`, expressions, prefixes by their length;
nested ones, named ones behind `try_files`, and files that are included. A location lets through what it passes on to a backend
(`proxy_pass`, `grpc_pass`, `fastcgi_pass`, `uwsgi_pass`, `scgi_pass`); one that only returns, denies everybody or is internal is
closed, and so is a server that does. The host is looked for first, among the servers that listen at the same address: what no
location of that server takes goes to no other. `auth_basic`, `auth_request`, `auth_jwt`, `auth_oidc` and `ssl_verify_client on` are guards, with what locations inherit,
unless `satisfy any` lets networks in without. `limit_except` parts methods. What `if`, `rewrite` and variables do is not known, and
said. Blocks of Lua are passed over.

~~~file nginx.conf
events {}
http {
    upstream orders { server 10.0.0.7:8080; }
    include conf.d/*.conf;
}
~~~
~~~file conf.d/shop.conf
server {
    listen 80;
    server_name shop.example;
    return 301 https://$host$request_uri;
}
server {
    listen 443 ssl http2;
    server_name shop.example .shop.org;
    auth_request /auth;

    location / { proxy_pass http://web; }
    location /orders/ {
        proxy_pass http://orders/v1/;
        limit_except GET POST { deny all; }
        location /orders/public/ { auth_request off; proxy_pass http://orders; }
    }
    location = /health { auth_request off; proxy_pass http://orders; }
    location ^~ /static/ { root /srv; }
    location ~* "\.php$" { fastcgi_pass unix:/run/php.sock; }
    location = /auth { internal; proxy_pass http://auth; }
    location /admin { deny all; proxy_pass http://web; }
    location /app { try_files $uri @app; }
    location @app { auth_basic "staff"; proxy_pass $backend; }
}
~~~
~~~exposes
* http://shop.example/** closed (conf.d/shop.conf:4)
* https://shop.example,shop.org,*.shop.org/health to=orders (conf.d/shop.conf:17)
* https://shop.example,shop.org,*.shop.org/auth closed (conf.d/shop.conf:20)
* https://shop.example,shop.org,*.shop.org/static/* closed (conf.d/shop.conf:18)
* https://shop.example,shop.org,*.shop.org~(?i)\.php$ guards=auth_request /auth:other to=unix:/run/php.sock (conf.d/shop.conf:19)
* https://shop.example,shop.org,*.shop.org/orders/public/* to=orders (conf.d/shop.conf:15)
GET,HEAD,POST https://shop.example,shop.org,*.shop.org/orders/* guards=auth_request /auth:other to=orders as=/v1/ (conf.d/shop.conf:12)
* https://shop.example,shop.org,*.shop.org/orders/* closed (conf.d/shop.conf:12)
* https://shop.example,shop.org,*.shop.org/admin* closed (conf.d/shop.conf:21)
* https://shop.example,shop.org,*.shop.org/app* guards=auth_request /auth:other,auth_basic:basic to=$backend (conf.d/shop.conf:22)
* https://shop.example,shop.org,*.shop.org/* guards=auth_request /auth:other to=web (conf.d/shop.conf:11)
~~~

~~~file sites-enabled/api
server {
    server_name ~^(?<tenant>.+)\.api\.example$ api.example;
    ssl_verify_client on;
    location / {
        if ($request_method = OPTIONS) { return 204; }
        rewrite ^/old/(.*) /$1 break;
        limit_except GET { auth_basic "write"; }
        grpc_pass grpc://127.0.0.1:9000;
    }
    include snippets/missing.conf;
}
~~~
~~~exposes
GET,HEAD http://~^(?<tenant>.+)\.api\.example$,api.example/* guards=ssl_verify_client:mtls to=127.0.0.1:9000 (sites-enabled/api:4)
* http://~^(?<tenant>.+)\.api\.example$,api.example/* guards=auth_basic:basic,ssl_verify_client:mtls to=127.0.0.1:9000 (sites-enabled/api:4)
~~~
~~~unclear
sites-enabled/api:2: a `server_name` that is an expression: which hosts it is for is not known
sites-enabled/api:5: an `if`: what it does with requests is not known
sites-enabled/api:6: a `rewrite`: under which path requests go on is not known
sites-enabled/api:10: what it includes is not among the files: `snippets/missing.conf`
~~~

~~~file redis.conf
# the location of what a server keeps
dir /var/lib/redis
save 60 1000
~~~
~~~file broken.conf
server { location / { proxy_pass http://a; }
~~~
~~~exposes
* http://*/* to=a (broken.conf:1)
~~~
~~~unclear
broken.conf:2: not understood from here on: the file ends in a block or a directive
~~~
"#;

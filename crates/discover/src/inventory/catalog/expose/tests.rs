//! Which routes of a gateway lead to an operation, by the host and by where the gateway listens.

use model::inventory::{
    Account, Declaration, DeclaredApi, Inventory, Report, SourceKind, Subject, Told, Whose,
};

use crate::config::of_texts;
use crate::inventory::{Stamp, catalog, take_in};

/// The routes that let `GET /admin` of `shop.example` through, and those that let `GET /orders` through.
fn check(file: &str, config: &str, expected: [&[&str]; 2]) {
    let findings = of_texts(&[(file.to_owned(), config.to_owned())]);
    let account = || Account::Declared(Declaration::default());
    let subject = |path: &str| Subject {
        whose: Whose::Api("orders".to_owned()),
        method: "GET".to_owned(),
        path: path.to_owned(),
    };
    let api = DeclaredApi {
        name: "orders".to_owned(),
        hosts: vec!["shop.example".to_owned()],
        base_paths: vec![String::new()],
    };
    let spec = Report {
        kind: SourceKind::Spec,
        name: "orders.yaml".to_owned(),
        told: Told { api: Some(api), ..Told::default() },
        accounts: vec![(subject("/admin"), None, account()), (subject("/orders"), None, account())],
    };
    let mut inventory = Inventory::default();
    let stamp = Stamp { at: model::Timestamp::from_secs(1), who: "me".to_owned(), why: None };
    for report in [spec, findings.report("edge")] {
        let edit = take_in(&inventory, &report, &stamp).unwrap();
        edit.changes.iter().for_each(|change| inventory.apply(change));
    }
    let catalog = catalog(&inventory);
    let routes: Vec<Vec<String>> = catalog
        .api("orders")
        .unwrap()
        .operations
        .iter()
        .map(|operation| operation.exposures.iter().map(ToString::to_string).collect())
        .collect();
    assert_eq!(routes, expected, "{config}");
}

#[test]
fn a_server_of_nginx_takes_all_of_its_host_where_it_listens() {
    let shop = |listen: &str| {
        format!(
            "server {{ listen {listen}; server_name shop.example; location /orders {{ proxy_pass http://a; }} }}\n"
        )
    };
    let any = |listen: &str| {
        format!("server {{ listen {listen} default_server; location / {{ proxy_pass http://b; }} }}\n")
    };
    let own = "* http://shop.example/orders*";
    check("nginx.conf", &(shop("80") + &any("80")), [&[], &[own]]);
    check("nginx.conf", &(shop("80") + &any("8080")), [&["* http://*/*"], &[own, "* http://*/*"]]);
    check(
        "nginx.conf",
        &(shop("443 ssl") + &any("80")),
        [&["* http://*/*"], &["* https://shop.example/orders*", "* http://*/*"]],
    );
    // One that only sends elsewhere takes it as well.
    let elsewhere = "server { server_name shop.example; return 301 https://www.shop.example; }\n";
    check("nginx.conf", &(elsewhere.to_owned() + &any("80")), [&[], &[]]);
    let below = "server { server_name *.example; location / { proxy_pass http://c; } }\n";
    check("nginx.conf", &(below.to_owned() + &shop("80") + &any("80")), [&[], &[own]]);
    check(
        "nginx.conf",
        &(below.to_owned() + &any("80")),
        [&["* http://*.example/*"], &["* http://*.example/*"]],
    );
}

#[test]
fn a_virtual_host_of_envoy_takes_all_of_its_host_in_its_table() {
    let table = |name: &str, hosts: &[&str]| {
        let hosts = hosts.join(", ");
        format!("- name: {name}\n  virtual_hosts: [{hosts}]\n")
    };
    let shop = "{ name: shop, domains: [shop.example], routes: [{ match: { prefix: /orders }, route: { cluster: a } }] }";
    let any = "{ name: any, domains: ['*'], routes: [{ match: { prefix: / }, route: { cluster: b } }] }";
    let one = format!("resources:\n{}", table("a", &[shop, any]));
    check("envoy.yaml", &one, [&[], &["* shop.example/orders*"]]);
    let two = format!("resources:\n{}{}", table("a", &[shop]), table("b", &[any]));
    check("envoy.yaml", &two, [&["* */*"], &["* shop.example/orders*", "* */*"]]);
}

#[test]
fn the_default_backend_of_an_ingress_takes_what_no_path_of_the_host_does() {
    let ingress = "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: a }\nspec:\n  defaultBackend: { service: { name: b } }\n  rules:\n  - host: shop.example\n    http: { paths: [{ path: /orders, pathType: Prefix, backend: { service: { name: a } } }] }\n";
    check("ingress.yaml", ingress, [&["* http://*/**"], &["* http://shop.example/orders/**"]]);
}

//! What the router promises, by example and against the naive one.

use proptest::prelude::*;

use super::*;

fn routes(templates: &[&str]) -> Vec<Route> {
    templates
        .iter()
        .enumerate()
        .map(|(index, template)| Route {
            template: (*template).to_owned(),
            methods: vec![(Method::GET, OperationIndex(index as u32))],
        })
        .collect()
}

/// `expected` is `template value value`, or empty where nothing may match.
#[track_caller]
fn check(templates: &[&str], path: &str, expected: &str) {
    let (router, refused) = Router::build(routes(templates));
    assert_eq!(refused, [], "{templates:?}");
    let found = router.find(path).map(|found| {
        std::iter::once(found.route.template.as_str()).chain(found.captures()).collect::<Vec<_>>().join(" ")
    });
    assert_eq!(found.unwrap_or_default(), expected, "{path} in {templates:?}");
}

#[test]
fn literal_text_comes_before_a_parameter() {
    let pets = ["/pets/{id}", "/pets/mine", "/pets/{id}/toys"];
    check(&pets, "/pets/mine", "/pets/mine");
    check(&pets, "/pets/miner", "/pets/{id} miner");
    check(&pets, "/pets/mine/toys", "/pets/{id}/toys mine");
    check(&["/a/{x}/c", "/a/b/{y}"], "/a/b/c", "/a/b/{y} c");
    check(&["/a/{x}/c", "/a/b/{y}"], "/a/z/c", "/a/{x}/c z");
}

#[test]
fn a_segment_may_hold_several_parameters() {
    check(&["/d/{y}-{m}"], "/d/2024-11", "/d/{y}-{m} 2024 11");
    check(&["/d/{y}-{m}"], "/d/2024-11-02", "/d/{y}-{m} 2024-11 02");
    check(&["/d/{y}-{m}"], "/d/2024-", "");
    check(&["/d/{y}-{m}"], "/d/-11", "");
    check(&["/f/{name}.{ext}", "/f/{name}"], "/f/a.tar.gz", "/f/{name}.{ext} a.tar gz");
    check(&["/f/{name}.{ext}", "/f/{name}"], "/f/plain", "/f/{name} plain");
}

#[test]
fn suffixes_and_verbs_after_a_parameter_match() {
    check(&["/{x}", "/{x}.json"], "/a.json", "/{x}.json a");
    check(&["/{x}", "/{x}.json"], "/a.xml", "/{x} a.xml");
    check(&["/v1/{name}", "/v1/{name}:cancel"], "/v1/job:cancel", "/v1/{name}:cancel job");
    check(&["/users({id})", "/users"], "/users(7)", "/users({id}) 7");
    check(&["/users({id})", "/users"], "/users", "/users");
}

#[test]
fn an_encoded_slash_stays_inside_its_parameter() {
    check(&["/files/{path}", "/files/{path}/meta"], "/files/a%2Fb", "/files/{path} a%2Fb");
    check(&["/files/{path}", "/files/{path}/meta"], "/files/a%2Fb/meta", "/files/{path}/meta a%2Fb");
}

#[test]
fn empty_values_and_trailing_slashes_do_not_match() {
    check(&["/a/{x}"], "/a/", "");
    check(&["/a/{x}"], "/a/b/", "");
    check(&["/a/{x}/"], "/a/b", "");
    check(&["/a/{x}/"], "/a/b/", "/a/{x}/ b");
    check(&["/"], "/", "/");
    check(&["/{x}"], "/", "");
}

#[test]
fn literal_text_is_compared_in_its_normal_form() {
    check(&["/a b/{x}"], "/a%20b/1", "/a b/{x} 1");
    check(&["/caf\u{e9}"], "/caf%C3%A9", "/caf\u{e9}");
    check(&["/%7euser/a%2fb"], "/~user/a%2Fb", "/%7euser/a%2fb");
    check(&["/<x>/*"], "/%3Cx%3E/*", "/<x>/*");
}

#[test]
fn templates_that_match_the_same_paths_collide_and_the_first_wins() {
    let (router, refused) = Router::build(routes(&["/pets/{id}", "/pets/{name}"]));
    let collision = Refusal::Collides("/pets/{id}".to_owned());
    assert_eq!(refused, [(1, collision.clone()), (1, Refusal::MethodTaken(Method::GET))]);
    assert_eq!(router.find("/pets/1").unwrap().route.template, "/pets/{id}");
    assert_eq!(router.routes().len(), 1);
    let mut apart = routes(&["/pets/{id}", "/pets/{name}"]);
    apart[1].methods[0].0 = Method::PUT;
    let (router, refused) = Router::build(apart);
    assert_eq!(refused, [(1, collision)]);
    assert_eq!(router.find("/pets/1").unwrap().route.operation(&Method::PUT), Some(OperationIndex(1)));
}

#[test]
fn the_same_template_twice_is_one_route_with_both_methods() {
    let mut twice = routes(&["/a", "/a", "/a"]);
    twice[1].methods[0].0 = Method::POST;
    let (router, refused) = Router::build(twice);
    assert_eq!(refused, [(2, Refusal::MethodTaken(Method::GET))]);
    let route = router.find("/a").unwrap().route;
    assert_eq!(route.operation(&Method::POST), Some(OperationIndex(1)));
    assert_eq!(route.operation(&Method::GET), Some(OperationIndex(0)));
    assert_eq!(route.operation(&Method::PUT), None);
}

#[test]
fn templates_that_cannot_be_read_say_why() {
    for (template, fault) in [
        ("pets", TemplateFault::NoLeadingSlash),
        ("/{a", TemplateFault::UnbalancedBrace),
        ("/a}", TemplateFault::UnbalancedBrace),
        ("/{a/b}", TemplateFault::UnbalancedBrace),
        ("/{}", TemplateFault::EmptyName),
        ("/{a}{b}", TemplateFault::Adjacent),
        ("/{a}/{a}", TemplateFault::DuplicateName),
        ("/a?b", TemplateFault::QueryOrFragment),
        ("/#a", TemplateFault::QueryOrFragment),
    ] {
        assert_eq!(Template::parse(template), Err(fault), "{template}");
    }
}

/// Few letters, so that templates and paths meet often.
fn template() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec!["a", "b", "ab", ".", "-", ":", "(", ")", "%2F", "{}", "{}"]);
    let segment = prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat());
    prop::collection::vec(segment, 1..4).prop_map(|segments| {
        let mut template = String::new();
        for (segment_index, segment) in segments.iter().enumerate() {
            template.push('/');
            for (piece_index, piece) in segment.replace("{}{}", "{}").split("{}").enumerate() {
                if piece_index > 0 {
                    template.push_str(&format!("{{p{segment_index}_{piece_index}}}"));
                }
                template.push_str(piece);
            }
        }
        template
    })
}

fn path() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec!["a", "b", "ab", "c", ".", "-", ":", "(", ")", "%2F", "/", "/"]);
    prop::collection::vec(piece, 0..10).prop_map(|pieces| format!("/{}", pieces.concat()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_fast_router_never_disagrees_with_the_naive_one(
        templates in prop::collection::vec(template(), 1..8),
        paths in prop::collection::vec(path(), 1..24),
    ) {
        let texts: Vec<&str> = templates.iter().map(String::as_str).collect();
        let (router, _) = Router::build(routes(&texts));
        let kept: Vec<Template> =
            router.routes().iter().map(|route| Template::parse(&route.template).unwrap()).collect();
        for path in &paths {
            let fast = router.find(path).map(|found| {
                (found.route.template.clone(), found.captures().collect::<Vec<_>>())
            });
            let slow = naive::find(&kept, path)
                .map(|(index, values)| (router.routes()[index].template.clone(), values));
            prop_assert_eq!(fast, slow, "{} in {:?}", path, texts);
        }
    }
}

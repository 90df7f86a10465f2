//! Who is let in: alternatives of schemes held against each other as sets, by what schemes are and not by their names.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use spec::Spot;

use crate::view::{Scheme, Security, View};

/// Security schemes of both versions; two with one definition are one.
#[derive(Debug)]
pub(super) struct Schemes<'v, 'l> {
    old: Known<'v, 'l>,
    new: Known<'v, 'l>,
    strengths: HashMap<String, u8>,
}

/// The schemes of one version by their places, and what they are.
#[derive(Debug)]
struct Known<'v, 'l> {
    view: &'v View<'l>,
    definitions: HashMap<(u32, u32), String>,
}

/// Schemes that are all asked for, and their scopes.
pub(super) type Alternative<'l> = BTreeMap<String, BTreeSet<&'l str>>;

/// An alternative of the new version, with what the document calls its schemes and where it stands.
#[derive(Debug, Clone)]
pub(super) struct Way<'l> {
    alternative: Alternative<'l>,
    names: Vec<&'l str>,
    spot: Option<Spot<'l>>,
}

/// An alternative of the new version that lets callers in whom the old one did not.
#[derive(Debug, Clone)]
pub(crate) struct Weaker<'l> {
    pub(crate) how: How,
    /// The alternative, or the list of them; nothing where nothing is said.
    pub(crate) spot: Option<Spot<'l>>,
    /// What it asks for, by the names of the new version.
    pub(crate) asks_for: String,
    /// What it does not ask for any more.
    pub(crate) lost: Vec<String>,
}

/// In which way an alternative is weaker.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum How {
    /// It asks for nothing.
    Open,
    /// It asks for some of the schemes that were asked for together.
    FewerSchemes,
    /// It asks for the same schemes and fewer scopes.
    FewerScopes,
    /// It asks for the same schemes and other scopes.
    OtherScopes,
    /// It asks for other schemes, which prove less.
    WeakerSchemes,
    /// It asks for other schemes, which prove as much.
    OtherSchemes,
}

impl<'v, 'l> Schemes<'v, 'l> {
    pub(super) fn of(old: &'v View<'l>, new: &'v View<'l>) -> Schemes<'v, 'l> {
        let (mut old, new) = (Known::of(old), Known::of(new));
        let mut strengths: HashMap<String, u8> = HashMap::new();
        for scheme in old.view.schemes.iter().chain(&new.view.schemes) {
            strengths.insert(definition(scheme), strength(scheme));
        }
        // One that is called alike and is of one kind is the same, however its addresses have changed.
        for scheme in &old.view.schemes {
            let Some(own) = old.definitions.get_mut(&scheme.spot.key()) else { continue };
            let is_kept = new.definitions.values().any(|known| known == own);
            let kind = |definition: &str| definition.split(' ').next().map(str::to_owned);
            if let Some(renewed) =
                new.called(scheme.name).filter(|known| !is_kept && kind(known) == kind(own))
            {
                renewed.clone_into(own);
            }
        }
        Schemes { old, new, strengths }
    }

    /// What of `new` lets callers in whom `old` did not.
    pub(super) fn weaker(&self, old: &Security<'l>, new: &Security<'l>) -> Vec<Weaker<'l>> {
        self.judged(&self.old_ways(old), &self.new_ways(new))
    }

    pub(super) fn old_ways(&self, security: &Security<'l>) -> Vec<Alternative<'l>> {
        self.old.ways(security).into_iter().map(|way| way.alternative).collect()
    }

    pub(super) fn new_ways(&self, security: &Security<'l>) -> Vec<Way<'l>> {
        self.new.ways(security)
    }

    /// What of `new` lets callers in whom nothing of `old` did.
    pub(super) fn judged(&self, old: &[Alternative<'l>], new: &[Way<'l>]) -> Vec<Weaker<'l>> {
        let is_new = |way: &&Way<'l>| !old.iter().any(|known| asks_for_all(&way.alternative, known));
        new.iter().filter(is_new).map(|way| self.judge(way, old)).collect()
    }

    pub(super) fn is_stricter(&self, old: &Security<'l>, new: &Security<'l>) -> bool {
        self.lets_fewer_in(&self.old_ways(old), &self.new_ways(new))
    }

    /// Whether something of `old` lets callers in whom nothing of `new` does.
    pub(super) fn lets_fewer_in(&self, old: &[Alternative<'l>], new: &[Way<'l>]) -> bool {
        !old.iter().all(|known| new.iter().any(|way| asks_for_all(known, &way.alternative)))
    }

    fn judge(&self, way: &Way<'l>, old: &[Alternative<'l>]) -> Weaker<'l> {
        let Way { alternative: own, names, spot } = way;
        let asks_for = names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
        let same = old.iter().find(|known| known.keys().eq(own.keys()));
        let wider = old.iter().find(|known| own.keys().all(|scheme| known.contains_key(scheme)));
        let (how, lost) = if own.is_empty() {
            let lost = old.iter().flat_map(|known| known.keys().cloned()).collect();
            (How::Open, lost)
        } else if let Some(known) = same {
            let lost: Vec<String> = missing_scopes(known, own).map(|scope| format!("`{scope}`")).collect();
            let is_replaced = missing_scopes(own, known).next().is_some();
            (if is_replaced { How::OtherScopes } else { How::FewerScopes }, lost)
        } else if let Some(known) = wider {
            let lost = known.keys().filter(|scheme| !own.contains_key(*scheme));
            (How::FewerSchemes, lost.map(|scheme| self.old.name(scheme)).collect())
        } else {
            let weakest = old.iter().map(|known| self.strength(known)).min().unwrap_or_default();
            let is_weaker = self.strength(own) < weakest;
            (if is_weaker { How::WeakerSchemes } else { How::OtherSchemes }, Vec::new())
        };
        Weaker { how, spot: *spot, asks_for, lost }
    }

    /// What its schemes prove, the strongest first.
    fn strength(&self, alternative: &Alternative<'l>) -> Vec<u8> {
        let mut strengths: Vec<u8> =
            alternative.keys().filter_map(|scheme| self.strengths.get(scheme).copied()).collect();
        strengths.sort_unstable_by(|a, b| b.cmp(a));
        strengths
    }
}

/// Whether whoever satisfies `one` satisfies `other` as well.
fn asks_for_all(one: &Alternative<'_>, other: &Alternative<'_>) -> bool {
    other.iter().all(|(scheme, scopes)| one.get(scheme).is_some_and(|own| scopes.is_subset(own)))
}

/// Scopes of `one` that `other` does not ask for.
fn missing_scopes<'a, 'l>(
    one: &'a Alternative<'l>,
    other: &'a Alternative<'l>,
) -> impl Iterator<Item = &'l str> + use<'a, 'l> {
    one.iter().flat_map(move |(scheme, scopes)| {
        scopes.iter().copied().filter(move |scope| !other.get(scheme).is_some_and(|own| own.contains(scope)))
    })
}

impl<'v, 'l> Known<'v, 'l> {
    fn of(view: &'v View<'l>) -> Known<'v, 'l> {
        let definitions = view.schemes.iter().map(|scheme| (scheme.spot.key(), definition(scheme)));
        Known { view, definitions: definitions.collect() }
    }

    /// What the scheme called `name` is.
    fn called(&self, name: &str) -> Option<&String> {
        let scheme = self.view.schemes.iter().find(|scheme| scheme.name == name)?;
        self.definitions.get(&scheme.spot.key())
    }

    /// What the scheme of this definition is called.
    fn name(&self, definition: &str) -> String {
        let is_it = |scheme: &&Scheme<'l>| {
            self.definitions.get(&scheme.spot.key()).is_some_and(|known| known == definition)
        };
        let name = self.view.schemes.iter().filter(is_it).map(|scheme| scheme.name).min();
        name.map_or_else(|| definition.to_owned(), |name| format!("`{name}`"))
    }

    /// Every way to satisfy `security`: one that asks for nothing where anybody is let in.
    fn ways(&self, security: &Security<'l>) -> Vec<Way<'l>> {
        if security.alternatives.is_empty() {
            let open = Way { alternative: Alternative::new(), names: Vec::new(), spot: security.declared };
            return security.is_open().then_some(open).into_iter().collect();
        }
        let spots = security.declared.into_iter().flat_map(Spot::items);
        let mut ways = Vec::new();
        for (needs, spot) in security.alternatives.iter().zip(spots) {
            let mut alternative = Alternative::new();
            for need in needs {
                let scheme = self.view.scheme_of(need);
                let known = scheme.and_then(|scheme| self.definitions.get(&scheme.spot.key()).cloned());
                // What no scheme is called nobody satisfies, and it is the same in both versions.
                let scheme = known.unwrap_or_else(|| format!("undeclared {}", need.scheme));
                alternative.entry(scheme).or_default().extend(need.scopes());
            }
            let names = needs.iter().map(|need| need.scheme).collect();
            ways.push(Way { alternative, names, spot: Some(spot) });
        }
        ways
    }
}

impl<'l> Way<'l> {
    pub(super) fn alternative(&self) -> &Alternative<'l> {
        &self.alternative
    }

    /// What satisfies this one and `other` together; it stands where this one does.
    pub(super) fn and(&self, other: &Way<'l>) -> Way<'l> {
        let names = [&other.names[..], &self.names[..]].concat();
        Way { alternative: both(&self.alternative, &other.alternative), names, spot: self.spot }
    }
}

/// What satisfies `one` and `other` together.
pub(super) fn both<'l>(one: &Alternative<'l>, other: &Alternative<'l>) -> Alternative<'l> {
    let mut both = one.clone();
    for (scheme, scopes) in other {
        both.entry(scheme.clone()).or_default().extend(scopes);
    }
    both
}

/// What a scheme is, in one spelling for all versions; the kind comes first.
fn definition(scheme: &Scheme<'_>) -> String {
    let text = |key: &str| scheme.spot.text(key).unwrap_or_default();
    match text("type") {
        "apiKey" => format!("apiKey {} {}", text("in"), text("name").to_ascii_lowercase()),
        "basic" => "http basic".to_owned(),
        "http" => format!("http {}", text("scheme").to_ascii_lowercase()),
        "httpApiKey" => format!("httpApiKey {} {}", text("in"), text("name").to_ascii_lowercase()),
        "oauth2" => {
            let mut flows: Vec<String> = scheme
                .flows()
                .into_iter()
                .map(|(name, flow)| {
                    let url = |key: &str| flow.text(key).unwrap_or_default();
                    format!("{name} {} {}", url("authorizationUrl"), url("tokenUrl"))
                })
                .collect();
            flows.sort();
            format!("oauth2 {}", flows.join(", "))
        }
        "openIdConnect" => format!("openIdConnect {}", text("openIdConnectUrl")),
        other => format!("{other} "),
    }
}

/// How much a scheme proves of who calls.
fn strength(scheme: &Scheme<'_>) -> u8 {
    match scheme.spot.text("type").unwrap_or_default() {
        "apiKey" | "httpApiKey" if scheme.spot.text("in") == Some("query") => 1,
        "apiKey" | "httpApiKey" | "symmetricEncryption" => 2,
        "basic" | "userPassword" | "plain" => 3,
        "http" if scheme.is_http("basic") || scheme.is_http("digest") => 3,
        "scramSha256" | "scramSha512" => 4,
        "oauth2" | "openIdConnect" | "http" | "gssapi" => 5,
        "mutualTLS" | "X509" | "asymmetricEncryption" => 6,
        _ => 0,
    }
}

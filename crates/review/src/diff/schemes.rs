//! Who is let in: alternatives of schemes held against each other as sets, by what schemes are and not by their names.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use spec::Spot;

use crate::view::{Scheme, Security, View};

/// Security schemes of both versions; two with one definition are one.
#[derive(Debug)]
pub(super) struct Schemes<'l> {
    old: HashMap<&'l str, String>,
    new: HashMap<&'l str, String>,
    strengths: HashMap<String, u8>,
}

/// Schemes that are all asked for, and their scopes.
type Alternative<'l> = BTreeMap<String, BTreeSet<&'l str>>;

/// An alternative of the new version that lets callers in whom the old one did not.
#[derive(Debug)]
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
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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

impl<'l> Schemes<'l> {
    pub(super) fn of(old: &View<'l>, new: &View<'l>) -> Schemes<'l> {
        let definitions = |view: &View<'l>| -> HashMap<&'l str, String> {
            view.schemes.iter().map(|scheme| (scheme.name, definition(scheme))).collect()
        };
        let (mut old_names, new_names) = (definitions(old), definitions(new));
        let mut strengths: HashMap<String, u8> = HashMap::new();
        for scheme in old.schemes.iter().chain(&new.schemes) {
            strengths.insert(definition(scheme), strength(scheme));
        }
        // One that is called alike and is of one kind is the same, however its addresses have changed.
        for (name, definition) in &mut old_names {
            let is_kept = new_names.values().any(|known| known == definition);
            let kind = |definition: &str| definition.split(' ').next().map(str::to_owned);
            if let Some(renewed) =
                new_names.get(name).filter(|renewed| !is_kept && kind(renewed) == kind(definition))
            {
                *definition = renewed.clone();
            }
        }
        Schemes { old: old_names, new: new_names, strengths }
    }

    pub(super) fn weaker(&self, old: &Security<'l>, new: &Security<'l>) -> Vec<Weaker<'l>> {
        if old.is_open() {
            return Vec::new();
        }
        let old_alternatives = alternatives(old, &self.old);
        if new.alternatives.is_empty() {
            let lost = old_alternatives.iter().flat_map(|known| known.keys().cloned()).collect();
            let spot = new.declared;
            let is_weaker = new.is_open();
            let weaker = Weaker { how: How::Open, spot, asks_for: String::new(), lost };
            return is_weaker.then_some(weaker).into_iter().collect();
        }
        let spots = new.declared.into_iter().flat_map(Spot::items);
        let new_alternatives = alternatives(new, &self.new).into_iter().zip(spots);
        let is_new = |own: &Alternative<'l>| !old_alternatives.iter().any(|known| asks_for_all(own, known));
        new_alternatives
            .filter(|(own, _)| is_new(own))
            .map(|(own, spot)| self.judged(&own, spot, &old_alternatives))
            .collect()
    }

    pub(super) fn is_stricter(&self, old: &Security<'l>, new: &Security<'l>) -> bool {
        if new.is_open() {
            return false;
        }
        let new = alternatives(new, &self.new);
        let lets_in = |old: &Alternative<'l>| new.iter().any(|own| asks_for_all(old, own));
        old.is_open() || !alternatives(old, &self.old).iter().all(lets_in)
    }

    fn judged(&self, own: &Alternative<'l>, spot: Spot<'l>, old: &[Alternative<'l>]) -> Weaker<'l> {
        let asks_for = spot.members().map(|(name, _)| format!("`{name}`")).collect::<Vec<_>>().join(" and ");
        let same = old.iter().find(|known| known.keys().eq(own.keys()));
        let wider = old.iter().find(|known| own.keys().all(|scheme| known.contains_key(scheme)));
        let (how, lost) = if own.is_empty() {
            (How::Open, Vec::new())
        } else if let Some(known) = same {
            let lost: Vec<String> = missing_scopes(known, own).map(|scope| format!("`{scope}`")).collect();
            let is_replaced = missing_scopes(own, known).next().is_some();
            (if is_replaced { How::OtherScopes } else { How::FewerScopes }, lost)
        } else if let Some(known) = wider {
            let lost = known.keys().filter(|scheme| !own.contains_key(*scheme));
            (How::FewerSchemes, lost.map(|scheme| self.old_name(scheme)).collect())
        } else {
            let weakest = old.iter().map(|known| self.strength(known)).min().unwrap_or(0);
            let is_weaker = self.strength(own) < weakest;
            (if is_weaker { How::WeakerSchemes } else { How::OtherSchemes }, Vec::new())
        };
        Weaker { how, spot: Some(spot), asks_for, lost }
    }

    fn old_name(&self, definition: &str) -> String {
        let mut names: Vec<&str> =
            self.old.iter().filter(|(_, known)| *known == definition).map(|(name, _)| *name).collect();
        names.sort_unstable();
        names.first().map_or_else(|| definition.to_owned(), |name| format!("`{name}`"))
    }

    fn strength(&self, alternative: &Alternative<'l>) -> u8 {
        let strengths = alternative.keys().filter_map(|scheme| self.strengths.get(scheme));
        strengths.max().copied().unwrap_or(0)
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

fn alternatives<'l>(security: &Security<'l>, names: &HashMap<&'l str, String>) -> Vec<Alternative<'l>> {
    let mut alternatives = Vec::new();
    for needs in &security.alternatives {
        let mut alternative = Alternative::new();
        for need in needs {
            // What no scheme is called nobody satisfies, and it is the same in both versions.
            let scheme =
                names.get(need.scheme).cloned().unwrap_or_else(|| format!("undeclared {}", need.scheme));
            alternative.entry(scheme).or_default().extend(need.scopes());
        }
        alternatives.push(alternative);
    }
    alternatives
}

/// What a scheme is, in one spelling for all versions; the kind comes first.
fn definition(scheme: &Scheme<'_>) -> String {
    let text = |key: &str| scheme.spot.text(key).unwrap_or_default();
    match text("type") {
        "apiKey" => format!("apiKey {} {}", text("in"), text("name").to_ascii_lowercase()),
        "basic" => "http basic".to_owned(),
        "http" => format!("http {}", text("scheme").to_ascii_lowercase()),
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
        "apiKey" if scheme.spot.text("in") == Some("query") => 1,
        "apiKey" => 2,
        "basic" => 3,
        "http" if scheme.is_http("basic") || scheme.is_http("digest") => 3,
        "oauth2" | "openIdConnect" | "http" => 4,
        "mutualTLS" => 5,
        _ => 0,
    }
}

//! The listeners, and the TLS of each from the files that the config names.

use std::path::Path;
use std::sync::Arc;

use spec::Node;

use super::files::read_file;
use super::{Compiled, Ingredients, decisions};
use crate::config::{Clients as ClientsConfig, Listen, Tls};
use crate::engine::{Clients, ListenerTls, Offer, TlsError, tls_problem};
use crate::snapshot::{ListenerKey, ListenerPlan};

/// Every listener, in the config's order.
pub(super) fn all(ingredients: &Ingredients<'_>, compiled: &mut Compiled) -> Vec<ListenerPlan> {
    let listen = &ingredients.config.listen;
    let listeners = ListenerKey::of_each(listen).zip(listen).enumerate();
    let plan = |(index, (key, listen)): (usize, (ListenerKey, &Listen))| ListenerPlan {
        key,
        tls: tls(ingredients, index, compiled),
        proxies: listen.proxies.clone(),
        decisions: decisions::deciding(listen, ingredients.metrics),
    };
    listeners.map(plan).collect()
}

/// The TLS of the listener at `index`; nothing for plain HTTP, and where it is wrong.
fn tls(ingredients: &Ingredients<'_>, index: usize, compiled: &mut Compiled) -> Option<ListenerTls> {
    let root = ingredients.document.root();
    let tls = ingredients.config.listen.get(index)?.tls.as_ref()?;
    let place = root.get("listen").and_then(|listen| listen.items().nth(index)).unwrap_or(root);
    let mut files = Files { ingredients, place, compiled };
    let offers = offers(tls, &mut files)?;
    ListenerTls::new(offers).map_err(|error| files.wrong(&error)).ok()
}

/// Each certificate with what is asked of clients; the same [`Clients`] where the config says the same.
fn offers(tls: &Tls, files: &mut Files<'_, '_>) -> Option<Vec<Offer>> {
    let mut known: Vec<(&ClientsConfig, Arc<Clients>)> = Vec::new();
    let (mut offers, mut is_whole) = (Vec::new(), true);
    for certificate in &tls.certificates {
        let clients = match certificate.clients.as_ref().or(tls.clients.as_ref()) {
            None => Some(None),
            Some(wanted) => match known.iter().find(|(config, _)| *config == wanted) {
                Some((_, clients)) => Some(Some(Arc::clone(clients))),
                None => files.clients(wanted).map(|clients| {
                    known.push((wanted, Arc::clone(&clients)));
                    Some(clients)
                }),
            },
        };
        let (chain, key) = (files.read(&certificate.certificate), files.read(&certificate.key));
        let offer = match (chain, key, clients) {
            (Some(chain), Some(key), Some(clients)) => {
                Offer::new(&chain, &key, clients).map_err(|error| files.wrong(&error)).ok()
            }
            _ => None,
        };
        is_whole &= offer.is_some();
        offers.extend(offer);
    }
    is_whole.then_some(offers)
}

/// Reads the files of one listener, and says what is wrong with them.
struct Files<'f, 'i> {
    ingredients: &'f Ingredients<'i>,
    place: Node<'f>,
    compiled: &'f mut Compiled,
}

impl Files<'_, '_> {
    fn read(&mut self, path: &Path) -> Option<Vec<u8>> {
        read_file(self.ingredients, path, self.place, self.compiled)
    }

    fn wrong(&mut self, error: &TlsError) {
        self.compiled.problems.push(tls_problem(self.ingredients.document, self.place, error));
    }

    fn clients(&mut self, config: &ClientsConfig) -> Option<Arc<Clients>> {
        let authorities = self.read(&config.ca);
        let lists: Vec<_> = config.crls.iter().map(|path| self.read(path)).collect();
        // Every file was read before anything is given up, so that all that are missing are named.
        let (authorities, lists) = (authorities?, lists.into_iter().collect::<Option<Vec<_>>>()?);
        match Clients::new(&authorities, &lists, config.mode) {
            Ok(clients) => Some(Arc::new(clients)),
            Err(error) => {
                self.wrong(&error);
                None
            }
        }
    }
}

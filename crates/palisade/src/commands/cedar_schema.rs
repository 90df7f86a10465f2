//! `palisade cedar-schema`: what the Cedar policies of an API can speak of.

use std::sync::Arc;

use gateway::config::Api;
use gateway::{Compiled, Metrics, cedar_schema};
use spec::Contract;

use crate::cli::{CedarSchema, Exit};
use crate::feeds;
use crate::load::{Loaded, load};
use crate::output::{self, Format, problems};

/// Prints the schema of the API that the arguments name.
pub(crate) fn run(arguments: &CedarSchema) -> Exit {
    let loaded = match load(&arguments.source, None) {
        Ok(loaded) => loaded,
        Err(unread) => {
            return problems::refuse(unread.problems, &Vec::from_iter(unread.document), Format::Text);
        }
    };
    let Loaded { config, document, .. } = &loaded;
    let api = match api(&config.apis, arguments.api.as_deref()) {
        Ok(index) => index,
        Err(message) => return refuse(&message),
    };
    let (tables, _) = feeds::feeds(&loaded, &feeds::limiter(), None);
    let Compiled { contracts, problems, mut documents, .. } = loaded.compile(&tables, &Metrics::default(), 1);
    let contract: Option<Arc<Contract>> = contracts.into_iter().nth(api).flatten();
    match (contract, config.apis.get(api)) {
        (Some(contract), Some(api)) => {
            let claims = api.cedar.as_ref().map(|cedar| cedar.claims.clone()).unwrap_or_default();
            match output::print(&cedar_schema(&contract, &claims)) {
                Ok(()) => Exit::Clean,
                Err(_) => Exit::Failed,
            }
        }
        _ => {
            documents.push(document.clone());
            problems::refuse(problems, &documents, Format::Text)
        }
    }
}

/// The place of the API called `name`, or of the only one.
fn api(apis: &[Api], name: Option<&str>) -> Result<usize, String> {
    let names: Vec<&str> = apis.iter().map(|api| api.name.as_str()).collect();
    match name {
        Some(name) => names
            .iter()
            .position(|known| *known == name)
            .ok_or_else(|| format!("no api is called `{name}`; there are `{}`", names.join("`, `"))),
        None if names.len() == 1 => Ok(0),
        None => Err(format!("say which api with --api: `{}`", names.join("`, `"))),
    }
}

fn refuse(message: &str) -> Exit {
    match output::report(&format!("error: {message}\n")) {
        Ok(()) => Exit::Usage,
        Err(_) => Exit::Failed,
    }
}

//! The demo's policy: the team's document, what is laid over it, and the config.

use std::path::Path;

use aws_lc_rs::digest::{SHA256, digest};

use crate::failure::{Outcome, because};

/// The key that the shop gave its partner.
pub(super) const PARTNER_KEY: &str = "tea-partner-3f9c1d";

const SPEC: &str = include_str!("../../demo/openapi.yaml");
const OVERLAY: &str = include_str!("../../demo/policy.overlay.yaml");
const CONFIG: &str = include_str!("../../demo/palisade.yaml");

/// The files by their names, with the issuer and the key put in, and the backend not yet. No line of them moves by it.
#[derive(Debug, Clone)]
pub(super) struct Policy(pub(super) Vec<(&'static str, String)>);

impl Policy {
    pub(super) fn of(issuer: &str) -> Self {
        let digest = digest(&SHA256, PARTNER_KEY.as_bytes());
        let digest: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        let config = CONFIG.replace("ISSUER", issuer).replace("KEY-DIGEST", &digest);
        Self(vec![
            ("openapi.yaml", SPEC.to_owned()),
            ("policy.overlay.yaml", OVERLAY.to_owned()),
            ("palisade.yaml", config),
        ])
    }

    /// Writes the files into `folder`, in which nothing else stays, with `backend` as the address of the API.
    pub(super) fn write(&self, folder: &Path, backend: &str) -> Outcome<()> {
        if folder.exists() {
            std::fs::remove_dir_all(folder)
                .map_err(because(format!("cannot empty `{}`", folder.display())))?;
        }
        std::fs::create_dir_all(folder).map_err(because(format!("cannot make `{}`", folder.display())))?;
        for (name, text) in &self.0 {
            let file = folder.join(name);
            std::fs::write(&file, text.replace("UPSTREAM", backend))
                .map_err(because(format!("cannot write `{}`", file.display())))?;
        }
        Ok(())
    }
}

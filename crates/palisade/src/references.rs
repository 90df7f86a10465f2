//! Fetches what specifications refer to on the network, from hosts that the config allows.

use std::cell::OnceCell;
use std::io;
use std::thread;
use std::time::{Duration, Instant};

use http::Uri;
use identity::fetch::KeyClient;

use crate::feeds;

/// Largest document that is fetched, in bytes.
const DOCUMENT_BYTES_MAX: usize = 16 << 20;

/// How long all documents of one loading may take together; what is still missing then is not asked for.
const ALL_TIMEOUT: Duration = Duration::from_secs(30);

/// Fetches for one loading, each document by one request that follows no redirect.
///
/// Compiling is not asynchronous, so each waits on a thread of its own.
#[derive(Debug)]
pub(crate) struct References {
    started: Instant,
    /// Made when the first is fetched: most specifications refer to no host.
    client: OnceCell<KeyClient>,
}

impl References {
    pub(crate) fn new() -> References {
        References { started: Instant::now(), client: OnceCell::new() }
    }

    /// The document at `url`, whose host was found allowed.
    pub(crate) fn fetch(&self, url: &str) -> io::Result<Vec<u8>> {
        let url: Uri = url.parse().map_err(io::Error::other)?;
        let client = self.client()?;
        let left = ALL_TIMEOUT.saturating_sub(self.started.elapsed());
        let fetched = async {
            let document = client.document(&url, DOCUMENT_BYTES_MAX);
            match tokio::time::timeout(left, document).await {
                Ok(fetched) => fetched.map(Vec::from).map_err(io::Error::other),
                Err(_) => Err(io::Error::other(format!(
                    "all documents on the network took longer than {} s together",
                    ALL_TIMEOUT.as_secs()
                ))),
            }
        };
        thread::scope(|scope| {
            let waiting = scope.spawn(|| {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
                runtime.block_on(fetched)
            });
            waiting.join().unwrap_or_else(|_| Err(io::Error::other("the fetch broke off")))
        })
    }

    fn client(&self) -> io::Result<&KeyClient> {
        match self.client.get() {
            Some(client) => Ok(client),
            None => {
                let client = feeds::key_client().map_err(io::Error::other)?;
                Ok(self.client.get_or_init(|| client))
            }
        }
    }
}

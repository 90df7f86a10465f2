//! Blocks that are set and lifted while the gateway runs, and kept in the data folder.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;
use gateway::config::Config;
use gateway::{Block, Blocks, Feeds};
use model::Timestamp;
use model::limit::read_capped;
use serde::{Deserialize, Serialize};

use crate::feeds::wall_clock;
use crate::kept::keep;

/// Where blocks are kept, in the data folder.
const FILE: &str = "blocks/blocks.json";

/// Most blocks that are set at once, beside those of the config.
pub(crate) const BLOCKS_MAX: usize = 4096;

/// Largest file of blocks, in bytes: more than so many blocks can take, each with the longest of names.
const FILE_BYTES_MAX: usize = 16 << 20;

/// The blocks of one data folder.
#[derive(Debug)]
pub(crate) struct KeptBlocks {
    path: PathBuf,
    live: Arc<ArcSwap<Blocks>>,
    list: Mutex<List>,
}

/// What stands in the file.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    /// The id that the next block gets; none is used twice, so that nobody lifts another block than the one they saw.
    next_id: u64,
    blocks: Vec<Numbered>,
}

/// A block and the number it is lifted by.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Numbered {
    /// The number.
    pub(crate) id: u64,
    /// The block.
    pub(crate) block: Block,
}

/// Why a block was not set or not lifted. Nothing was changed then.
#[derive(Debug)]
pub(crate) enum ChangeError {
    /// It would not count for a moment.
    Over,
    /// There are [`BLOCKS_MAX`] already.
    Full,
    /// No block has this number.
    Unknown,
    /// The list cannot be kept.
    Unkept(io::Error),
}

/// Puts the blocks in force that are kept in the data folder of `config`; those that cannot be read are an error, since
/// whoever was blocked would be let in.
pub(crate) fn open(feeds: &Feeds, config: &Config) -> Result<KeptBlocks, String> {
    let kept = KeptBlocks::read(&config.data.directory, Arc::clone(&feeds.blocks.live))?;
    let now = wall_clock();
    let blocks = Blocks::new(kept.list(now).into_iter().map(|numbered| numbered.block), now);
    if blocks.has_countries() && feeds.blocks.geography.is_none() {
        return Err(format!(
            "`{}` blocks a country, and the config names no database of countries under `geography`",
            kept.path.display()
        ));
    }
    kept.live.store(Arc::new(blocks));
    Ok(kept)
}

fn read(path: &Path) -> io::Result<List> {
    match File::open(path).and_then(|file| read_capped(file, FILE_BYTES_MAX)) {
        Ok(bytes) => serde_json::from_slice(&bytes).map_err(io::Error::other),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(List { next_id: 1, ..List::default() }),
        Err(error) => Err(error),
    }
}

impl KeptBlocks {
    /// What is kept in `folder`, to be put in force in `live`.
    pub(crate) fn read(folder: &Path, live: Arc<ArcSwap<Blocks>>) -> Result<KeptBlocks, String> {
        let path = folder.join(FILE);
        match read(&path) {
            Ok(list) => Ok(KeptBlocks { path, live, list: Mutex::new(list) }),
            Err(error) => Err(format!("`{}`: {error}", path.display())),
        }
    }

    /// Every block that counts at `now`, in the order they were set.
    pub(crate) fn list(&self, now: Timestamp) -> Vec<Numbered> {
        let list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        list.blocks.iter().filter(|numbered| numbered.block.lasts(now)).cloned().collect()
    }

    /// Sets `block`, in the place of one of the same subject if there is one; its number.
    pub(crate) fn set(&self, block: Block, now: Timestamp) -> Result<u64, ChangeError> {
        if !block.lasts(now) {
            return Err(ChangeError::Over);
        }
        self.change(now, |list| {
            if let Some(same) = list.blocks.iter_mut().find(|known| known.block.what == block.what) {
                same.block = block;
                return Ok(same.id);
            }
            if list.blocks.len() >= BLOCKS_MAX {
                return Err(ChangeError::Full);
            }
            let id = list.next_id;
            list.next_id = id.saturating_add(1);
            list.blocks.push(Numbered { id, block });
            Ok(id)
        })
    }

    /// Lifts the block with this number, which it gives back.
    pub(crate) fn lift(&self, id: u64, now: Timestamp) -> Result<Block, ChangeError> {
        self.change(now, |list| {
            let at = list.blocks.iter().position(|known| known.id == id).ok_or(ChangeError::Unknown)?;
            Ok(list.blocks.remove(at).block)
        })
    }

    /// Changes the list without what is over by `now`, on the disk first: what counts now counts after a restart.
    fn change<T>(
        &self,
        now: Timestamp,
        change: impl FnOnce(&mut List) -> Result<T, ChangeError>,
    ) -> Result<T, ChangeError> {
        let mut list = self.list.lock().unwrap_or_else(PoisonError::into_inner);
        let mut next = list.clone();
        next.blocks.retain(|numbered| numbered.block.lasts(now));
        let changed = change(&mut next)?;
        let bytes = serde_json::to_vec(&next).map_err(io::Error::other);
        bytes.and_then(|bytes| keep(&self.path, &bytes)).map_err(ChangeError::Unkept)?;
        let blocks = next.blocks.iter().map(|numbered| numbered.block.clone());
        self.live.store(Arc::new(Blocks::new(blocks, now)));
        *list = next;
        Ok(changed)
    }
}

#[cfg(test)]
mod tests;

//! How the kernel gives memory.

/// Has it come in pages of the usual size from here on: a command that reads, judges and ends would fill few of the huge ones,
/// and be given many. Where the kernel does not know how, nothing is lost.
pub(crate) fn without_huge_pages() {
    rustix::thread::disable_transparent_huge_pages(true).ok();
}

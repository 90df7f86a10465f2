//! How the kernel gives memory.

/// Has it come in huge pages from here on, which a gateway that runs on fills. The allocator is built without them: a command that
/// reads, judges and ends would fill few, and be given many. Where the kernel does not know how, nothing is lost.
pub(crate) fn with_huge_pages() {
    rustix::thread::disable_transparent_huge_pages(false).ok();
}

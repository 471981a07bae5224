//! What the kernel reads ahead of the pages of a mapped file.
//!
//! When a page is missing, it reads many around it: 128 KiB as a rule, and 8 MiB on some machines. That is right for
//! a reader that goes on to the next page. Where the file is larger than memory, and pages are read here and there, each
//! of them pushes out hundreds of others that are wanted again.

/// Which pages are wanted after one that was missing.
#[derive(Clone, Copy)]
pub(super) enum Advice {
    Usual,
    AtRandom,
}

/// Memory where a file is mapped. On other systems than Linux it does nothing.
pub(super) struct MappedFile {
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux is advised"))]
    start: *const u8,
    #[cfg_attr(not(target_os = "linux"), expect(dead_code, reason = "only Linux is advised"))]
    length: usize,
}

impl MappedFile {
    /// # Safety
    /// The file is mapped there, as long as the result is used, from the beginning of a page of memory on.
    pub(super) unsafe fn new(start: *const u8, length: usize) -> Self {
        Self { start, length }
    }
}

#[cfg(target_os = "linux")]
mod linux {
    use super::{Advice, MappedFile};

    const PAGE: usize = 4096;

    impl MappedFile {
        /// Tells the kernel for all of it.
        pub(in super::super) fn advise(&self, advice: Advice) {
            let advice = match advice {
                Advice::Usual => libc::MADV_NORMAL,
                Advice::AtRandom => libc::MADV_RANDOM,
            };
            // SAFETY: the memory is mapped. The advice changes no byte, and nothing is lost if the kernel refuses it.
            unsafe { libc::madvise(self.start.cast_mut().cast(), self.length, advice) };
        }

        /// Has bytes read, unless the page in their middle is in memory: then the others are, too, as a rule.
        pub(in super::super) fn want(&self, start: usize, length: usize) {
            let (start, end) = (start / PAGE * PAGE, (start + length).min(self.length));
            let (mut is_there, middle) = (0_u8, usize::midpoint(start, end) / PAGE * PAGE);
            // SAFETY: start, middle and end are in the mapped memory, and the first two begin pages. One page has one byte
            // of an answer. Neither call changes a byte of the file, and nothing is lost if the kernel refuses it.
            unsafe {
                let answered = libc::mincore(self.start.add(middle).cast_mut().cast(), 1, &raw mut is_there) == 0;
                if answered && is_there & 1 == 0 {
                    libc::madvise(self.start.add(start).cast_mut().cast(), end - start, libc::MADV_WILLNEED);
                }
            }
        }
    }
}

#[cfg(not(target_os = "linux"))]
impl MappedFile {
    pub(super) fn advise(&self, _advice: Advice) {}

    pub(super) fn want(&self, _start: usize, _length: usize) {}
}

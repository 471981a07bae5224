//! A query as tables, and the sums of what they hold.

use super::levels::{DIMENSIONS_PER_BYTE, GROUP, LEVELS};

/// Half a byte, two dimensions, chooses one of so many entries.
const ENTRIES: usize = 16;
/// Two entries must fit a byte together.
const MOST: f32 = 127.0;
/// So many bytes of a row can be added up before 16 bits overflow.
const SEGMENT: usize = 256;

type Table = [u8; ENTRIES];

/// What each of the sixteen codes of every two dimensions adds to the product with the query.
pub(crate) struct QueryTables {
    /// Two tables for each byte of a row: of its lower half and of its upper.
    tables: Vec<[Table; 2]>,
    /// What one step of an entry stands for.
    step: f32,
    /// What all zeros stand for.
    base: f32,
}

impl QueryTables {
    pub(crate) fn new(query: &[f32]) -> Self {
        let exact: Vec<[[f32; ENTRIES]; 2]> = query
            .chunks(DIMENSIONS_PER_BYTE)
            .map(|values| {
                let value = |at: usize| values.get(at).copied().unwrap_or_default();
                [entries(value(0), value(1)), entries(value(2), value(3))]
            })
            .collect();
        let least = |table: &[f32; ENTRIES]| table.iter().copied().fold(f32::INFINITY, f32::min);
        let most = |table: &[f32; ENTRIES]| table.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let widest = exact.iter().flatten().map(|table| most(table) - least(table)).fold(0.0, f32::max);
        let step = if widest > 0.0 { widest / MOST } else { 1.0 };
        let rounded = |table: &[f32; ENTRIES]| {
            let least = least(table);
            // None is negative, so this rounds, without a call for each.
            table.map(|entry| ((entry - least) / step + 0.5) as u8)
        };
        Self {
            tables: exact.iter().map(|[low, high]| [rounded(low), rounded(high)]).collect(),
            step,
            base: exact.iter().flatten().map(least).sum(),
        }
    }

    /// Computes the products of all rows of all groups with the query.
    pub(crate) fn sums(&self, codes: &[u8], bytes_per_row: usize, products: &mut [f32]) {
        let groups = codes.chunks_exact(bytes_per_row * GROUP).zip(products.as_chunks_mut::<GROUP>().0);
        for (codes, products) in groups {
            let mut totals = [0_u32; GROUP];
            for (codes, tables) in codes.chunks(SEGMENT * GROUP).zip(self.tables.chunks(SEGMENT)) {
                let sums = segment_sums(tables, codes.as_chunks::<GROUP>().0);
                totals.iter_mut().zip(sums).for_each(|(total, sum)| *total += u32::from(sum));
            }
            for (product, total) in products.iter_mut().zip(totals) {
                *product = self.base + self.step * total as f32;
            }
        }
    }
}

fn entries(first: f32, second: f32) -> [f32; ENTRIES] {
    let mut entries = [0.0; ENTRIES];
    let codes = LEVELS.iter().flat_map(|high| LEVELS.iter().map(move |low| (low, high)));
    entries.iter_mut().zip(codes).for_each(|(entry, (low, high))| *entry = first * low + second * high);
    entries
}

/// Adds up what the tables hold for each row of a group.
fn segment_sums(tables: &[[Table; 2]], codes: &[[u8; GROUP]]) -> [u16; GROUP] {
    #[cfg(target_arch = "x86_64")]
    match pulp::Arch::new() {
        pulp::Arch::V4(avx512) => return avx512.vectorize(x86::Avx512Sums { avx512, tables, codes }),
        pulp::Arch::V3(avx2) => return avx2.vectorize(x86::Avx2Sums { avx2, tables, codes }),
        _ => {}
    }
    #[cfg(target_arch = "aarch64")]
    if let Some(neon) = pulp::aarch64::Neon::try_new() {
        return neon.vectorize(arm::NeonSums { neon, tables, codes });
    }
    plain_sums(tables, codes)
}

fn plain_sums(tables: &[[Table; 2]], codes: &[[u8; GROUP]]) -> [u16; GROUP] {
    let mut sums = [0_u16; GROUP];
    for ([low, high], codes) in tables.iter().zip(codes) {
        for (sum, code) in sums.iter_mut().zip(codes) {
            let entry = |table: &Table, half: u8| u16::from(table.get(usize::from(half)).copied().unwrap_or_default());
            *sum += entry(low, code & 15) + entry(high, code >> 4);
        }
    }
    sums
}

// Both add up bytes two by two as 16 bits, and the odd ones apart. The sum of both minus the odd ones leaves the even
// ones.
#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::{__m256i, __m512i};

    use pulp::x86::{V3, V4};
    use pulp::{NullaryFnOnce, cast};

    use super::{GROUP, Table};

    pub(super) struct Avx512Sums<'a> {
        pub(super) avx512: V4,
        pub(super) tables: &'a [[Table; 2]],
        pub(super) codes: &'a [[u8; GROUP]],
    }

    impl NullaryFnOnce for Avx512Sums<'_> {
        type Output = [u16; GROUP];

        #[inline(always)]
        fn call(self) -> [u16; GROUP] {
            let (f, bw) = (self.avx512.avx512f, self.avx512.avx512bw);
            let half = f._mm512_set1_epi8(15);
            let mut all = f._mm512_setzero_si512();
            let mut odd = f._mm512_setzero_si512();
            for (codes, [low, high]) in self.codes.iter().zip(self.tables) {
                let codes: __m512i = cast(*codes);
                let low = f._mm512_broadcast_i32x4(cast(*low));
                let high = f._mm512_broadcast_i32x4(cast(*high));
                let low_half = f._mm512_and_si512(codes, half);
                let high_half = f._mm512_and_si512(bw._mm512_srli_epi16::<4>(codes), half);
                let both =
                    bw._mm512_add_epi8(bw._mm512_shuffle_epi8(low, low_half), bw._mm512_shuffle_epi8(high, high_half));
                all = bw._mm512_add_epi16(all, both);
                odd = bw._mm512_add_epi16(odd, bw._mm512_srli_epi16::<8>(both));
            }
            paired(
                cast::<_, [u16; GROUP / 2]>(bw._mm512_sub_epi16(all, bw._mm512_slli_epi16::<8>(odd))),
                cast::<_, [u16; GROUP / 2]>(odd),
            )
        }
    }

    pub(super) struct Avx2Sums<'a> {
        pub(super) avx2: V3,
        pub(super) tables: &'a [[Table; 2]],
        pub(super) codes: &'a [[u8; GROUP]],
    }

    impl NullaryFnOnce for Avx2Sums<'_> {
        type Output = [u16; GROUP];

        #[inline(always)]
        fn call(self) -> [u16; GROUP] {
            let (avx, avx2) = (self.avx2.avx, self.avx2.avx2);
            let half = avx._mm256_set1_epi8(15);
            let mut all = [avx._mm256_setzero_si256(); 2];
            let mut odd = [avx._mm256_setzero_si256(); 2];
            for (codes, [low, high]) in self.codes.iter().zip(self.tables) {
                let codes: [__m256i; 2] = cast(*codes);
                let low = avx2._mm256_broadcastsi128_si256(cast(*low));
                let high = avx2._mm256_broadcastsi128_si256(cast(*high));
                for ((codes, all), odd) in codes.into_iter().zip(&mut all).zip(&mut odd) {
                    let low_half = avx2._mm256_and_si256(codes, half);
                    let high_half = avx2._mm256_and_si256(avx2._mm256_srli_epi16::<4>(codes), half);
                    let both = avx2._mm256_add_epi8(
                        avx2._mm256_shuffle_epi8(low, low_half),
                        avx2._mm256_shuffle_epi8(high, high_half),
                    );
                    *all = avx2._mm256_add_epi16(*all, both);
                    *odd = avx2._mm256_add_epi16(*odd, avx2._mm256_srli_epi16::<8>(both));
                }
            }
            for (all, odd) in all.iter_mut().zip(odd) {
                *all = avx2._mm256_sub_epi16(*all, avx2._mm256_slli_epi16::<8>(odd));
            }
            paired(cast::<_, [u16; GROUP / 2]>(all), cast::<_, [u16; GROUP / 2]>(odd))
        }
    }

    #[inline(always)]
    fn paired(even: [u16; GROUP / 2], odd: [u16; GROUP / 2]) -> [u16; GROUP] {
        let mut sums = [0; GROUP];
        for ((pair, even), odd) in sums.as_chunks_mut::<2>().0.iter_mut().zip(even).zip(odd) {
            *pair = [even, odd];
        }
        sums
    }
}

#[cfg(target_arch = "aarch64")]
mod arm {
    use std::arch::aarch64::{uint8x16_t, uint16x8_t};

    use pulp::aarch64::Neon;
    use pulp::{NullaryFnOnce, cast};

    use super::{GROUP, Table};

    pub(super) struct NeonSums<'a> {
        pub(super) neon: Neon,
        pub(super) tables: &'a [[Table; 2]],
        pub(super) codes: &'a [[u8; GROUP]],
    }

    impl NullaryFnOnce for NeonSums<'_> {
        type Output = [u16; GROUP];

        #[inline(always)]
        fn call(self) -> [u16; GROUP] {
            let neon = self.neon.neon;
            let half = neon.vdupq_n_u8(15);
            let zero = neon.vdupq_n_u16(0);
            let mut sums: [uint16x8_t; 8] = [zero; 8];
            for (codes, [low, high]) in self.codes.iter().zip(self.tables) {
                let codes: [uint8x16_t; 4] = cast(*codes);
                let (low, high): (uint8x16_t, uint8x16_t) = (cast(*low), cast(*high));
                for (codes, sums) in codes.into_iter().zip(sums.as_chunks_mut::<2>().0) {
                    let both = neon.vaddq_u8(
                        neon.vqtbl1q_u8(low, neon.vandq_u8(codes, half)),
                        neon.vqtbl1q_u8(high, neon.vshrq_n_u8::<4>(codes)),
                    );
                    let [first, second] = sums;
                    *first = neon.vaddw_u8(*first, neon.vget_low_u8(both));
                    *second = neon.vaddw_u8(*second, neon.vget_high_u8(both));
                }
            }
            cast(sums)
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_instructions_add_up_what_the_plain_loop_does(
            bytes in 1..SEGMENT,
            seed in vec(any::<u8>(), SEGMENT * (GROUP + 32)),
        ) {
            let (codes, entries) = seed.split_at(SEGMENT * GROUP);
            let (codes, _) = codes.as_chunks::<GROUP>().0.split_at(bytes);
            let half = |entries: &[u8]| -> Table {
                std::array::from_fn(|at| entries.get(at).map_or(0, |entry| entry & 127))
            };
            let tables: Vec<[Table; 2]> = entries
                .as_chunks::<32>()
                .0
                .iter()
                .take(bytes)
                .map(|entries| entries.split_at(16))
                .map(|(low, high)| [half(low), half(high)])
                .collect();
            let expected = plain_sums(&tables, codes);
            prop_assert_eq!(segment_sums(&tables, codes), expected);
            // A processor that has more does not choose these on its own.
            #[cfg(target_arch = "x86_64")]
            if let Some(avx2) = pulp::x86::V3::try_new() {
                let tables = &tables;
                prop_assert_eq!(avx2.vectorize(x86::Avx2Sums { avx2, tables, codes }), expected);
            }
        }
    }
}

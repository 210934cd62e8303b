//! What instruction sets bring to formats, and the one place where work is handed to code that is compiled for them.

use super::BLOCK;
use super::convert::Mode;
use crate::level::Level;

/// An instruction set, as far as no compiler makes the best of it from plain loops.
pub trait Isa {
    /// Whether rounding a float is one instruction, and not a call.
    const ROUNDS: bool;

    /// Asks for the cache lines that lie so many bytes behind these ones.
    #[inline(always)]
    fn fetch<T>(_lines: &[T; BLOCK], _behind: usize) {}

    /// Takes packed samples apart.
    fn unpack(packed: &[[u8; 3]; BLOCK], wide: &mut [i32; BLOCK]);

    /// Packs the low three bytes of each.
    fn pack(wide: &[i32; BLOCK], packed: &mut [[u8; 3]; BLOCK]);

    /// Floats times 2^15 to integers, rounded and clamped; false, and nothing done, where a plain loop is as good.
    #[inline(always)]
    fn to_i16(_x: &[f32; BLOCK], _out: &mut [i16; BLOCK], _mode: Mode) -> bool {
        false
    }

    /// The same times 2^7, and offset by 128.
    #[inline(always)]
    fn to_u8(_x: &[f32; BLOCK], _out: &mut [u8; BLOCK], _mode: Mode) -> bool {
        false
    }

    /// The same times 2^23.
    #[inline(always)]
    fn to_i24(_x: &[f32; BLOCK], _out: &mut [i32; BLOCK], _mode: Mode) -> bool {
        false
    }
}

/// Something to be done that is written once for all instruction sets.
pub trait Work {
    /// Must be inlined, so that it is compiled for the instruction set.
    fn on<I: Isa>(self);
}

/// Runs work on a level, or on the best that this processor has if that is less.
pub fn run(level: Level, work: impl Work) {
    #[cfg(target_arch = "x86_64")]
    {
        #[target_feature(enable = "avx2,fma")]
        fn avx2(work: impl Work) {
            work.on::<x86::Avx2>();
        }
        #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")]
        fn avx512(work: impl Work) {
            work.on::<x86::Avx512>();
        }
        match level.min(Level::detect()) {
            // SAFETY: detect() has seen every feature that the function is compiled for.
            Level::Avx512 => return unsafe { avx512(work) },
            // SAFETY: as above.
            Level::Avx2 => return unsafe { avx2(work) },
            Level::Baseline => {}
        }
    }
    let _ = level;
    work.on::<Baseline>();
}

/// Any processor.
pub struct Baseline;

impl Isa for Baseline {
    const ROUNDS: bool = cfg!(any(target_arch = "aarch64", target_feature = "sse4.1"));

    /// By words that hold four samples.
    #[inline(always)]
    fn unpack(packed: &[[u8; 3]; BLOCK], wide: &mut [i32; BLOCK]) {
        for (packed, wide) in packed.as_flattened().as_chunks::<12>().0.iter().zip(wide.as_chunks_mut::<4>().0) {
            let [a, b, c] = [0, 1, 2].map(|word| u32::from_le_bytes(packed.as_chunks().0[word]));
            let high = [a << 8, (a >> 16) | (b << 16), (b >> 8) | (c << 24), c];
            *wide = high.map(|sample| sample as i32 >> 8);
        }
    }

    #[inline(always)]
    fn pack(wide: &[i32; BLOCK], packed: &mut [[u8; 3]; BLOCK]) {
        for (wide, packed) in wide.as_chunks::<4>().0.iter().zip(packed.as_flattened_mut().as_chunks_mut::<12>().0) {
            let [a, b, c, d] = wide.map(|sample| sample as u32 & 0xff_ffff);
            let words = [a | (b << 24), (b >> 8) | (c << 16), (c >> 16) | (d << 8)];
            packed.copy_from_slice(words.map(u32::to_le_bytes).as_flattened());
        }
    }
}

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::*;

    /// AVX2. Only functions compiled for it may use it.
    pub struct Avx2;

    /// AVX-512 F and BW. Only functions compiled for it may use it.
    pub struct Avx512;

    impl Isa for Avx2 {
        const ROUNDS: bool = true;

        #[inline(always)]
        fn fetch<T>(lines: &[T; BLOCK], behind: usize) {
            fetch(lines, behind);
        }

        #[inline(always)]
        fn unpack(packed: &[[u8; 3]; BLOCK], wide: &mut [i32; BLOCK]) {
            // SAFETY: the type's condition: the caller is compiled for AVX2, so the processor has it.
            unsafe { unpack_avx2(packed, wide) }
        }

        #[inline(always)]
        fn pack(wide: &[i32; BLOCK], packed: &mut [[u8; 3]; BLOCK]) {
            // SAFETY: as above.
            unsafe { pack_avx2(wide, packed) }
        }

        #[inline(always)]
        fn to_i16(x: &[f32; BLOCK], out: &mut [i16; BLOCK], mode: Mode) -> bool {
            // SAFETY: as above.
            unsafe { to_i16_avx2(x, out, mode) };
            true
        }

        #[inline(always)]
        fn to_u8(x: &[f32; BLOCK], out: &mut [u8; BLOCK], mode: Mode) -> bool {
            // SAFETY: as above.
            unsafe { to_u8_avx2(x, out, mode) };
            true
        }

        #[inline(always)]
        fn to_i24(x: &[f32; BLOCK], out: &mut [i32; BLOCK], mode: Mode) -> bool {
            // SAFETY: as above.
            unsafe { to_i24_avx2(x, out, mode) };
            true
        }
    }

    impl Isa for Avx512 {
        const ROUNDS: bool = true;

        #[inline(always)]
        fn fetch<T>(lines: &[T; BLOCK], behind: usize) {
            fetch(lines, behind);
        }

        #[inline(always)]
        fn unpack(packed: &[[u8; 3]; BLOCK], wide: &mut [i32; BLOCK]) {
            // SAFETY: the type's condition: the caller is compiled for AVX-512, so the processor has it.
            unsafe { unpack_avx512(packed, wide) }
        }

        #[inline(always)]
        fn pack(wide: &[i32; BLOCK], packed: &mut [[u8; 3]; BLOCK]) {
            // SAFETY: as above.
            unsafe { pack_avx512(wide, packed) }
        }

        #[inline(always)]
        fn to_i16(x: &[f32; BLOCK], out: &mut [i16; BLOCK], mode: Mode) -> bool {
            // SAFETY: as above.
            unsafe { to_i16_avx512(x, out, mode) };
            true
        }

        #[inline(always)]
        fn to_u8(x: &[f32; BLOCK], out: &mut [u8; BLOCK], mode: Mode) -> bool {
            // SAFETY: as above.
            unsafe { to_u8_avx512(x, out, mode) };
            true
        }

        #[inline(always)]
        fn to_i24(x: &[f32; BLOCK], out: &mut [i32; BLOCK], mode: Mode) -> bool {
            // SAFETY: as above.
            unsafe { to_i24_avx512(x, out, mode) };
            true
        }
    }

    #[inline(always)]
    fn fetch<T>(lines: &[T; BLOCK], behind: usize) {
        let first = lines.as_ptr().cast::<i8>();
        for line in (0..size_of_val(lines)).step_by(64) {
            // SAFETY: a hint for any address; nothing is read, and beyond the output's end nothing happens.
            unsafe { _mm_prefetch::<_MM_HINT_T0>(first.wrapping_add(behind + line)) };
        }
    }

    /// Bytes 0-11 to the upper three of each of four integers; a negative index gives a zero.
    const SPREAD: [i8; 16] = [-1, 0, 1, 2, -1, 3, 4, 5, -1, 6, 7, 8, -1, 9, 10, 11];

    /// The same for bytes 4-15.
    const SPREAD_END: [i8; 16] = [-1, 4, 5, 6, -1, 7, 8, 9, -1, 10, 11, 12, -1, 13, 14, 15];

    /// The lower three bytes of each of four integers to bytes 0-11.
    const GATHER: [i8; 16] = [0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1];

    #[inline]
    #[target_feature(enable = "avx2")]
    fn unpack_avx2(packed: &[[u8; 3]; BLOCK], wide: &mut [i32; BLOCK]) {
        let spread = _mm256_setr_m128i(bytes(&SPREAD), bytes(&SPREAD_END));
        for (packed, wide) in packed.as_flattened().as_chunks::<24>().0.iter().zip(wide.as_chunks_mut::<8>().0) {
            // SAFETY: 24 bytes are read, in two overlapping halves, and 8 integers written.
            unsafe {
                let low = _mm_loadu_si128(packed.as_ptr().cast());
                let high = _mm_loadu_si128(packed.as_ptr().add(8).cast());
                let samples = _mm256_shuffle_epi8(_mm256_setr_m128i(low, high), spread);
                _mm256_storeu_si256(wide.as_mut_ptr().cast(), _mm256_srai_epi32::<8>(samples));
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn pack_avx2(wide: &[i32; BLOCK], packed: &mut [[u8; 3]; BLOCK]) {
        let gather = _mm256_broadcastsi128_si256(bytes(&GATHER));
        let join = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7);
        for (wide, packed) in wide.as_chunks::<8>().0.iter().zip(packed.as_flattened_mut().as_chunks_mut::<24>().0) {
            // SAFETY: 8 integers are read, and 16 and 8 bytes written.
            unsafe {
                let samples = _mm256_shuffle_epi8(_mm256_loadu_si256(wide.as_ptr().cast()), gather);
                let joined = _mm256_permutevar8x32_epi32(samples, join);
                _mm_storeu_si128(packed.as_mut_ptr().cast(), _mm256_castsi256_si128(joined));
                _mm_storel_epi64(packed.as_mut_ptr().add(16).cast(), _mm256_extracti128_si256::<1>(joined));
            }
        }
    }

    /// Three registers of bytes to four of integers: words first, three to every quarter, then bytes.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn unpack_avx512(packed: &[[u8; 3]; BLOCK], wide: &mut [i32; BLOCK]) {
        let spread = _mm512_broadcast_i32x4(bytes(&SPREAD));
        // Numbers of words in a pair of registers; the fourth word of a quarter is not used.
        let quarters = |first: i32| {
            let word = |quarter: i32| first + 3 * quarter;
            let [a, b, c, d] = [word(0), word(1), word(2), word(3)];
            [a, a + 1, a + 2, 0, b, b + 1, b + 2, 0, c, c + 1, c + 2, 0, d, d + 1, d + 2, 0]
        };
        let packed = packed.as_flattened().as_ptr();
        // SAFETY: the block is 192 bytes.
        let [a, b, c] = unsafe { [load(packed), load(packed.add(64)), load(packed.add(128))] };
        let words = [
            _mm512_permutexvar_epi32(integers(&quarters(0)), a),
            _mm512_permutex2var_epi32(a, integers(&quarters(12)), b),
            _mm512_permutex2var_epi32(b, integers(&quarters(8)), c),
            _mm512_permutexvar_epi32(integers(&quarters(4)), c),
        ];
        for (words, wide) in words.into_iter().zip(wide.as_chunks_mut::<16>().0) {
            let samples = _mm512_srai_epi32::<8>(_mm512_shuffle_epi8(words, spread));
            // SAFETY: 16 integers are written.
            unsafe { _mm512_storeu_si512(wide.as_mut_ptr().cast(), samples) };
        }
    }

    /// The way back: bytes first, which leaves three words in every quarter.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn pack_avx512(wide: &[i32; BLOCK], packed: &mut [[u8; 3]; BLOCK]) {
        let gather = _mm512_broadcast_i32x4(bytes(&GATHER));
        let wide = wide.as_ptr();
        // SAFETY: the block is 64 integers.
        let [a, b, c, d] = unsafe { [load(wide), load(wide.add(16)), load(wide.add(32)), load(wide.add(48))] };
        let (a, b) = (_mm512_shuffle_epi8(a, gather), _mm512_shuffle_epi8(b, gather));
        let (c, d) = (_mm512_shuffle_epi8(c, gather), _mm512_shuffle_epi8(d, gather));
        // Numbers of words in a pair of registers: those of the second begin at 16.
        let ab = integers(&[0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20]);
        let bc = integers(&[5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25]);
        let cd = integers(&[10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29, 30]);
        let packed = packed.as_flattened_mut().as_mut_ptr();
        // SAFETY: the block is 192 bytes.
        unsafe {
            _mm512_storeu_si512(packed.cast(), _mm512_permutex2var_epi32(a, ab, b));
            _mm512_storeu_si512(packed.add(64).cast(), _mm512_permutex2var_epi32(b, bc, c));
            _mm512_storeu_si512(packed.add(128).cast(), _mm512_permutex2var_epi32(c, cd, d));
        }
    }

    /// Eight floats, scaled, to integers, rounded. What is too large is made the largest integer of the target; what is
    /// too small becomes at most the smallest one, which a saturating pack clamps; NaN becomes 0.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn whole_avx2(x: __m256, largest: f32, mode: Mode) -> __m256i {
        let x = _mm256_mul_ps(x, _mm256_set1_ps(largest + 1.0));
        let number = _mm256_cmp_ps::<_CMP_ORD_Q>(x, x);
        let x = _mm256_min_ps(x, _mm256_set1_ps(largest));
        let whole = match mode {
            Mode::Nearest => _mm256_cvtps_epi32(x),
            Mode::Floor => _mm256_cvtps_epi32(_mm256_floor_ps(x)),
            Mode::Truncate => _mm256_cvttps_epi32(x),
        };
        _mm256_and_si256(whole, _mm256_castps_si256(number))
    }

    /// Two registers of floats to one of 16-bit integers, in quarters 0, 2, 1, 3.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn halves_avx2(x: &[f32; 16], largest: f32, mode: Mode) -> __m256i {
        // SAFETY: 16 floats are read.
        let [a, b] = unsafe { [_mm256_loadu_ps(x.as_ptr()), _mm256_loadu_ps(x.as_ptr().add(8))] };
        _mm256_packs_epi32(whole_avx2(a, largest, mode), whole_avx2(b, largest, mode))
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn to_i16_avx2(x: &[f32; BLOCK], out: &mut [i16; BLOCK], mode: Mode) {
        for (x, out) in x.as_chunks().0.iter().zip(out.as_chunks_mut::<16>().0) {
            let packed = _mm256_permute4x64_epi64::<0b11_01_10_00>(halves_avx2(x, 32_767.0, mode));
            // SAFETY: 16 integers are written.
            unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), packed) };
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn to_u8_avx2(x: &[f32; BLOCK], out: &mut [u8; BLOCK], mode: Mode) {
        let order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
        for (x, out) in x.as_chunks::<32>().0.iter().zip(out.as_chunks_mut::<32>().0) {
            let [a, b] = [0, 1].map(|half| halves_avx2(&x.as_chunks().0[half], 127.0, mode));
            let packed = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(a, b), order);
            let offset = _mm256_xor_si256(packed, _mm256_set1_epi8(-128));
            // SAFETY: 32 bytes are written.
            unsafe { _mm256_storeu_si256(out.as_mut_ptr().cast(), offset) };
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn to_i24_avx2(x: &[f32; BLOCK], out: &mut [i32; BLOCK], mode: Mode) {
        let largest = 8_388_607.0;
        for (x, out) in x.as_chunks::<8>().0.iter().zip(out.as_chunks_mut::<8>().0) {
            // SAFETY: 8 floats are read, and 8 integers written.
            unsafe {
                // Nothing saturates at 24 bits.
                let x = _mm256_loadu_ps(x.as_ptr());
                let whole = _mm256_max_epi32(whole_avx2(x, largest, mode), _mm256_set1_epi32(-8_388_608));
                _mm256_storeu_si256(out.as_mut_ptr().cast(), whole);
            }
        }
    }

    /// The same as [`whole_avx2`] for sixteen floats.
    #[inline]
    #[target_feature(enable = "avx512f")]
    fn whole_avx512(x: __m512, largest: f32, mode: Mode) -> __m512i {
        const DOWN: i32 = _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC;
        let x = _mm512_mul_ps(x, _mm512_set1_ps(largest + 1.0));
        let number = _mm512_cmp_ps_mask::<_CMP_ORD_Q>(x, x);
        let x = _mm512_min_ps(x, _mm512_set1_ps(largest));
        match mode {
            Mode::Nearest => _mm512_maskz_cvtps_epi32(number, x),
            Mode::Floor => _mm512_maskz_cvt_roundps_epi32::<DOWN>(number, x),
            Mode::Truncate => _mm512_maskz_cvttps_epi32(number, x),
        }
    }

    /// Two registers of floats to one of 16-bit integers, in eighths 0, 4, 1, 5, 2, 6, 3, 7.
    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn halves_avx512(x: &[f32; 32], largest: f32, mode: Mode) -> __m512i {
        // SAFETY: 32 floats are read.
        let [a, b] = unsafe { [_mm512_loadu_ps(x.as_ptr()), _mm512_loadu_ps(x.as_ptr().add(16))] };
        _mm512_packs_epi32(whole_avx512(a, largest, mode), whole_avx512(b, largest, mode))
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn to_i16_avx512(x: &[f32; BLOCK], out: &mut [i16; BLOCK], mode: Mode) {
        let order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
        for (x, out) in x.as_chunks().0.iter().zip(out.as_chunks_mut::<32>().0) {
            let packed = _mm512_permutexvar_epi64(order, halves_avx512(x, 32_767.0, mode));
            // SAFETY: 32 integers are written.
            unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), packed) };
        }
    }

    #[inline]
    #[target_feature(enable = "avx512f,avx512bw")]
    fn to_u8_avx512(x: &[f32; BLOCK], out: &mut [u8; BLOCK], mode: Mode) {
        let [a, b] = [0, 1].map(|half| halves_avx512(&x.as_chunks().0[half], 127.0, mode));
        let order = integers(&[0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15]);
        let packed = _mm512_permutexvar_epi32(order, _mm512_packs_epi16(a, b));
        let offset = _mm512_xor_si512(packed, _mm512_set1_epi8(-128));
        // SAFETY: the block is 64 bytes.
        unsafe { _mm512_storeu_si512(out.as_mut_ptr().cast(), offset) };
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn to_i24_avx512(x: &[f32; BLOCK], out: &mut [i32; BLOCK], mode: Mode) {
        for (x, out) in x.as_chunks::<16>().0.iter().zip(out.as_chunks_mut::<16>().0) {
            // SAFETY: 16 floats are read, and 16 integers written.
            unsafe {
                // Nothing saturates at 24 bits.
                let whole = whole_avx512(_mm512_loadu_ps(x.as_ptr()), 8_388_607.0, mode);
                _mm512_storeu_si512(out.as_mut_ptr().cast(), _mm512_max_epi32(whole, _mm512_set1_epi32(-8_388_608)));
            }
        }
    }

    #[inline]
    #[target_feature(enable = "sse2")]
    fn bytes(from: &[i8; 16]) -> __m128i {
        // SAFETY: 16 bytes are read.
        unsafe { _mm_loadu_si128(from.as_ptr().cast()) }
    }

    #[inline]
    #[target_feature(enable = "avx512f")]
    fn integers(from: &[i32; 16]) -> __m512i {
        // SAFETY: 16 integers are read.
        unsafe { load(from.as_ptr()) }
    }

    /// # Safety
    /// 64 bytes can be read there.
    #[inline]
    #[target_feature(enable = "avx512f")]
    unsafe fn load<T>(from: *const T) -> __m512i {
        // SAFETY: the function's condition.
        unsafe { _mm512_loadu_si512(from.cast()) }
    }
}

//! AVX2 with FMA, and AVX-512.

use std::arch::x86_64::*;
use std::ops::{Add, Div, Mul, Range, Sub};

use super::{Isa, LANES, Vector};

/// AVX2 and FMA.
#[derive(Clone, Copy)]
pub struct Avx2(());

/// AVX-512 F, DQ, VL and BW, and what AVX2 has.
#[derive(Clone, Copy)]
pub struct Avx512(());

impl Avx2 {
    /// # Safety
    /// The processor has AVX2 and FMA.
    #[inline(always)]
    pub unsafe fn new() -> Self {
        Self(())
    }
}

impl Avx512 {
    /// # Safety
    /// The processor has AVX-512 F, DQ, VL and BW, AVX2 and FMA.
    #[inline(always)]
    pub unsafe fn new() -> Self {
        Self(())
    }
}

macro_rules! vector {
    ($isa:ident, $name:ident = $width:literal x $float:ident in $register:ident: $load:ident $store:ident $splat:ident
     $add:ident $sub:ident $mul:ident $div:ident $mul_add:ident $neg_mul_add:ident, |$v:ident, $to:ident| $fold:expr) => {
        #[derive(Clone, Copy)]
        pub struct $name($register);

        impl Add for $name {
            type Output = Self;

            #[inline(always)]
            fn add(self, other: Self) -> Self {
                // SAFETY: a vector is only made from a token, so the processor has the instruction.
                Self(unsafe { $add(self.0, other.0) })
            }
        }

        impl Sub for $name {
            type Output = Self;

            #[inline(always)]
            fn sub(self, other: Self) -> Self {
                // SAFETY: as for add.
                Self(unsafe { $sub(self.0, other.0) })
            }
        }

        impl Mul for $name {
            type Output = Self;

            #[inline(always)]
            fn mul(self, other: Self) -> Self {
                // SAFETY: as for add.
                Self(unsafe { $mul(self.0, other.0) })
            }
        }

        impl Div for $name {
            type Output = Self;

            #[inline(always)]
            fn div(self, other: Self) -> Self {
                // SAFETY: as for add.
                Self(unsafe { $div(self.0, other.0) })
            }
        }

        impl Vector<$float, $isa> for $name {
            const WIDTH: usize = $width;

            #[inline(always)]
            fn splat(_: $isa, value: $float) -> Self {
                // SAFETY: the token proves that the processor has the instruction.
                Self(unsafe { $splat(value) })
            }

            #[inline(always)]
            fn load(_: $isa, from: &[$float]) -> Self {
                let from = &from[..$width];
                // SAFETY: the token proves the instruction, and the slice has a vector's length.
                Self(unsafe { $load(from.as_ptr()) })
            }

            #[inline(always)]
            fn store(self, to: &mut [$float]) {
                let to = &mut to[..$width];
                // SAFETY: as for add, and the slice has a vector's length.
                unsafe { $store(to.as_mut_ptr(), self.0) }
            }

            #[inline(always)]
            fn mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: as for add.
                Self(unsafe { $mul_add(self.0, b.0, c.0) })
            }

            #[inline(always)]
            fn neg_mul_add(self, b: Self, c: Self) -> Self {
                // SAFETY: as for add.
                Self(unsafe { $neg_mul_add(self.0, b.0, c.0) })
            }

            #[inline(always)]
            fn fold(self) -> [$float; 4] {
                let mut four = [0.0; 4];
                let ($v, $to) = (self.0, four.as_mut_ptr());
                // SAFETY: as for add, and `four` takes four.
                unsafe { $fold };
                four
            }
        }
    };
}

vector!(Avx512, F32x16 = 16 x f32 in __m512: _mm512_loadu_ps _mm512_storeu_ps _mm512_set1_ps
_mm512_add_ps _mm512_sub_ps _mm512_mul_ps _mm512_div_ps _mm512_fmadd_ps _mm512_fnmadd_ps,
|v, to| {
    let eight = _mm256_add_ps(_mm512_castps512_ps256(v), _mm512_extractf32x8_ps::<1>(v));
    _mm_storeu_ps(to, _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps::<1>(eight)));
});
vector!(Avx512, F64x8 = 8 x f64 in __m512d: _mm512_loadu_pd _mm512_storeu_pd _mm512_set1_pd
_mm512_add_pd _mm512_sub_pd _mm512_mul_pd _mm512_div_pd _mm512_fmadd_pd _mm512_fnmadd_pd,
|v, to| {
    _mm256_storeu_pd(to, _mm256_add_pd(_mm512_castpd512_pd256(v), _mm512_extractf64x4_pd::<1>(v)));
});
vector!(Avx2, F32x8 = 8 x f32 in __m256: _mm256_loadu_ps _mm256_storeu_ps _mm256_set1_ps
    _mm256_add_ps _mm256_sub_ps _mm256_mul_ps _mm256_div_ps _mm256_fmadd_ps _mm256_fnmadd_ps,
    |v, to| _mm_storeu_ps(to, _mm_add_ps(_mm256_castps256_ps128(v), _mm256_extractf128_ps::<1>(v))));
vector!(Avx2, F64x4 = 4 x f64 in __m256d: _mm256_loadu_pd _mm256_storeu_pd _mm256_set1_pd
    _mm256_add_pd _mm256_sub_pd _mm256_mul_pd _mm256_div_pd _mm256_fmadd_pd _mm256_fnmadd_pd,
    |v, to| _mm256_storeu_pd(to, v));

impl Isa for Avx512 {
    type F32 = F32x16;
    type F64 = F64x8;

    #[inline(always)]
    fn run<T>(self, work: impl FnOnce() -> T) -> T {
        #[target_feature(enable = "avx512f,avx512dq,avx512vl,avx512bw,avx2,fma")]
        fn compiled<T>(work: impl FnOnce() -> T) -> T {
            work()
        }
        // SAFETY: the token proves that the processor has what the function is compiled for.
        unsafe { compiled(work) }
    }

    #[inline(always)]
    fn prefetch(self, address: *const f32) {
        // SAFETY: SSE is always there, and a prefetch does nothing at an address that cannot be read.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) }
    }

    #[inline(always)]
    fn transpose(self, from: impl Fn(usize, usize) -> F32x16, mut to: impl FnMut(usize, usize, F32x16)) {
        let mut r = [F32x16::splat(self, 0.0).0; LANES];
        for (i, r) in r.iter_mut().enumerate() {
            *r = from(i, 0).0;
        }
        // SAFETY: the token proves the instructions.
        let r = unsafe { transposed_16(r) };
        for (j, r) in r.into_iter().enumerate() {
            to(j, 0, F32x16(r));
        }
    }

    #[inline(always)]
    fn split_exponents(self, v: F32x16) -> (F32x16, F32x16) {
        // SAFETY: the token proves the instructions.
        unsafe {
            let mantissas = _mm512_getmant_ps::<_MM_MANT_NORM_1_2, _MM_MANT_SIGN_SRC>(v.0);
            (F32x16(mantissas), F32x16(_mm512_getexp_ps(v.0)))
        }
    }

    #[inline(always)]
    fn select(self, range: Range<usize>, v: F32x16, rest: F32x16) -> F32x16 {
        let below = |i: usize| (1_u32 << i.min(16)) - 1;
        // SAFETY: the token proves the instruction.
        F32x16(unsafe { _mm512_mask_blend_ps((below(range.end) & !below(range.start)) as u16, rest.0, v.0) })
    }
}

impl Isa for Avx2 {
    type F32 = F32x8;
    type F64 = F64x4;

    #[inline(always)]
    fn run<T>(self, work: impl FnOnce() -> T) -> T {
        #[target_feature(enable = "avx2,fma")]
        fn compiled<T>(work: impl FnOnce() -> T) -> T {
            work()
        }
        // SAFETY: the token proves that the processor has what the function is compiled for.
        unsafe { compiled(work) }
    }

    #[inline(always)]
    fn prefetch(self, address: *const f32) {
        // SAFETY: SSE is always there, and a prefetch does nothing at an address that cannot be read.
        unsafe { _mm_prefetch::<_MM_HINT_T1>(address.cast()) }
    }

    #[inline(always)]
    fn transpose(self, from: impl Fn(usize, usize) -> F32x8, mut to: impl FnMut(usize, usize, F32x8)) {
        for row in (0..LANES).step_by(8) {
            for column in (0..LANES).step_by(8) {
                let mut r = [F32x8::splat(self, 0.0).0; 8];
                for (i, r) in r.iter_mut().enumerate() {
                    *r = from(row + i, column).0;
                }
                // SAFETY: the token proves the instructions.
                let r = unsafe { transposed_8(r) };
                for (j, r) in r.into_iter().enumerate() {
                    to(column + j, row, F32x8(r));
                }
            }
        }
    }

    #[inline(always)]
    fn split_exponents(self, v: F32x8) -> (F32x8, F32x8) {
        // SAFETY: the token proves the instructions.
        unsafe {
            let bits = _mm256_castps_si256(v.0);
            let mantissa = _mm256_and_si256(bits, _mm256_set1_epi32(0x007f_ffff));
            let exponents = _mm256_sub_epi32(_mm256_srli_epi32::<23>(bits), _mm256_set1_epi32(127));
            let mantissas = _mm256_or_si256(mantissa, _mm256_set1_epi32(0x3f80_0000));
            (F32x8(_mm256_castsi256_ps(mantissas)), F32x8(_mm256_cvtepi32_ps(exponents)))
        }
    }

    #[inline(always)]
    fn select(self, range: Range<usize>, v: F32x8, rest: F32x8) -> F32x8 {
        let bound = |i: usize| i.min(8) as i32;
        // SAFETY: the token proves the instructions.
        unsafe {
            let places = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
            let before_end = _mm256_cmpgt_epi32(_mm256_set1_epi32(bound(range.end)), places);
            let before_start = _mm256_cmpgt_epi32(_mm256_set1_epi32(bound(range.start)), places);
            let within = _mm256_castsi256_ps(_mm256_andnot_si256(before_start, before_end));
            F32x8(_mm256_blendv_ps(rest.0, v.0, within))
        }
    }
}

/// Pairs of rows, then pairs of pairs, are interleaved within their quarters; then the quarters are sorted.
///
/// # Safety
/// The processor has AVX-512 F.
#[inline(always)]
unsafe fn transposed_16(r: [__m512; 16]) -> [__m512; 16] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut t = r;
        for i in 0..8 {
            t[2 * i] = _mm512_unpacklo_ps(r[2 * i], r[2 * i + 1]);
            t[2 * i + 1] = _mm512_unpackhi_ps(r[2 * i], r[2 * i + 1]);
        }
        let mut r = t;
        for i in 0..4 {
            let (a, b) = (_mm512_castps_pd(t[4 * i]), _mm512_castps_pd(t[4 * i + 1]));
            let (c, d) = (_mm512_castps_pd(t[4 * i + 2]), _mm512_castps_pd(t[4 * i + 3]));
            r[4 * i] = _mm512_castpd_ps(_mm512_unpacklo_pd(a, c));
            r[4 * i + 1] = _mm512_castpd_ps(_mm512_unpackhi_pd(a, c));
            r[4 * i + 2] = _mm512_castpd_ps(_mm512_unpacklo_pd(b, d));
            r[4 * i + 3] = _mm512_castpd_ps(_mm512_unpackhi_pd(b, d));
        }
        for half in 0..2 {
            for i in 0..4 {
                let (a, b) = (r[8 * half + i], r[8 * half + 4 + i]);
                t[8 * half + i] = _mm512_shuffle_f32x4::<0x88>(a, b);
                t[8 * half + 4 + i] = _mm512_shuffle_f32x4::<0xdd>(a, b);
            }
        }
        let mut r = t;
        for i in 0..8 {
            r[i] = _mm512_shuffle_f32x4::<0x88>(t[i], t[8 + i]);
            r[8 + i] = _mm512_shuffle_f32x4::<0xdd>(t[i], t[8 + i]);
        }
        r
    }
}

/// # Safety
/// The processor has AVX2.
#[inline(always)]
unsafe fn transposed_8(r: [__m256; 8]) -> [__m256; 8] {
    // SAFETY: the caller's promise.
    unsafe {
        let mut t = r;
        for i in 0..4 {
            t[2 * i] = _mm256_unpacklo_ps(r[2 * i], r[2 * i + 1]);
            t[2 * i + 1] = _mm256_unpackhi_ps(r[2 * i], r[2 * i + 1]);
        }
        let mut r = t;
        for i in 0..2 {
            let [a, b, c, d] = [t[4 * i], t[4 * i + 1], t[4 * i + 2], t[4 * i + 3]];
            r[4 * i] = _mm256_shuffle_ps::<0x44>(a, c);
            r[4 * i + 1] = _mm256_shuffle_ps::<0xee>(a, c);
            r[4 * i + 2] = _mm256_shuffle_ps::<0x44>(b, d);
            r[4 * i + 3] = _mm256_shuffle_ps::<0xee>(b, d);
        }
        for i in 0..4 {
            t[i] = _mm256_permute2f128_ps::<0x20>(r[i], r[4 + i]);
            t[4 + i] = _mm256_permute2f128_ps::<0x31>(r[i], r[4 + i]);
        }
        t
    }
}

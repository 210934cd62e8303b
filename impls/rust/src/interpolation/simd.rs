//! The two stages that no compiler turns into good vector code from their plain form, because rows have to be
//! transposed or loaded whole. Everything else is plain loops.

use std::ops::Range;

use super::block::{Fractions, Weights};
use super::lerp::lerp;
use super::quaternion::dot;

/// What an instruction set brings to the batch operations.
pub trait Isa {
    /// Whether a fused multiply-add is one instruction, and not a call.
    const FMA: bool;

    /// Fills the block's first `n` dots and squared norms of the pairs.
    #[inline(always)]
    fn products<'a>(n: usize, pair: impl Fn(usize) -> Pair<'a, 4>, weights: &mut Weights) {
        products_plain(0..n, pair, weights);
    }

    /// Interpolates the pairs' positions.
    #[inline(always)]
    fn positions<'a>(at: &Fractions, pair: impl Fn(usize) -> Pair<'a, 3>, out: &mut [[f64; 3]]) {
        for (k, out) in out.iter_mut().enumerate() {
            let (p0, p1) = pair(k);
            *out = lerp(at, k, p0, p1);
        }
    }
}

/// The rows of a query's two knots.
pub type Pair<'a, const K: usize> = (&'a [f64; K], &'a [f64; K]);

/// Any processor.
pub struct Baseline;

impl Isa for Baseline {
    const FMA: bool = false;
}

#[inline(always)]
fn products_plain<'a>(block: Range<usize>, pair: impl Fn(usize) -> Pair<'a, 4>, weights: &mut Weights) {
    for k in block {
        let (q0, q1) = pair(k);
        weights.dot[k] = dot(q0, q1);
        weights.norm0[k] = dot(q0, q0);
        weights.norm1[k] = dot(q1, q1);
    }
}

#[cfg(target_arch = "x86_64")]
pub use x86::Avx2;

#[cfg(target_arch = "x86_64")]
mod x86 {
    use std::arch::x86_64::*;

    use super::*;

    /// AVX2 with FMA, and AVX-512 alike: both stages work on rows of four doubles. Only functions compiled for these
    /// features may use it.
    pub struct Avx2;

    impl Isa for Avx2 {
        const FMA: bool = true;

        #[inline(always)]
        fn products<'a>(n: usize, pair: impl Fn(usize) -> Pair<'a, 4>, weights: &mut Weights) {
            // SAFETY: the type's condition: the caller is compiled for AVX2, so the processor has it.
            unsafe { products(n, pair, weights) }
        }

        #[inline(always)]
        fn positions<'a>(at: &Fractions, pair: impl Fn(usize) -> Pair<'a, 3>, out: &mut [[f64; 3]]) {
            // SAFETY: as above.
            unsafe { interpolate(at, pair, out) }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn products<'a>(n: usize, pair: impl Fn(usize) -> Pair<'a, 4>, weights: &mut Weights) {
        let whole = n - n % 4;
        for k in (0..whole).step_by(4) {
            // Spelled out: a closure passed to `map` would not be compiled for AVX2.
            let ((a0, b0), (a1, b1), (a2, b2), (a3, b3)) = (pair(k), pair(k + 1), pair(k + 2), pair(k + 3));
            let a = transpose([load(a0), load(a1), load(a2), load(a3)]);
            let b = transpose([load(b0), load(b1), load(b2), load(b3)]);
            store(&mut weights.dot[k..], sum_of_products(&a, &b));
            store(&mut weights.norm0[k..], sum_of_products(&a, &a));
            store(&mut weights.norm1[k..], sum_of_products(&b, &b));
        }
        products_plain(whole..n, pair, weights);
    }

    /// Four scalar products at once, in the order of additions of [`dot`], unfused.
    #[inline]
    #[target_feature(enable = "avx2")]
    fn sum_of_products(a: &[__m256d; 4], b: &[__m256d; 4]) -> __m256d {
        let xy = _mm256_add_pd(_mm256_mul_pd(a[0], b[0]), _mm256_mul_pd(a[1], b[1]));
        let zw = _mm256_add_pd(_mm256_mul_pd(a[2], b[2]), _mm256_mul_pd(a[3], b[3]));
        _mm256_add_pd(xy, zw)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn transpose(rows: [__m256d; 4]) -> [__m256d; 4] {
        let low01 = _mm256_unpacklo_pd(rows[0], rows[1]);
        let high01 = _mm256_unpackhi_pd(rows[0], rows[1]);
        let low23 = _mm256_unpacklo_pd(rows[2], rows[3]);
        let high23 = _mm256_unpackhi_pd(rows[2], rows[3]);
        [
            _mm256_permute2f128_pd::<0x20>(low01, low23),
            _mm256_permute2f128_pd::<0x20>(high01, high23),
            _mm256_permute2f128_pd::<0x31>(low01, low23),
            _mm256_permute2f128_pd::<0x31>(high01, high23),
        ]
    }

    #[inline]
    #[target_feature(enable = "avx2,fma")]
    fn interpolate<'a>(at: &Fractions, pair: impl Fn(usize) -> Pair<'a, 3>, out: &mut [[f64; 3]]) {
        let eight = _mm256_set1_pd(8.0);
        let sign = _mm256_set1_pd(-0.0);
        for (k, out) in out.iter_mut().enumerate() {
            let (p0, p1) = pair(k);
            let (a, b) = (load3(p0), load3(p1));
            let second = _mm256_set1_pd(0.0 - at.nearer[k]); // the sign bit chooses; a bare minus would set it on 0 too
            let base = _mm256_blendv_pd(a, b, second);
            let step = _mm256_mul_pd(_mm256_set1_pd(at.offset[k]), _mm256_sub_pd(b, a));
            let sum = _mm256_add_pd(base, step);
            let size = _mm256_mul_pd(eight, _mm256_andnot_pd(sign, step));
            let plain = _mm256_cmp_pd::<_CMP_LE_OQ>(size, _mm256_andnot_pd(sign, sum));
            if _mm256_movemask_pd(plain) & 0b111 == 0b111 {
                store3(out, sum);
            } else {
                *out = lerp(at, k, p0, p1);
            }
        }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load(q: &[f64; 4]) -> __m256d {
        // SAFETY: four doubles are readable behind the reference.
        unsafe { _mm256_loadu_pd(q.as_ptr()) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn store(to: &mut [f64], values: __m256d) {
        let to = &mut to[..4];
        // SAFETY: the slice has four doubles.
        unsafe { _mm256_storeu_pd(to.as_mut_ptr(), values) }
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn load3(p: &[f64; 3]) -> __m256d {
        // SAFETY: two doubles and then one are readable behind the reference.
        let (xy, z) = unsafe { (_mm_loadu_pd(p.as_ptr()), _mm_load_sd(p.as_ptr().add(2))) };
        _mm256_set_m128d(z, xy)
    }

    #[inline]
    #[target_feature(enable = "avx2")]
    fn store3(to: &mut [f64; 3], values: __m256d) {
        // SAFETY: two doubles and then one are writeable behind the reference.
        unsafe {
            _mm_storeu_pd(to.as_mut_ptr(), _mm256_castpd256_pd128(values));
            _mm_store_sd(to.as_mut_ptr().add(2), _mm256_extractf128_pd::<1>(values));
        }
    }
}

/* Floats to integers of 8, 16 and 24 bits, sixty-four at a time: scaled, rounded and clamped, NaN as silence.
 *
 * What is too large is made the target's largest integer before the conversion, which gives the smallest 32-bit one for
 * all that is too small; packing with saturation clamps that without an instruction more. The result of NaN is masked
 * out. Compilers know none of it, and use twice as many instructions.
 */
#ifndef PACELINE_SATURATE_H
#define PACELINE_SATURATE_H

#include <stddef.h>
#include <stdint.h>

#if defined(__AVX512BW__) || defined(__AVX2__)
#include <immintrin.h>
#define SATURATES 1
#else
#define SATURATES 0
#endif

/* Asks for the cache lines of memory that is written soon; a hint, for any address. */
static inline void fetch(const void *first, ptrdiff_t bytes) {
#if defined(__GNUC__) || defined(__clang__)
    for (ptrdiff_t at = 0; at < bytes; at += 64)
        __builtin_prefetch((const char *)first + at);
#else
    (void)first, (void)bytes;
#endif
}

#ifdef __AVX512BW__

static inline __m512i saturated(const float *from, float largest, int rounding) {
    const __m512 x = _mm512_mul_ps(_mm512_loadu_ps(from), _mm512_set1_ps(largest + 1));
    const __mmask16 number = _mm512_cmp_ps_mask(x, x, _CMP_ORD_Q);
    const __m512 most = _mm512_min_ps(x, _mm512_set1_ps(largest));
    if (rounding == 0)
        return _mm512_maskz_cvtps_epi32(number, most);
    if (rounding == 1)
        return _mm512_maskz_cvt_roundps_epi32(number, most, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
    return _mm512_maskz_cvttps_epi32(number, most);
}

/* 32 samples, in eighths 0, 4, 1, 5, 2, 6, 3, 7. */
static inline __m512i saturated_halves(const float *from, float largest, int rounding) {
    return _mm512_packs_epi32(saturated(from, largest, rounding), saturated(from + 16, largest, rounding));
}

static inline void saturate_i16(const float *from, int16_t *to, int rounding) {
    const __m512i order = _mm512_setr_epi64(0, 2, 4, 6, 1, 3, 5, 7);
    for (int i = 0; i < 64; i += 32)
        _mm512_storeu_si512(to + i, _mm512_permutexvar_epi64(order, saturated_halves(from + i, 32767, rounding)));
}

static inline void saturate_u8(const float *from, uint8_t *to, int rounding) {
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    const __m512i low = saturated_halves(from, 127, rounding), high = saturated_halves(from + 32, 127, rounding);
    const __m512i packed = _mm512_permutexvar_epi32(order, _mm512_packs_epi16(low, high));
    _mm512_storeu_si512(to, _mm512_xor_si512(packed, _mm512_set1_epi8(-128)));
}

static inline void saturate_i24(const float *from, int32_t *to, int rounding) {
    const __m512i smallest = _mm512_set1_epi32(-8388608); /* no instruction saturates at 24 bits */
    for (int i = 0; i < 64; i += 16)
        _mm512_storeu_si512(to + i, _mm512_max_epi32(saturated(from + i, 8388607, rounding), smallest));
}

#elif SATURATES

static inline __m256i saturated(const float *from, float largest, int rounding) {
    const __m256 x = _mm256_mul_ps(_mm256_loadu_ps(from), _mm256_set1_ps(largest + 1));
    const __m256i number = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_ORD_Q));
    const __m256 most = _mm256_min_ps(x, _mm256_set1_ps(largest));
    if (rounding == 0)
        return _mm256_and_si256(number, _mm256_cvtps_epi32(most));
    return _mm256_and_si256(number, _mm256_cvttps_epi32(rounding == 1 ? _mm256_floor_ps(most) : most));
}

/* 16 samples, in quarters 0, 2, 1, 3. */
static inline __m256i saturated_halves(const float *from, float largest, int rounding) {
    return _mm256_packs_epi32(saturated(from, largest, rounding), saturated(from + 8, largest, rounding));
}

static inline void saturate_i16(const float *from, int16_t *to, int rounding) {
    for (int i = 0; i < 64; i += 16) {
        const __m256i packed = _mm256_permute4x64_epi64(saturated_halves(from + i, 32767, rounding), 0xD8);
        _mm256_storeu_si256((__m256i *)(to + i), packed);
    }
}

static inline void saturate_u8(const float *from, uint8_t *to, int rounding) {
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7), offset = _mm256_set1_epi8(-128);
    for (int i = 0; i < 64; i += 32) {
        const __m256i low = saturated_halves(from + i, 127, rounding);
        const __m256i high = saturated_halves(from + i + 16, 127, rounding);
        const __m256i packed = _mm256_permutevar8x32_epi32(_mm256_packs_epi16(low, high), order);
        _mm256_storeu_si256((__m256i *)(to + i), _mm256_xor_si256(packed, offset));
    }
}

static inline void saturate_i24(const float *from, int32_t *to, int rounding) {
    const __m256i smallest = _mm256_set1_epi32(-8388608); /* no instruction saturates at 24 bits */
    for (int i = 0; i < 64; i += 8)
        _mm256_storeu_si256((__m256i *)(to + i), _mm256_max_epi32(saturated(from + i, 8388607, rounding), smallest));
}

#else /* never called */

static inline void saturate_i16(const float *from, int16_t *to, int rounding) { (void)from, (void)to, (void)rounding; }
static inline void saturate_u8(const float *from, uint8_t *to, int rounding) { (void)from, (void)to, (void)rounding; }
static inline void saturate_i24(const float *from, int32_t *to, int rounding) { (void)from, (void)to, (void)rounding; }

#endif

#endif

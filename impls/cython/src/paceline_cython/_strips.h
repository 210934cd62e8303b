/* Vectors for dot products: of floats, or of doubles, read from anywhere.
 *
 * They have 32 bytes at most. A load of 64 that is not aligned always touches two cache lines, one of 32 every other
 * time; an AVX-512 register would make the sums slower.
 */
#ifndef PACELINE_STRIPS_H
#define PACELINE_STRIPS_H

#include <stdint.h>
#include <string.h>

#if !defined(__GNUC__) && !defined(__clang__)
#error "needs the vector types of GCC or Clang"
#endif

#ifdef __AVX__
#define STRIP_BYTES 32
#else
#define STRIP_BYTES 16
#endif
#define STRIP (STRIP_BYTES / 4)
#define STRIP64 (STRIP_BYTES / 8)

typedef float strip __attribute__((vector_size(STRIP_BYTES)));
typedef double strip64 __attribute__((vector_size(STRIP_BYTES)));
typedef int32_t strip_bits __attribute__((vector_size(STRIP_BYTES)));
typedef int64_t strip_bits64 __attribute__((vector_size(STRIP_BYTES)));
typedef float strip_anywhere __attribute__((vector_size(STRIP_BYTES), aligned(4), may_alias));
typedef double strip64_anywhere __attribute__((vector_size(STRIP_BYTES), aligned(8), may_alias));

static inline strip strip_of(float value) { return value - (strip){0}; }
static inline strip strip_load(const float *from) { return *(const strip_anywhere *)from; }
static inline strip64 strip64_of(double value) { return value - (strip64){0}; }
static inline strip64 strip64_load(const double *from) { return *(const strip64_anywhere *)from; }
static inline strip64 strip64_widened(const float *from) {
    float values __attribute__((vector_size(STRIP_BYTES / 2)));
    memcpy(&values, from, sizeof values);
    return __builtin_convertvector(values, strip64);
}

/* The last `count` are kept, the others become 0. */
static inline strip strip_last(strip value, int count) {
    static const int32_t from_end[8] = {8, 7, 6, 5, 4, 3, 2, 1};
    strip_bits place;
    memcpy(&place, from_end + 8 - STRIP, sizeof place);
    return (strip)((strip_bits)value & (place <= count));
}
static inline strip64 strip64_last(strip64 value, int count) {
    static const int64_t from_end[4] = {4, 3, 2, 1};
    strip_bits64 place;
    memcpy(&place, from_end + 4 - STRIP64, sizeof place);
    return (strip64)((strip_bits64)value & (place <= count));
}

static inline float strip_sum(strip v) {
#if STRIP == 8
    return ((v[0] + v[4]) + (v[2] + v[6])) + ((v[1] + v[5]) + (v[3] + v[7]));
#else
    return (v[0] + v[2]) + (v[1] + v[3]);
#endif
}
static inline double strip64_sum(strip64 v) {
#if STRIP64 == 4
    return (v[0] + v[2]) + (v[1] + v[3]);
#else
    return v[0] + v[1];
#endif
}

#endif

/* Vectors of floats as wide as the instruction-set level's registers: GCC's and Clang's vector types.
 *
 * Cython takes the types for numbers, so that `a + b * c` arrives here as it was written. They are no wider than a
 * register because GCC keeps those that are in memory.
 */
#ifndef PACELINE_LANES_H
#define PACELINE_LANES_H

#include <stddef.h>
#include <stdint.h>

#if !defined(__GNUC__) && !defined(__clang__)
#error "needs the vector types of GCC or Clang"
#endif

#if defined(__AVX512F__)
#define LANES_BYTES 64
#elif defined(__AVX__)
#define LANES_BYTES 32
#else
#define LANES_BYTES 16
#endif
#define WIDTH (LANES_BYTES / 4)

typedef float lanes __attribute__((vector_size(LANES_BYTES)));
typedef float lanes_anywhere __attribute__((vector_size(LANES_BYTES), aligned(4), may_alias));

/* x - 0 is x, signed zeros included, so that only the broadcast is left. */
static inline lanes lanes_of(float value) { return value - (lanes){0}; }
static inline lanes lanes_load(const float *from) { return *(const lanes_anywhere *)from; }
static inline void lanes_store(float *to, lanes value) { *(lanes_anywhere *)to = value; }

/* Of a float greater than 0: its exponent, not yet less 127, and what it is with the exponent of 1. */
typedef int32_t lanes_int __attribute__((vector_size(LANES_BYTES)));
static inline lanes_int lanes_exponent(lanes v) { return (lanes_int)v >> 23; }
static inline lanes lanes_mantissa(lanes v) { return (lanes)(((lanes_int)v & 0x007FFFFF) | 0x3F800000); }

#if WIDTH == 16
#define LANES_EACH(m) m(0), m(1), m(2), m(3), m(4), m(5), m(6), m(7), m(8), m(9), m(10), m(11), m(12), m(13), m(14), m(15)
#elif WIDTH == 8
#define LANES_EACH(m) m(0), m(1), m(2), m(3), m(4), m(5), m(6), m(7)
#else
#define LANES_EACH(m) m(0), m(1), m(2), m(3)
#endif
#define LANES_AT(i) (i)

/* Lane i is of number `first` + i: it is kept if that is in [low, high), else it becomes `other`. */
static inline lanes lanes_within(lanes v, ptrdiff_t first, ptrdiff_t low, ptrdiff_t high, float other) {
    const lanes_int number = (lanes_int){LANES_EACH(LANES_AT)} + (int32_t)first;
    const lanes_int inside = (number >= (int32_t)low) & (number < (int32_t)high);
    return (lanes)(((lanes_int)v & inside) | ((lanes_int)lanes_of(other) & ~inside));
}

/* Not a number is not below. */
static inline int lanes_all_below(lanes v, float limit) {
    const lanes_int below = v < limit;
    int32_t all = -1;
    for (int i = 0; i < WIDTH; i++) all &= below[i];
    return all & 1;
}
/* Any address will do: what cannot be read is not fetched. */
static inline void lanes_prefetch(const float *address) { __builtin_prefetch(address); }
static inline lanes lanes_max(lanes a, lanes b) {
    const lanes_int larger = a > b;
    return (lanes)((larger & (lanes_int)a) | (~larger & (lanes_int)b));
}

/* Of normal numbers above 0, to 3e-7: Chebyshev series, over [1, 2). */
static inline lanes lanes_log2(lanes v) {
    const lanes x = lanes_mantissa(v) - 1.5f;
    lanes y = lanes_of(-0.00887469665f);
    y = y * x + 0.0147787208f;
    y = y * x - 0.020685855f;
    y = y * x + 0.0374629375f;
    y = y * x - 0.0712830113f;
    y = y * x + 0.14252637f;
    y = y * x - 0.320597666f;
    y = y * x + 0.961795972f;
    y = y * x + 0.584962494f;
    return y + __builtin_convertvector(lanes_exponent(v) - 127, lanes);
}
/* Where the result is a normal number, relative to it to 3e-7: over [-0.5, 0.5]. */
static inline lanes lanes_exp2(lanes v) {
    const lanes whole = (v + 12582912.0f) - 12582912.0f, x = v - whole; /* 1.5 * 2**23: to the nearest */
    lanes y = lanes_of(0.00134004322f);
    y = y * x + 0.0096760371f;
    y = y * x + 0.0555032721f;
    y = y * x + 0.240221074f;
    y = y * x + 0.693147207f;
    y = y * x + 1.0f;
    return (lanes)((lanes_int)y + (__builtin_convertvector(whole, lanes_int) << 23));
}

typedef float lanes_quad __attribute__((vector_size(16)));
typedef float lanes_quad_anywhere __attribute__((vector_size(16), aligned(4), may_alias));
typedef union {
    lanes all;
    lanes_quad quads[WIDTH / 4];
    int32_t ints[WIDTH];
} lanes_parts;

static inline float lanes_sum(lanes v) {
    const lanes_parts parts = {v};
    lanes_quad sum = parts.quads[0];
    for (int i = 1; i < WIDTH / 4; i++) sum += parts.quads[i];
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}
static inline float lanes_product(lanes v) {
    const lanes_parts parts = {v};
    lanes_quad product = parts.quads[0];
    for (int i = 1; i < WIDTH / 4; i++) product *= parts.quads[i];
    return (product[0] * product[2]) * (product[1] * product[3]);
}
static inline int32_t lanes_int_sum(lanes_int v) {
    const lanes_parts parts = {(lanes)v};
    int32_t sum = 0;
    for (int i = 0; i < WIDTH; i++) sum += parts.ints[i];
    return sum;
}

/* Tiles: 16 streams' samples are turned round the diagonal, to rows of a sample of each, and back. What a gather returns
 * is 0 in every lane where all samples are finite. */
#if LANES_BYTES == 64

typedef lanes lanes_check;

#define LANES_LOW(a, b) __builtin_shufflevector(a, b, 0, 16, 1, 17, 4, 20, 5, 21, 8, 24, 9, 25, 12, 28, 13, 29)
#define LANES_HIGH(a, b) __builtin_shufflevector(a, b, 2, 18, 3, 19, 6, 22, 7, 23, 10, 26, 11, 27, 14, 30, 15, 31)
#define LANES_LOW2(a, b) __builtin_shufflevector(a, b, 0, 1, 16, 17, 4, 5, 20, 21, 8, 9, 24, 25, 12, 13, 28, 29)
#define LANES_HIGH2(a, b) __builtin_shufflevector(a, b, 2, 3, 18, 19, 6, 7, 22, 23, 10, 11, 26, 27, 14, 15, 30, 31)
#define LANES_EVEN4(a, b) __builtin_shufflevector(a, b, 0, 1, 2, 3, 8, 9, 10, 11, 16, 17, 18, 19, 24, 25, 26, 27)
#define LANES_ODD4(a, b) __builtin_shufflevector(a, b, 4, 5, 6, 7, 12, 13, 14, 15, 20, 21, 22, 23, 28, 29, 30, 31)

static inline __attribute__((always_inline)) void lanes_turn(lanes r[16]) {
    lanes t[16];
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        t[2 * i] = LANES_LOW(r[2 * i], r[2 * i + 1]);
        t[2 * i + 1] = LANES_HIGH(r[2 * i], r[2 * i + 1]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        r[4 * i] = LANES_LOW2(t[4 * i], t[4 * i + 2]);
        r[4 * i + 1] = LANES_HIGH2(t[4 * i], t[4 * i + 2]);
        r[4 * i + 2] = LANES_LOW2(t[4 * i + 1], t[4 * i + 3]);
        r[4 * i + 3] = LANES_HIGH2(t[4 * i + 1], t[4 * i + 3]);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        t[i] = LANES_EVEN4(r[i], r[4 + i]);
        t[4 + i] = LANES_ODD4(r[i], r[4 + i]);
        t[8 + i] = LANES_EVEN4(r[8 + i], r[12 + i]);
        t[12 + i] = LANES_ODD4(r[8 + i], r[12 + i]);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) {
        r[i] = LANES_EVEN4(t[i], t[8 + i]);
        r[8 + i] = LANES_ODD4(t[i], t[8 + i]);
    }
}

static inline lanes_check lanes_gather_tile(const float *const from[16], ptrdiff_t at, float *rows, ptrdiff_t stride) {
    lanes tile[16], check[4] = {{0}};
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) {
        tile[i] = lanes_load(from[i] + at);
        check[i & 3] += tile[i] * 0.0f;
    }
    lanes_turn(tile);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) lanes_store(rows + i * stride, tile[i]);
    return (check[0] + check[1]) + (check[2] + check[3]);
}

/* Row i is taken from where row i ^ flip is. */
static inline void lanes_scatter_tile(
    const float *rows, ptrdiff_t stride, int flip, float *const to[16], ptrdiff_t at
) {
    lanes tile[16];
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) tile[i] = lanes_load(rows + (i ^ flip) * stride);
    lanes_turn(tile);
#pragma GCC unroll 16
    for (int i = 0; i < 16; i++) lanes_store(to[i] + at, tile[i]);
}

#else /* by quarters of rows: 4 x 4 fit any level's registers */

typedef lanes_quad lanes_check;

static inline __attribute__((always_inline)) void lanes_turn(lanes_quad r[4]) {
    const lanes_quad a = __builtin_shufflevector(r[0], r[1], 0, 4, 1, 5), b = __builtin_shufflevector(r[0], r[1], 2, 6, 3, 7);
    const lanes_quad c = __builtin_shufflevector(r[2], r[3], 0, 4, 1, 5), d = __builtin_shufflevector(r[2], r[3], 2, 6, 3, 7);
    r[0] = __builtin_shufflevector(a, c, 0, 1, 4, 5);
    r[1] = __builtin_shufflevector(a, c, 2, 3, 6, 7);
    r[2] = __builtin_shufflevector(b, d, 0, 1, 4, 5);
    r[3] = __builtin_shufflevector(b, d, 2, 3, 6, 7);
}

#if WIDTH == 8
static inline __attribute__((always_inline)) void lanes_turn8(lanes r[8]) {
    lanes t[8];
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) { /* pairs of rows */
        t[2 * i] = __builtin_shufflevector(r[2 * i], r[2 * i + 1], 0, 8, 1, 9, 4, 12, 5, 13);
        t[2 * i + 1] = __builtin_shufflevector(r[2 * i], r[2 * i + 1], 2, 10, 3, 11, 6, 14, 7, 15);
    }
#pragma GCC unroll 2
    for (int i = 0; i < 2; i++) { /* fours of rows: columns i and 4 + i are in one vector */
        r[4 * i] = __builtin_shufflevector(t[4 * i], t[4 * i + 2], 0, 1, 8, 9, 4, 5, 12, 13);
        r[4 * i + 1] = __builtin_shufflevector(t[4 * i], t[4 * i + 2], 2, 3, 10, 11, 6, 7, 14, 15);
        r[4 * i + 2] = __builtin_shufflevector(t[4 * i + 1], t[4 * i + 3], 0, 1, 8, 9, 4, 5, 12, 13);
        r[4 * i + 3] = __builtin_shufflevector(t[4 * i + 1], t[4 * i + 3], 2, 3, 10, 11, 6, 7, 14, 15);
    }
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        t[i] = __builtin_shufflevector(r[i], r[4 + i], 0, 1, 2, 3, 8, 9, 10, 11);
        t[4 + i] = __builtin_shufflevector(r[i], r[4 + i], 4, 5, 6, 7, 12, 13, 14, 15);
    }
#pragma GCC unroll 8
    for (int i = 0; i < 8; i++) r[i] = t[i];
}
#endif

static inline lanes_check lanes_gather_tile(const float *const from[16], ptrdiff_t at, float *rows, ptrdiff_t stride) {
    lanes_check check = {0};
    for (int lane = 0; lane < 16; lane += 4) {
        for (int k = 0; k < 16; k += 4) {
            lanes_quad tile[4];
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) {
                tile[i] = *(const lanes_quad_anywhere *)(from[lane + i] + at + k);
                check += tile[i] * 0.0f;
            }
            lanes_turn(tile);
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) *(lanes_quad_anywhere *)(rows + (k + i) * stride + lane) = tile[i];
        }
    }
    return check;
}

/* Row i is taken from where row i ^ flip is. */
static inline void lanes_scatter_tile(
    const float *rows, ptrdiff_t stride, int flip, float *const to[16], ptrdiff_t at
) {
    for (int lane = 0; lane < 16; lane += 4) {
        for (int k = 0; k < 16; k += 4) {
            lanes_quad tile[4];
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) tile[i] = *(const lanes_quad_anywhere *)(rows + ((k + i) ^ flip) * stride + lane);
            lanes_turn(tile);
#pragma GCC unroll 4
            for (int i = 0; i < 4; i++) *(lanes_quad_anywhere *)(to[lane + i] + at + k) = tile[i];
        }
    }
}

#endif

/* A vector of each of WIDTH rows of 16 becomes 16 vectors, of one column each. */
static inline __attribute__((always_inline)) void lanes_columns(const float *const rows[WIDTH], lanes to[16]) {
#pragma GCC unroll 4
    for (int column = 0; column < 16; column += WIDTH) {
#pragma GCC unroll 16
        for (int i = 0; i < WIDTH; i++) to[column + i] = lanes_load(rows[i] + column);
#if WIDTH == 8
        lanes_turn8(to + column);
#else
        lanes_turn(to + column);
#endif
    }
}

static inline int lanes_all_zero(lanes_check v) {
    int wrong = 0;
    for (size_t i = 0; i < sizeof v / sizeof v[0]; i++) wrong |= !(v[i] == 0.0f);
    return !wrong;
}

#endif

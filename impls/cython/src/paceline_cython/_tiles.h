/* Runs numbers through several operations at once: eight vectors, a tile, stay in registers from node to node. */
#ifndef PACELINE_TILES_H
#define PACELINE_TILES_H

#include "_chains.h"
#include <string.h>

#if defined(__GNUC__) || defined(__clang__)
#if defined(__AVX512F__)
#define TILE_WIDTH 64
#elif defined(__AVX__)
#define TILE_WIDTH 32
#else
#define TILE_WIDTH 16
#endif
#define TILE_VECTOR(type)                                                                                              \
    typedef type type##_vector __attribute__((vector_size(TILE_WIDTH)));                                               \
    typedef type type##_loose __attribute__((vector_size(TILE_WIDTH), aligned(1), may_alias))
#else
#define TILE_WIDTH 8
#define TILE_VECTOR(type) typedef type type##_vector, type##_loose
#endif

TILE_VECTOR(double);
TILE_VECTOR(float);
TILE_VECTOR(uint64_t); /* integers wrap; whoever calls has made sure that none does */

#define TILE_ALL(sign) a sign c, b sign c, d sign c, e sign c, f sign c, g sign c, h sign c, k sign c

#define TILE_LOOPS(name, type, operand, divided)                                                                       \
    static inline void name##_tile(const Move *moves, ptrdiff_t n_moves, const type *x, type *out) {                   \
        const type##_loose *v = (const type##_loose *)x;                                                               \
        type##_loose *w = (type##_loose *)out;                                                                         \
        type##_vector a = v[0], b = v[1], d = v[2], e = v[3], f = v[4], g = v[5], h = v[6], k = v[7];                  \
        for (ptrdiff_t i = 0; i < n_moves; i++) {                                                                      \
            const type c = (type)moves[i].operand;                                                                     \
            switch (moves[i].operation) {                                                                              \
            case MOVE_ADD: TILE_ALL(+=); break;                                                                        \
            case MOVE_SUBTRACT: TILE_ALL(-=); break;                                                                   \
            case MOVE_MULTIPLY: TILE_ALL(*=); break;                                                                   \
            default: divided; break;                                                                                   \
            }                                                                                                          \
        }                                                                                                              \
        w[0] = a, w[1] = b, w[2] = d, w[3] = e, w[4] = f, w[5] = g, w[6] = h, w[7] = k;                                \
    }                                                                                                                  \
    static void name##_tiles(const Move *moves, ptrdiff_t n_moves, const type *x, type *out, ptrdiff_t n) {            \
        enum { TILE = 8 * sizeof(type##_vector) / sizeof(type) };                                                      \
        for (; n >= TILE; n -= TILE, x += TILE, out += TILE) name##_tile(moves, n_moves, x, out);                      \
        if (n > 0) {                                                                                                   \
            type rest[TILE] = {0};                                                                                     \
            memcpy(rest, x, n * sizeof(type));                                                                         \
            name##_tile(moves, n_moves, rest, rest);                                                                   \
            memcpy(out, rest, n * sizeof(type));                                                                       \
        }                                                                                                              \
    }

TILE_LOOPS(f64, double, real, TILE_ALL(/=))
TILE_LOOPS(f32, float, real, TILE_ALL(/=))
TILE_LOOPS(i64, uint64_t, whole, (void)0)

#endif

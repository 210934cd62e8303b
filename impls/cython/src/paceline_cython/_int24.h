/* Packed 24-bit samples, three bytes each, little-endian, to and from 32-bit ones. */
#ifndef PACELINE_INT24_H
#define PACELINE_INT24_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* A byte shuffle is one instruction from SSSE3 on, and on every aarch64; before, plain loops are better. */
#if defined(__GNUC__) && defined(__has_builtin) && (defined(__SSSE3__) || defined(__aarch64__))
#if __has_builtin(__builtin_shufflevector)
#define INT24_SHUFFLES
#endif
#endif

#ifdef INT24_SHUFFLES
typedef uint8_t int24_bytes __attribute__((vector_size(16)));
typedef uint32_t int24_words __attribute__((vector_size(16)));
#ifdef __AVX512BW__
#define INT24_WIDE
typedef uint8_t int24_wide_bytes __attribute__((vector_size(64)));
typedef uint32_t int24_wide_words __attribute__((vector_size(64)));
#endif
#endif

/* Samples that are read, or written, beyond the 64 that are unpacked, or packed, at once. */
#if defined(INT24_SHUFFLES) && !defined(INT24_WIDE)
#define INT24_BEYOND 2
#else
#define INT24_BEYOND 0
#endif

/* Unpacked, the upper three bytes of every word are a sample's, and the lowest one is 0; packed are the lower three. */

#ifdef INT24_WIDE

/* Numbers of words in a pair of registers, three to every quarter. */
#define INT24_QUARTERS(k) \
    k, k + 1, k + 2, 0, k + 3, k + 4, k + 5, 0, k + 6, k + 7, k + 8, 0, k + 9, k + 10, k + 11, 0

static inline int24_wide_words int24_spread(int24_wide_words v) {
    int24_wide_bytes b = (int24_wide_bytes)v;
    b = __builtin_shufflevector(
        b, b, 0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 16, 16, 17, 18, 19, 19, 20, 21, 22, 22, 23, 24, 25, 25,
        26, 27, 32, 32, 33, 34, 35, 35, 36, 37, 38, 38, 39, 40, 41, 41, 42, 43, 48, 48, 49, 50, 51, 51, 52, 53, 54, 54,
        55, 56, 57, 57, 58, 59
    );
    return (int24_wide_words)b & 0xFFFFFF00u;
}

static inline int24_wide_words int24_gather(const int32_t *from) {
    int24_wide_bytes b;
    memcpy(&b, from, 64);
    b = __builtin_shufflevector(
        b, b, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15, 16, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29, 30, 19,
        23, 27, 31, 32, 33, 34, 36, 37, 38, 40, 41, 42, 44, 45, 46, 35, 39, 43, 47, 48, 49, 50, 52, 53, 54, 56, 57, 58,
        60, 61, 62, 51, 55, 59, 63
    );
    return (int24_wide_words)b;
}

static inline int24_wide_words int24_load(const void *from) {
    int24_wide_words v;
    memcpy(&v, from, 64);
    return v;
}

static inline void int24_store(void *to, int24_wide_words v) { memcpy(to, &v, 64); }

/* Three registers of bytes to four of words, and back: loads of 48 bytes would touch two cache lines mostly. */
static inline void int24_unpack64(const uint8_t *from, int32_t *to) {
    const int24_wide_words a = int24_load(from), b = int24_load(from + 64), c = int24_load(from + 128);
    int24_store(to, int24_spread(__builtin_shufflevector(a, a, INT24_QUARTERS(0))));
    int24_store(to + 16, int24_spread(__builtin_shufflevector(a, b, INT24_QUARTERS(12))));
    int24_store(to + 32, int24_spread(__builtin_shufflevector(b, c, INT24_QUARTERS(8))));
    int24_store(to + 48, int24_spread(__builtin_shufflevector(c, c, INT24_QUARTERS(4))));
}

static inline void int24_pack64(const int32_t *from, uint8_t *to) {
    const int24_wide_words a = int24_gather(from), b = int24_gather(from + 16);
    const int24_wide_words c = int24_gather(from + 32), d = int24_gather(from + 48);
    int24_store(to, __builtin_shufflevector(a, b, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20));
    int24_store(to + 64, __builtin_shufflevector(b, c, 5, 6, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25));
    int24_store(to + 128, __builtin_shufflevector(c, d, 10, 12, 13, 14, 16, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29, 30));
}

#elif defined(INT24_SHUFFLES)

static inline void int24_unpack64(const uint8_t *from, int32_t *to) {
    for (int i = 0; i < 64; i += 4) {
        int24_bytes v;
        memcpy(&v, from + 3 * i, 16);
        v = __builtin_shufflevector(v, v, 0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11);
        const int24_words words = (int24_words)v & 0xFFFFFF00u;
        memcpy(to + i, &words, 16);
    }
}

static inline void int24_pack64(const int32_t *from, uint8_t *to) {
    for (int i = 0; i < 64; i += 4) { /* the last four bytes are written once more by the next */
        int24_bytes v;
        memcpy(&v, from + i, 16);
        v = __builtin_shufflevector(v, v, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15);
        memcpy(to + 3 * i, &v, 16);
    }
}

#else

static inline void int24_unpack64(const uint8_t *from, int32_t *to) {
    for (int i = 0; i < 64; i++)
        to[i] = (int32_t)((uint32_t)from[3 * i] << 8 | (uint32_t)from[3 * i + 1] << 16 | (uint32_t)from[3 * i + 2] << 24);
}
static inline void int24_pack64(const int32_t *from, uint8_t *to) {
    for (int i = 0; i < 64; i++) {
        to[3 * i] = (uint8_t)from[i];
        to[3 * i + 1] = (uint8_t)((uint32_t)from[i] >> 8);
        to[3 * i + 2] = (uint8_t)((uint32_t)from[i] >> 16);
    }
}

#endif

#endif

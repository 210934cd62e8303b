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

/* Sixteen samples at a time read, or write, sixteen bytes more than theirs. */
#define INT24_BEYOND 6 /* samples that these are at most */

/* The upper three bytes of every word are a sample's, the lowest one is 0. */
static inline void int24_unpack(const uint8_t *from, int32_t *to, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i++)
        to[i] = (int32_t)((uint32_t)from[3 * i] << 8 | (uint32_t)from[3 * i + 1] << 16 | (uint32_t)from[3 * i + 2] << 24);
}

/* The lower three bytes of every word become a sample. */
static inline void int24_pack(const int32_t *from, uint8_t *to, ptrdiff_t n) {
    for (ptrdiff_t i = 0; i < n; i++) {
        to[3 * i] = (uint8_t)from[i];
        to[3 * i + 1] = (uint8_t)((uint32_t)from[i] >> 8);
        to[3 * i + 2] = (uint8_t)((uint32_t)from[i] >> 16);
    }
}

#ifdef INT24_WIDE

static inline void int24_unpack16(const uint8_t *from, int32_t *to) {
    int24_wide_words v;
    memcpy(&v, from, 64);
    v = __builtin_shufflevector(v, v, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 8, 9, 10, 11, 11); /* 12 bytes to a quarter */
    int24_wide_bytes b = (int24_wide_bytes)v;
    b = __builtin_shufflevector(
        b, b, 0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11, 16, 16, 17, 18, 19, 19, 20, 21, 22, 22, 23, 24, 25, 25,
        26, 27, 32, 32, 33, 34, 35, 35, 36, 37, 38, 38, 39, 40, 41, 41, 42, 43, 48, 48, 49, 50, 51, 51, 52, 53, 54, 54,
        55, 56, 57, 57, 58, 59
    );
    v = (int24_wide_words)b & 0xFFFFFF00u;
    memcpy(to, &v, 64);
}

static inline void int24_pack16(const int32_t *from, uint8_t *to) {
    int24_wide_bytes b;
    memcpy(&b, from, 64);
    b = __builtin_shufflevector(
        b, b, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15, 16, 17, 18, 20, 21, 22, 24, 25, 26, 28, 29, 30, 19,
        23, 27, 31, 32, 33, 34, 36, 37, 38, 40, 41, 42, 44, 45, 46, 35, 39, 43, 47, 48, 49, 50, 52, 53, 54, 56, 57, 58,
        60, 61, 62, 51, 55, 59, 63
    );
    int24_wide_words v = (int24_wide_words)b;
    v = __builtin_shufflevector(v, v, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15);
    memcpy(to, &v, 64);
}

#elif defined(INT24_SHUFFLES)

static inline void int24_unpack16(const uint8_t *from, int32_t *to) {
    for (int i = 0; i < 16; i += 4) {
        int24_bytes v;
        memcpy(&v, from + 3 * i, 16);
        v = __builtin_shufflevector(v, v, 0, 0, 1, 2, 3, 3, 4, 5, 6, 6, 7, 8, 9, 9, 10, 11);
        const int24_words words = (int24_words)v & 0xFFFFFF00u;
        memcpy(to + i, &words, 16);
    }
}

static inline void int24_pack16(const int32_t *from, uint8_t *to) {
    for (int i = 0; i < 16; i += 4) { /* the last four bytes are written once more by the next */
        int24_bytes v;
        memcpy(&v, from + i, 16);
        v = __builtin_shufflevector(v, v, 0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, 3, 7, 11, 15);
        memcpy(to + 3 * i, &v, 16);
    }
}

#else

static inline void int24_unpack16(const uint8_t *from, int32_t *to) { int24_unpack(from, to, 16); }
static inline void int24_pack16(const int32_t *from, uint8_t *to) { int24_pack(from, to, 16); }

#endif

#endif

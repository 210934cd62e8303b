/* A float's bits, and its rounding to the nearest int, in a form that compilers make vector instructions of. */
#ifndef PACELINE_ROUNDING_H
#define PACELINE_ROUNDING_H

#include <math.h>
#include <stdint.h>
#include <string.h>

static inline int32_t bits_of(float value) {
    int32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float of_bits(int32_t bits) {
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

#if defined(__GNUC__) && !defined(__clang__)
#define nearest_int(value) __builtin_irintf(value)
#else
#define nearest_int(value) ((int32_t)rintf(value))
#endif

#endif

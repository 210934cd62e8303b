/* The loops of a chain of numbers: a module per instruction-set level fills in one table, the executor calls by it. */
#ifndef PACELINE_CHAINS_H
#define PACELINE_CHAINS_H

#include <stddef.h>
#include <stdint.h>

#define CHAIN_TABLE "paceline_cython.chain_loops"

enum { CHAIN_BLOCK = 1024 }; /* numbers that stay in the first-level cache from node to node */

enum { MOVE_ADD = 1, MOVE_SUBTRACT, MOVE_MULTIPLY, MOVE_DIVIDE }; /* the contract's kinds */

/* One operation with a constant. Integers are not divided. */
typedef struct {
    int operation;
    double real;
    int64_t whole;
} Move;

typedef struct {
    /* n numbers through some operations, from x to out, which may be x */
    void (*f64)(const Move *moves, ptrdiff_t n_moves, const double *x, double *out, ptrdiff_t n);
    void (*f32)(const Move *moves, ptrdiff_t n_moves, const float *x, float *out, ptrdiff_t n);
    void (*i64)(const Move *moves, ptrdiff_t n_moves, const uint64_t *x, uint64_t *out, ptrdiff_t n);
    void (*as_f64)(const int64_t *x, double *out, ptrdiff_t n);
    int (*within)(const int64_t *x, ptrdiff_t n, int64_t low, int64_t high);
} ChainLoops;

#endif

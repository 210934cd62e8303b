/* The loops of a chain of numbers: a module per instruction-set level fills in one table, the executor calls by it. */
#ifndef PACELINE_CHAINS_H
#define PACELINE_CHAINS_H

#include <stddef.h>
#include <stdint.h>

#define CHAIN_TABLE "paceline_cython.chain_loops"

enum { CHAIN_BLOCK = 1024 }; /* numbers that stay in the first-level cache from node to node */

typedef struct {
    /* x <operation> c, from x to out; or in x itself, where a loop may not read what it has written */
    void (*f64)(int operation, const double *x, double *out, ptrdiff_t n, double c);
    void (*f64_inside)(int operation, double *x, ptrdiff_t n, double c);
    void (*f32)(int operation, const float *x, float *out, ptrdiff_t n, float c);
    void (*f32_inside)(int operation, float *x, ptrdiff_t n, float c);
    /* integers add, subtract and multiply; whoever calls has made sure that nothing overflows */
    void (*i64)(int operation, const int64_t *x, int64_t *out, ptrdiff_t n, int64_t c);
    void (*i64_inside)(int operation, int64_t *x, ptrdiff_t n, int64_t c);
    void (*as_f64)(const int64_t *x, double *out, ptrdiff_t n);
    int (*within)(const int64_t *x, ptrdiff_t n, int64_t low, int64_t high);
} ChainLoops;

#endif

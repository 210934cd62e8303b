/* The hardware's limit for interpolating poses: positions by lerp, rotations by slerp (xyzw), any non-zero norm.
 *
 *   interpolate_poses(stamps, positions, quaternions, knots, queries, n, out_positions, out_quaternions)
 *
 * Stamps strictly increase (int64 ns); queries come in any order and clamp. Time differences are taken in int64.
 * It checks nothing, so it is no library: it shows how fast the same work can go on this machine.
 *
 * Per block of 256 queries: find segments -> chord -> two weights (vector loops) -> apply. From the chord
 * y = |b - s a|^2 / 4 = sin^2(theta / 2) the weights need neither acos nor a branch, and lose no digits near y = 0. */
#include <math.h>
#include <stdint.h>
#if defined(__AVX2__)
#include <immintrin.h>
#endif

#define BLOCK 256
typedef int64_t i64;

/* asin(sqrt y)/sqrt y on [0, 1/2] and sin(sqrt u)/sqrt u on [0, (pi/2)^2]: Chebyshev fits at 40 digits, errors 3.5e-18, 2e-19 */
#define NA 20
#define NS 9
static const double CA[NA] = {
    0.99999999999999999815, 0.16666666666666962275, 0.074999999999216019025, 0.044642857225198235356,
    0.030381939881651882321, 0.022372313173181128287, 0.017349310312271253491, 0.014019172263170341292,
    0.010929346635853875852, 0.015091814736796417417, -0.02631644573455330052, 0.18095803245665061987,
    -0.66412569321062864754, 2.0016098322224659101, -4.5358037578774418889, 7.7681843194784742809,
    -9.6696808959848812169, 8.3250001629555336106, -4.4388245427697991841, 1.1264209926865336581};
static const double CS[NS] = {
    0.99999999999999999979, -0.16666666666666665306, 0.0083333333333331862815,
    -0.0001984126984120863862, 2.7557319211223259502e-6, -2.5052106889975130936e-8,
    1.6058940847832492062e-10, -7.6430257389643450587e-13, 2.7215660921125597963e-15};

/* Queries mostly follow one another: a few steps from the last segment beat any search, and a linear guess as well (it
 * is far off behind every gap in the knots). A query that jumps is found by a branchless binary search. */
#define STEPS 32
static inline long segment(const i64 *tk, long m, i64 t, long i) {
  long end = i + STEPS < m - 2 ? i + STEPS : m - 2;
  if (__builtin_expect(tk[i] <= t, 1)) {
    while (i < end && tk[i + 1] <= t) i++;
    if (__builtin_expect(i < end || i == m - 2, 1)) return i;
  }
  const i64 *from = tk;
  for (long n = m - 1; n > 1;) {
    long half = n >> 1;
    from = from[half] <= t ? from + half : from;
    n -= half;
  }
  return from - tk;
}

#if defined(__AVX2__)
#define SQ(v) _mm256_mul_pd(v, v)
/* the four horizontal sums of four 4-vectors */
static inline __m256d sums(__m256d a, __m256d b, __m256d c, __m256d d) {
  __m256d h0 = _mm256_hadd_pd(a, b), h1 = _mm256_hadd_pd(c, d);
  return _mm256_add_pd(_mm256_permute2f128_pd(h0, h1, 0x21), _mm256_blend_pd(h0, h1, 12));
}
static inline __m256d inverse_norms(const __m256d v[4]) {
  return _mm256_div_pd(_mm256_set1_pd(1.0), _mm256_sqrt_pd(sums(SQ(v[0]), SQ(v[1]), SQ(v[2]), SQ(v[3]))));
}
#endif

/* y and the sign that takes the shorter arc, from the unit knots; i0 and i1 are one over the knots' norms */
static void chord(const double *qk, const int *ix, long n, double *y, double *sg, double *i0, double *i1) {
  long k = 0;
#if defined(__AVX2__)
  for (; k + 4 <= n; k += 4) {
    __m256d a[4], b[4];
    for (int j = 0; j < 4; j++) {
      a[j] = _mm256_loadu_pd(qk + 4l * ix[k + j]);
      b[j] = _mm256_loadu_pd(qk + 4l * ix[k + j] + 4);
    }
    __m256d u = inverse_norms(a), v = inverse_norms(b);
    _mm256_storeu_pd(i0 + k, u);
    _mm256_storeu_pd(i1 + k, v);
#define UNIT(j)                                              \
  a[j] = _mm256_mul_pd(a[j], _mm256_permute4x64_pd(u, 0x55 * j)); \
  b[j] = _mm256_mul_pd(b[j], _mm256_permute4x64_pd(v, 0x55 * j));
    UNIT(0) UNIT(1) UNIT(2) UNIT(3)
#define APART(j) SQ(_mm256_sub_pd(b[j], a[j]))
#define TOGETHER(j) SQ(_mm256_add_pd(b[j], a[j]))
    __m256d far = sums(APART(0), APART(1), APART(2), APART(3)), sign = _mm256_set1_pd(1.0);
    __m256d other = _mm256_cmp_pd(far, _mm256_set1_pd(2.0), _CMP_GT_OQ); /* then the other sign is nearer */
    if (__builtin_expect(_mm256_movemask_pd(other), 0)) {
      far = _mm256_blendv_pd(far, sums(TOGETHER(0), TOGETHER(1), TOGETHER(2), TOGETHER(3)), other);
      sign = _mm256_blendv_pd(sign, _mm256_set1_pd(-1.0), other);
    }
    _mm256_storeu_pd(y + k, _mm256_mul_pd(far, _mm256_set1_pd(0.25)));
    _mm256_storeu_pd(sg + k, sign);
  }
#endif
  for (; k < n; k++) {
    const double *a = qk + 4l * ix[k];
    double u = 0, v = 0, apart = 0, together = 0;
    for (int c = 0; c < 4; c++) u += a[c] * a[c], v += a[4 + c] * a[4 + c];
    u = 1 / sqrt(u), v = 1 / sqrt(v);
    for (int c = 0; c < 4; c++) {
      double less = v * a[4 + c] - u * a[c], more = v * a[4 + c] + u * a[c];
      apart += less * less, together += more * more;
    }
    y[k] = 0.25 * (apart > 2 ? together : apart);
    sg[k] = apart > 2 ? -1 : 1, i0[k] = u, i1[k] = v;
  }
}

#define WEIGHTS                                                                                              \
  const double *restrict a, const double *restrict y, const double *restrict sg, long n, double *restrict w0, \
      double *restrict w1
/* any angle: with A(y) = asin(sqrt y)/sqrt y, theta/sin theta = A/sqrt(1 - y) and sin(f theta) = f theta S(f^2 theta^2) */
static void weights_any(WEIGHTS) {
  for (long k = 0; k < n; k++) {
    double arc = CA[NA - 1], f = a[k], g = 1 - f;
#pragma GCC unroll 32
    for (int j = NA - 2; j >= 0; j--) arc = arc * y[k] + CA[j];
    double r = arc / sqrt(1 - y[k]), t2 = 4 * y[k] * arc * arc, u = f * f * t2, v = g * g * t2;
    double su = CS[NS - 1], sv = CS[NS - 1];
#pragma GCC unroll 32
    for (int j = NS - 2; j >= 0; j--) su = su * u + CS[j], sv = sv * v + CS[j];
    w1[k] = sg[k] * f * r * su, w0[k] = g * r * sv;
  }
}
/* small angles: sin(f th)/sin th = f (1 + c1 x (1 + c2 x ...)), x = 1 - cos th = 2y, ck = (k^2 - f^2)/(k (2k + 1)) */
#define SERIES(NAME, TERMS)                                           \
  static void NAME(WEIGHTS) {                                         \
    for (long k = 0; k < n; k++) {                                    \
      double x = 2 * y[k], f = a[k], g = 1 - f, p = 1, q = 1;         \
      _Pragma("GCC unroll 16") for (int j = TERMS; j >= 1; j--) {     \
        const double bj = 1.0 / (j * (2.0 * j + 1)), aj = j / (2.0 * j + 1); \
        p = 1 + (aj - bj * (f * f)) * x * p;                          \
        q = 1 + (aj - bj * (g * g)) * x * q;                          \
      }                                                               \
      w1[k] = sg[k] * f * p, w0[k] = g * q;                           \
    }                                                                 \
  }
SERIES(weights_4, 4)
SERIES(weights_8, 8)
/* the block's largest angle chooses: a branch per block, none per sample */
static void weights(WEIGHTS) {
  double most = 0;
  for (long k = 0; k < n; k++) most = y[k] > most ? y[k] : most;
  if (most < 4e-4) weights_4(a, y, sg, n, w0, w1);
  else if (most < 1.4e-2) weights_8(a, y, sg, n, w0, w1);
  else weights_any(a, y, sg, n, w0, w1);
}

static inline void apply_one(const double *pk, const double *qk, long i, double a, double w0, double w1, double *po,
                             double *qo) {
  for (int c = 0; c < 4; c++) qo[c] = w0 * qk[4 * i + c] + w1 * qk[4 * i + 4 + c];
  for (int c = 0; c < 3; c++) po[c] = pk[3 * i + c] + a * (pk[3 * i + 3 + c] - pk[3 * i + c]);
}
static void apply(const double *pk, const double *qk, long m, const int *ix, const double *a, const double *w0,
                  const double *w1, long n, double *po, double *qo, int last_block) {
  long k = 0;
#if defined(__AVX2__)
  for (long j = 0; j < n; j++) {
    const double *q = qk + 4l * ix[j];
    _mm256_storeu_pd(qo + 4 * j, _mm256_fmadd_pd(_mm256_set1_pd(w1[j]), _mm256_loadu_pd(q + 4),
                                                 _mm256_mul_pd(_mm256_set1_pd(w0[j]), _mm256_loadu_pd(q))));
  }
  /* positions by 4-wide loads and stores that reach into the next row; the last row and the last knot go one by one */
  for (; k < (last_block ? n - 1 : n); k++) {
    long i = ix[k];
    if (i >= m - 2) {
      apply_one(pk, qk, i, a[k], w0[k], w1[k], po + 3 * k, qo + 4 * k);
      continue;
    }
    __m256d from = _mm256_loadu_pd(pk + 3 * i), to = _mm256_loadu_pd(pk + 3 * i + 3);
    _mm256_storeu_pd(po + 3 * k, _mm256_fmadd_pd(_mm256_set1_pd(a[k]), _mm256_sub_pd(to, from), from));
  }
#endif
  for (; k < n; k++) apply_one(pk, qk, ix[k], a[k], w0[k], w1[k], po + 3 * k, qo + 4 * k);
}

void interpolate_poses(const i64 *restrict tk, const double *restrict pk, const double *restrict qk, long m,
                       const i64 *restrict tq, long n, double *restrict po, double *restrict qo) {
  double a[BLOCK] = {0}, y[BLOCK] = {0}, sg[BLOCK] = {0}, w0[BLOCK], w1[BLOCK], num[BLOCK], den[BLOCK], i0[BLOCK],
         i1[BLOCK];
  int ix[BLOCK];
  long i = 0;
  for (long s = 0; s < n; s += BLOCK) {
    long b = n - s < BLOCK ? n - s : BLOCK;
    for (long k = 0; k < b; k++) {
      i64 t = tq[s + k];
      i = segment(tk, m, t, i);
      ix[k] = (int)i, num[k] = (double)(t - tk[i]), den[k] = (double)(tk[i + 1] - tk[i]);
    }
    for (long k = 0; k < b; k++) {
      double f = num[k] / den[k];
      f = f < 0 ? 0 : f;
      a[k] = f > 1 ? 1 : f;
    }
    chord(qk, ix, b, y, sg, i0, i1);
    weights(a, y, sg, b, w0, w1);
    for (long k = 0; k < b; k++) w0[k] *= i0[k], w1[k] *= i1[k];
    apply(pk, qk, m, ix, a, w0, w1, b, po + 3 * s, qo + 4 * s, s + BLOCK >= n);
  }
}

# cython: freethreading_compatible=True
"""What the processor and the system support, where the compiler can ask."""

cdef extern from *:
    """
    #if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))
    #define PACELINE_HAS(feature) (__builtin_cpu_supports(feature) != 0)
    static int paceline_has_v3(void) {
        __builtin_cpu_init();
        return PACELINE_HAS("avx2") && PACELINE_HAS("fma") && PACELINE_HAS("bmi") && PACELINE_HAS("bmi2");
    }
    static int paceline_has_v4(void) {
        return paceline_has_v3() && PACELINE_HAS("avx512f") && PACELINE_HAS("avx512dq") && PACELINE_HAS("avx512vl")
            && PACELINE_HAS("avx512bw") && PACELINE_HAS("avx512cd");
    }
    #else
    static int paceline_has_v3(void) { return 0; }
    static int paceline_has_v4(void) { return 0; }
    #endif
    """
    bint paceline_has_v3()
    bint paceline_has_v4()


def has_v3():
    """Say whether x86-64-v3 (AVX2) code runs here."""
    return paceline_has_v3()


def has_v4():
    """Say whether x86-64-v4 (AVX-512) code runs here."""
    return paceline_has_v4()

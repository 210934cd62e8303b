/* One piece of memory that is kept from call to call: fresh pages would cost as much as the work done in them. */
#ifndef PACELINE_SCRATCH_H
#define PACELINE_SCRATCH_H

#include <stddef.h>
#include <stdlib.h>

static void *scratch_kept = NULL;

/* At least `bytes`, aligned to 64, or NULL; the 64 bytes before it hold where it really begins, and how long it is. */
static void *scratch_take(size_t bytes) {
    void *place = __atomic_exchange_n(&scratch_kept, NULL, __ATOMIC_ACQUIRE); /* another thread then gets its own */
    if (place != NULL && ((size_t *)place)[-1] >= bytes) return place;
    if (place != NULL) free(((void **)place)[-2]);
    char *start = malloc(bytes + 128);
    if (start == NULL) return NULL;
    place = start + 128 - (size_t)start % 64;
    ((size_t *)place)[-1] = bytes;
    ((void **)place)[-2] = start;
    return place;
}

static void scratch_give(void *place) {
    place = __atomic_exchange_n(&scratch_kept, place, __ATOMIC_ACQ_REL);
    if (place != NULL) free(((void **)place)[-2]);
}

#endif

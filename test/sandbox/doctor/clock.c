/* Preloaded, a program sees a clock that is CLOCK_AHEAD seconds ahead: for a server whose clock is wrong, which a container of
   the same kernel cannot have otherwise. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <time.h>

int clock_gettime(clockid_t id, struct timespec *now) {
  int (*real)(clockid_t, struct timespec *) = (int (*)(clockid_t, struct timespec *))dlsym(RTLD_NEXT, "clock_gettime");
  const char *ahead = getenv("CLOCK_AHEAD");
  int result = real(id, now);
  if (result == 0 && id == CLOCK_REALTIME && ahead != NULL) now->tv_sec += atol(ahead);
  return result;
}

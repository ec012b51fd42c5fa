/* A disk whose every sync takes longer: LD_PRELOAD this, and set SLOW_DISK_MICROSECONDS.
 *
 * The sync itself is real; the pause comes after it, as long as a slower disk would have taken, and
 * nothing else sleeps. Programs that call fsync or fdatasync through the C library are slowed down:
 * SQLite, Python and PostgreSQL all do.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <time.h>

typedef int (*sync_call)(int);

static int slowly(const char *name, int descriptor)
{
    sync_call real = (sync_call)dlsym(RTLD_NEXT, name);
    int result = real(descriptor);
    int error = errno;
    const char *pause = getenv("SLOW_DISK_MICROSECONDS");
    if (pause != NULL) {
        long microseconds = atol(pause);
        struct timespec left = {microseconds / 1000000, microseconds % 1000000 * 1000};
        while (nanosleep(&left, &left) == -1 && errno == EINTR) {
            /* a signal came: sleep what is left */
        }
    }
    errno = error;
    return result;
}

int fsync(int descriptor) { return slowly("fsync", descriptor); }
int fdatasync(int descriptor) { return slowly("fdatasync", descriptor); }

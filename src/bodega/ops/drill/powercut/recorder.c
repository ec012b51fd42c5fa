/* Notes what a process writes to a database and its -wal, and what it acknowledges, in the order in
 * which it happened among all processes. Preloaded (LD_PRELOAD); built by recording.py.
 *
 * Every event takes a number from a counter that all processes share. A write takes it after it is
 * done, a sync before it begins and again when it is done: so a sync covers exactly the writes with a
 * smaller number than the one it took first. (A write that is done but has no number yet counts as not
 * covered, and nobody can have seen it yet.)
 *
 * DRILL_DATABASE: the database's path. DRILL_LOG: where to note. DRILL_COUNTER: eight bytes, shared.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum place { ELSEWHERE, DATABASE, LOG, ACKNOWLEDGED };
enum what { WRITE = 1, TRUNCATE, SYNC };

struct event {
    uint64_t number;
    uint64_t covers; /* of a sync: the number it took when it began */
    int64_t offset;
    uint32_t what;
    uint32_t place;
    uint32_t length;
    uint32_t reserved;
};

static ssize_t (*real_pwrite)(int, const void *, size_t, off_t);
static ssize_t (*real_write)(int, const void *, size_t);
static int (*real_truncate)(int, off_t);
static int (*real_fdatasync)(int);
static int (*real_fsync)(int);
static volatile uint64_t *counter;
static const char *database;
static int notes = -1;

__attribute__((constructor)) static void begin(void)
{
    const char *log = getenv("DRILL_LOG"), *shared = getenv("DRILL_COUNTER");
    real_pwrite = dlsym(RTLD_NEXT, "pwrite64");
    real_write = dlsym(RTLD_NEXT, "write");
    real_truncate = dlsym(RTLD_NEXT, "ftruncate64");
    real_fdatasync = dlsym(RTLD_NEXT, "fdatasync");
    real_fsync = dlsym(RTLD_NEXT, "fsync");
    database = getenv("DRILL_DATABASE");
    if (!log || !shared || !database)
        return;
    int descriptor = open(shared, O_RDWR | O_CLOEXEC);
    if (descriptor < 0)
        return;
    void *mapped = mmap(0, sizeof *counter, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    close(descriptor);
    if (mapped == MAP_FAILED)
        return;
    counter = mapped;
    notes = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
}

static uint64_t next(void)
{
    return __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static enum place place_of(int descriptor)
{
    char link[64], name[4096];
    struct stat about;
    if (notes < 0 || descriptor < 0 || fstat(descriptor, &about) || !S_ISREG(about.st_mode))
        return ELSEWHERE;
    snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
    ssize_t length = readlink(link, name, sizeof name - 1);
    if (length <= 0)
        return ELSEWHERE;
    name[length] = 0;
    const char *last = strrchr(name, '/');
    if (last && !strcmp(last, "/acknowledged"))
        return ACKNOWLEDGED;
    size_t stem = strlen(database);
    if (strncmp(name, database, stem))
        return ELSEWHERE;
    return !name[stem] ? DATABASE : !strcmp(name + stem, "-wal") ? LOG : ELSEWHERE;
}

static void note(struct event event, const void *data)
{
    struct iovec parts[2] = {{&event, sizeof event}, {(void *)data, event.length}};
    if (writev(notes, parts, data ? 2 : 1) < 0)
        _exit(99); /* a recording with a hole in it is worth nothing */
}

static void note_write(enum place place, const void *data, ssize_t length, off_t offset)
{
    struct event event = {next(), 0, offset, WRITE, place, (uint32_t)length, 0};
    note(event, data);
}

ssize_t pwrite64(int descriptor, const void *data, size_t length, off_t offset)
{
    enum place place = place_of(descriptor);
    ssize_t written = real_pwrite(descriptor, data, length, offset);
    if (place && written > 0)
        note_write(place, data, written, offset);
    return written;
}

ssize_t pwrite(int descriptor, const void *data, size_t length, off_t offset)
{
    return pwrite64(descriptor, data, length, offset);
}

ssize_t write(int descriptor, const void *data, size_t length)
{
    enum place place = place_of(descriptor);
    off_t offset = place ? lseek(descriptor, 0, SEEK_CUR) : 0;
    ssize_t written = real_write(descriptor, data, length);
    if (place && written > 0)
        note_write(place, data, written, offset);
    return written;
}

int ftruncate64(int descriptor, off_t length)
{
    enum place place = place_of(descriptor);
    int failed = real_truncate(descriptor, length);
    if (place && !failed) {
        struct event event = {next(), 0, length, TRUNCATE, place, 0, 0};
        note(event, 0);
    }
    return failed;
}

int ftruncate(int descriptor, off_t length)
{
    return ftruncate64(descriptor, length);
}

static int noted_sync(int descriptor, int (*sync_it)(int))
{
    enum place place = place_of(descriptor);
    uint64_t covers = place ? next() : 0;
    int failed = sync_it(descriptor);
    if (place && !failed) {
        struct event event = {next(), covers, 0, SYNC, place, 0, 0};
        note(event, 0);
    }
    return failed;
}

int fdatasync(int descriptor)
{
    return noted_sync(descriptor, real_fdatasync);
}

int fsync(int descriptor)
{
    return noted_sync(descriptor, real_fsync);
}

// Stands between SQLite and the C library (LD_PRELOAD): fails chosen calls on the files of one folder, or writes down what
// they did. What it does is said in a file of 64-bit numbers that both sides map: see ../src/control.ts for their meaning.
#define _GNU_SOURCE
#undef _FILE_OFFSET_BITS
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum kind { WRITE, SYNC, OPEN, MAP, RESIZE, UNLINK, READ };

struct control {
  // Set by the test.
  int64_t armed, mask, at, error, lasting, half, tracing;
  // Set by the shim.
  int64_t count, failures, first_kind, operations;
};

enum { MOST_FILES = 4096, PATH_LENGTH = 512 };

static struct control nothing, *control = &nothing;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static const char *folder;
static size_t folder_length;
static int trace = -1;
/** The path behind each descriptor of a file in the folder, and nothing for the others. */
static char paths[MOST_FILES][PATH_LENGTH];

#define REAL(name) ((__typeof__(&name))real(#name, #name))
#define REAL64(name) ((__typeof__(&name))real(#name "64", #name))

static void *real(const char *name, const char *otherwise) {
  void *found = dlsym(RTLD_NEXT, name);
  return found ? found : dlsym(RTLD_NEXT, otherwise);
}

__attribute__((constructor)) static void begin(void) {
  const char *at = getenv("FAULTS_CONTROL");
  folder = getenv("FAULTS_FOLDER");
  if (!at || !folder) return;
  folder_length = strlen(folder);
  int fd = REAL64(open)(at, O_RDWR | O_CLOEXEC);
  if (fd < 0) abort();
  control = REAL64(mmap)(NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (control == MAP_FAILED) abort();
  const char *log = getenv("FAULTS_TRACE");
  if (log) trace = REAL64(open)(log, O_WRONLY | O_APPEND | O_CLOEXEC);
}

static int is_ours(const char *path) {
  if (!folder || strncmp(path, folder, folder_length) != 0) return 0;
  return path[folder_length] == '/' || path[folder_length] == '\0';
}

static const char *path_of(int fd) {
  return fd >= 0 && fd < MOST_FILES && paths[fd][0] ? paths[fd] : NULL;
}

static void remember(int fd, const char *path) {
  if (fd < 0 || fd >= MOST_FILES) return;
  if (is_ours(path) && strlen(path) < PATH_LENGTH) strcpy(paths[fd], path);
  else paths[fd][0] = '\0';
}

/** Whether this call is one that fails; errno is then set. `half` asks for the first half of a write to happen. */
static int fails(enum kind kind, int *half) {
  if (!control->armed || !(control->mask & 1 << kind)) return 0;
  pthread_mutex_lock(&lock);
  control->count++;
  int now = control->at > 0 && (control->lasting ? control->count >= control->at : control->count == control->at);
  if (now) {
    if (control->failures++ == 0) {
      control->first_kind = kind;
      // The rest of what was cut short fails.
      if (control->half && half) {
        *half = 1;
        if (!control->lasting) control->at++;
      }
    }
    errno = (int)control->error;
  }
  pthread_mutex_unlock(&lock);
  return now;
}

static void record(enum kind kind, const char *path, int64_t offset, const void *data, int64_t length) {
  if (!control->tracing || trace < 0) return;
  int saved = errno;
  pthread_mutex_lock(&lock);
  int64_t head[4] = {kind, (int64_t)strlen(path), offset, length};
  __typeof__(&write) out = REAL(write);
  if (out(trace, head, sizeof head) < 0 || out(trace, path, strlen(path)) < 0) abort();
  if (data && length > 0 && out(trace, data, (size_t)length) != length) abort();
  control->operations++;
  pthread_mutex_unlock(&lock);
  errno = saved;
}

static int open_file(const char *path, int flags, mode_t mode) {
  int ours = is_ours(path);
  if (ours && fails(OPEN, NULL)) return -1;
  int fd = REAL64(open)(path, flags, mode);
  remember(fd, path);
  if (ours && fd >= 0 && flags & O_CREAT) record(OPEN, path, 0, NULL, 0);
  return fd;
}

#define MODE(flags)                      \
  mode_t mode = 0;                       \
  if ((flags) & (O_CREAT | O_TMPFILE)) { \
    va_list more;                        \
    va_start(more, flags);               \
    mode = va_arg(more, mode_t);         \
    va_end(more);                        \
  }

int open(const char *path, int flags, ...) {
  MODE(flags)
  return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  MODE(flags)
  return open_file(path, flags, mode);
}

int close(int fd) {
  if (fd >= 0 && fd < MOST_FILES) paths[fd][0] = '\0';
  return REAL(close)(fd);
}

static ssize_t write_file(int fd, const void *data, size_t length, int64_t offset) {
  const char *path = path_of(fd);
  int half = 0;
  if (path && fails(WRITE, &half)) {
    if (!half || length < 2) return -1;
    length /= 2;
  }
  ssize_t written = REAL64(pwrite)(fd, data, length, offset);
  if (path && written > 0) record(WRITE, path, offset, data, written);
  return written;
}

ssize_t pwrite(int fd, const void *data, size_t length, off_t offset) { return write_file(fd, data, length, offset); }
ssize_t pwrite64(int fd, const void *data, size_t length, off64_t offset) { return write_file(fd, data, length, offset); }

static ssize_t read_file(int fd, void *data, size_t length, int64_t offset) {
  if (path_of(fd) && fails(READ, NULL)) return -1;
  return REAL64(pread)(fd, data, length, offset);
}

ssize_t pread(int fd, void *data, size_t length, off_t offset) { return read_file(fd, data, length, offset); }
ssize_t pread64(int fd, void *data, size_t length, off64_t offset) { return read_file(fd, data, length, offset); }

/** Counted and written down, but not waited for: power is cut in the test only. */
static int sync_file(int fd, int (*otherwise)(int)) {
  const char *path = path_of(fd);
  if (!path) return otherwise(fd);
  if (fails(SYNC, NULL)) return -1;
  record(SYNC, path, 0, NULL, 0);
  return 0;
}

int fsync(int fd) { return sync_file(fd, REAL(fsync)); }
int fdatasync(int fd) { return sync_file(fd, REAL(fdatasync)); }

static int resize_file(int fd, int64_t length) {
  const char *path = path_of(fd);
  if (path && fails(RESIZE, NULL)) return -1;
  int status = REAL64(ftruncate)(fd, length);
  if (path && status == 0) record(RESIZE, path, length, NULL, 0);
  return status;
}

int ftruncate(int fd, off_t length) { return resize_file(fd, length); }
int ftruncate64(int fd, off64_t length) { return resize_file(fd, length); }

static int allocate(int fd, int64_t offset, int64_t length) {
  if (path_of(fd) && fails(RESIZE, NULL)) return errno;
  return REAL64(posix_fallocate)(fd, offset, length);
}

int posix_fallocate(int fd, off_t offset, off_t length) { return allocate(fd, offset, length); }
int posix_fallocate64(int fd, off64_t offset, off64_t length) { return allocate(fd, offset, length); }

static void *map_file(void *at, size_t length, int protection, int flags, int fd, int64_t offset) {
  if (fd >= 0 && path_of(fd) && fails(MAP, NULL)) return MAP_FAILED;
  return REAL64(mmap)(at, length, protection, flags, fd, offset);
}

void *mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset) {
  return map_file(at, length, protection, flags, fd, offset);
}
void *mmap64(void *at, size_t length, int protection, int flags, int fd, off64_t offset) {
  return map_file(at, length, protection, flags, fd, offset);
}

int unlink(const char *path) {
  int ours = is_ours(path);
  if (ours && fails(UNLINK, NULL)) return -1;
  int status = REAL(unlink)(path);
  if (ours && status == 0) record(UNLINK, path, 0, NULL, 0);
  return status;
}

/*
 * What the corpus runs in containers: one source, built with other macros for each program, so that no program holds the
 * words of another. Nothing is ever mined: memory is filled and a harmless sum is kept busy. It talks to addresses that it
 * is given, on private networks only.
 *
 *   program [key=value ...]
 *     mib=2080 fill=random|sparse|zero|constant|ascending|numbers|quantized|text|pointers|dots|none
 *                      memory of that size and what it holds
 *     alloc=malloc|shared   where that memory is from, if not a mapping of its own
 *     more=256         a second mapping, apart from the first
 *     jit=1            an anonymous executable page
 *     threads=1        busy threads
 *     duty=100         percent of the time each is busy, over 200 ms
 *     burst=10/20      busy seconds and idle seconds, again and again
 *     rest=30          idle seconds before all that
 *     life=8           ends after so many seconds
 *     parts=1          talks in one process and works in another
 *     peer=ADDRESS:PORT   a connection, kept open
 *     speak=stratum|cryptonote|rpc|http|none    what is said on it, every `every` ms
 *     every=1500
 *     order=other      keys in another order, with spaces
 *     keep=0           a new connection for each message
 *     hide=xor         what is said goes over the wire disguised, as TLS would
 *     title=TEXT       overwrites its own command line
 *     exec=memfd|deleted   starts itself again from memory, or removes its own file first
 *     log=BYTES        bytes a second it writes to its log
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* Looks like a payout address and is nobody's. */
#ifndef WALLET
#define WALLET "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"
#endif

#ifdef MARKS
/* What a miner's executable holds. */
__attribute__((used)) static const char marks[] = MARKS;
#endif

static const char *arg(int argc, char **argv, const char *key, const char *otherwise) {
  size_t length = strlen(key);
  for (int n = 1; n < argc; n++)
    if (strncmp(argv[n], key, length) == 0 && argv[n][length] == '=') return argv[n] + length + 1;
  return otherwise;
}

static double now(void) {
  struct timespec at;
  clock_gettime(CLOCK_MONOTONIC, &at);
  return at.tv_sec + at.tv_nsec / 1e9;
}

static uint64_t state = 0x9e3779b97f4a7c15ull;
static uint64_t next(void) {
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return state;
}

static int duty = 100;
static double busy_s = 0, idle_s = 0;
static int rest_s = 0;
static uint64_t *memory;
static size_t words;
volatile uint64_t sum;

/* Keeps a core busy for its share of each 200 ms. */
static void *work(void *unused) {
  (void)unused;
  sleep(rest_s);
  double began = now();
  uint64_t x = (uint64_t)(began * 1e9) | 1;
  for (;;) {
    double at = now();
    if (busy_s > 0 && (at - began) - (int)((at - began) / (busy_s + idle_s)) * (busy_s + idle_s) > busy_s) {
      usleep(100000);
      continue;
    }
    double until = at + 0.2 * duty / 100;
    while (now() < until) {
      for (int n = 0; n < 4000; n++) {
        x ^= x << 13;
        x ^= x >> 7;
        x ^= x << 17;
        if (words) sum += memory[x % words];
      }
    }
    if (duty < 100) usleep((useconds_t)(200000.0 * (100 - duty) / 100));
  }
  return NULL;
}

static uint64_t value(char how) {
  double v;
  uint64_t bits;
  switch (how) {
    case 'n': v = (double)next() / 1.8e19; memcpy(&bits, &v, 8); return bits;
    case 'q': return next() & 0x7f7f7f7f7f7f7f7full;
    case 't': return 0x6f77206f6c6c6568ull;
    case 'p': return 0x7f0000000000ull + (next() & 0xffffff8);
    case 'z': return 0;
    case 'c': return 0xababababababababull;
    case 'a': { static uint64_t n; return n++; }
    default: return next();
  }
}

/* `dots` writes a byte of each page; `sparse` fills one page in sixteen: the same layout for less memory. `none` leaves all as it is. */
static void fill(const char *how) {
  if (strcmp(how, "none") == 0) return;
  if (strcmp(how, "dots") == 0) {
    for (size_t n = 0; n < words; n += 512) memory[n] = 1;
    return;
  }
  int sparse = how[0] == 's';
  for (size_t n = 0; n < words; n++) {
    memory[n] = value(how[0]);
    if (sparse && n % 512 == 511) n += 512 * 15;
  }
}

static int disguised = 0;

static void say(int fd, const char *text) {
  char wire[4096];
  size_t length = strlen(text);
  if (length > sizeof wire) length = sizeof wire;
  memcpy(wire, text, length);
  if (disguised) for (size_t n = 0; n < length; n++) wire[n] ^= 0xa5;
  if (send(fd, wire, length, MSG_NOSIGNAL) < 0) return;
  explicit_bzero(wire, sizeof wire);
}

static int dial(const char *peer) {
  char host[64];
  const char *colon = strrchr(peer, ':');
  if (!colon || (size_t)(colon - peer) >= sizeof host) return -1;
  memcpy(host, peer, colon - peer);
  host[colon - peer] = 0;
  struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(atoi(colon + 1))};
  if (inet_pton(AF_INET, host, &to.sin_addr) != 1) return -1;
  for (int tries = 0; tries < 100; tries++) {
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (connect(fd, (struct sockaddr *)&to, sizeof to) == 0) return fd;
    close(fd);
    usleep(200000);
  }
  return -1;
}

static const char *peer, *speak;
static int every, other, keep;

/* Speaks first and fills later, as miners do: a job tells them what to fill their memory with. */
static void *talk(void *unused) {
  (void)unused;
  int fd = dial(peer);
  if (fd < 0) return NULL;
  char *out = malloc(2048), *in = malloc(4096);
  int id = 1;
  for (;;) {
    out[0] = 0;
#ifdef STRATUM
    if (strcmp(speak, "stratum") == 0) {
      if (other) snprintf(out, 2048, "{\"params\": [\"worker\", \"job%d\", \"%08llx\"], \"id\": %d, \"method\": \"mining.submit\"}\n", id / 4, (unsigned long long)(next() & 0xffffffff), id);
      else if (id == 1) snprintf(out, 2048, "{\"id\":%d,\"method\":\"mining.subscribe\",\"params\":[\"agent/1.0\"]}\n", id);
      else if (id == 2) snprintf(out, 2048, "{\"id\":%d,\"method\":\"mining.authorize\",\"params\":[\"worker.%d\",\"x\"]}\n", id, getpid());
      else snprintf(out, 2048, "{\"id\":%d,\"method\":\"mining.submit\",\"params\":[\"worker\",\"job%d\",\"%08llx\"]}\n", id, id / 4, (unsigned long long)(next() & 0xffffffff));
    }
    if (strcmp(speak, "cryptonote") == 0) {
      if (id == 1) snprintf(out, 2048, "{\"id\":%d,\"jsonrpc\":\"2.0\",\"method\":\"login\",\"params\":{\"login\":\"%s\",\"pass\":\"x\",\"agent\":\"a/6\"}}\n", id, WALLET);
      else if (other) snprintf(out, 2048, "{\"params\": {\"nonce\": \"%08llx\", \"job_id\": \"%08x\", \"id\": \"s1\"}, \"id\": %d, \"method\": \"submit\"}\n", (unsigned long long)(next() & 0xffffffff), id / 4, id);
      else snprintf(out, 2048, "{\"id\":%d,\"jsonrpc\":\"2.0\",\"method\":\"submit\",\"params\":{\"id\":\"s1\",\"job_id\":\"%08x\",\"nonce\":\"%08llx\",\"result\":\"%016llx%016llx\"}}\n", id, id / 4, (unsigned long long)(next() & 0xffffffff), (unsigned long long)next(), (unsigned long long)next());
    }
#endif
    if (strcmp(speak, "rpc") == 0) snprintf(out, 2048, "{\"jsonrpc\":\"2.0\",\"id\":%d,\"method\":\"queue.submit\",\"params\":{\"job_id\":\"%d\",\"target\":\"linux-x64\",\"priority\":3}}\n", id, id);
    if (strcmp(speak, "http") == 0) snprintf(out, 2048, "GET /weights?part=%d HTTP/1.1\r\nHost: models.example\r\n\r\n", id);
    if (out[0]) say(fd, out);
    ssize_t got = recv(fd, in, 4095, MSG_DONTWAIT);
    if (got > 0) {
      in[got] = 0;
      if (disguised) for (ssize_t n = 0; n < got; n++) in[n] ^= 0xa5;
    }
    if (got == 0 || !keep) { close(fd); fd = dial(peer); if (fd < 0) return NULL; if (keep) id = 0; }
    id++;
    usleep(every * 1000);
  }
}

static void again(char **argv, const char *how) {
  char path[256];
  ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
  if (length < 0 || getenv("AGAIN")) return;
  path[length] = 0;
  setenv("AGAIN", "1", 1);
  int from = open(path, O_RDONLY);
  struct stat is;
  fstat(from, &is);
  char *bytes = mmap(NULL, is.st_size, PROT_READ, MAP_PRIVATE, from, 0);
  if (strcmp(how, "memfd") == 0) {
    int fd = memfd_create("", MFD_CLOEXEC);
    if (write(fd, bytes, is.st_size) != is.st_size) return;
    extern char **environ;
    fexecve(fd, argv, environ);
  } else {
    char copy[64];
    snprintf(copy, sizeof copy, "/tmp/%llx", (unsigned long long)(now() * 1e9));
    int fd = open(copy, O_WRONLY | O_CREAT, 0755);
    if (write(fd, bytes, is.st_size) != is.st_size) return;
    close(fd);
    execv(copy, argv);
  }
}

int main(int argc, char **argv) {
  const char *how = arg(argc, argv, "exec", "");
  if (how[0]) again(argv, how);
  if (strcmp(how, "deleted") == 0) {
    char path[256];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    if (length > 0) { path[length] = 0; unlink(path); }
  }
  state ^= (uint64_t)(now() * 1e9);
  size_t mib = strtoul(arg(argc, argv, "mib", "0"), NULL, 10);
  int threads = atoi(arg(argc, argv, "threads", "1"));
  duty = atoi(arg(argc, argv, "duty", "100"));
  sscanf(arg(argc, argv, "burst", ""), "%lf/%lf", &busy_s, &idle_s);
  disguised = strcmp(arg(argc, argv, "hide", ""), "xor") == 0;
  peer = strdup(arg(argc, argv, "peer", ""));
  speak = strdup(arg(argc, argv, "speak", "none"));
  char *content = strdup(arg(argc, argv, "fill", "sparse"));
  every = atoi(arg(argc, argv, "every", "1500"));
  other = strcmp(arg(argc, argv, "order", ""), "other") == 0;
  keep = atoi(arg(argc, argv, "keep", "1"));
  rest_s = atoi(arg(argc, argv, "rest", "0"));
  int life_s = atoi(arg(argc, argv, "life", "0"));
  int parts = atoi(arg(argc, argv, "parts", "0"));
  size_t more = strtoul(arg(argc, argv, "more", "0"), NULL, 10);
  char alloc = arg(argc, argv, "alloc", " ")[0];
  long log = atol(arg(argc, argv, "log", "0"));
  int pages = atoi(arg(argc, argv, "jit", "0"));
  const char *title = arg(argc, argv, "title", "");
  if (title[0]) {
    char name[64];
    snprintf(name, sizeof name, "%s", title);
    for (char *p = name; *p; p++) if (*p == '_') *p = ' ';
    size_t room = argv[argc - 1] + strlen(argv[argc - 1]) - argv[0];
    memset(argv[0], 0, room);
    strncpy(argv[0], name, room);
    prctl(PR_SET_NAME, name);
  }
  if (life_s) alarm(life_s);
  pthread_t thread;
  if (parts && fork() > 0) {
    if (peer[0]) pthread_create(&thread, NULL, talk, NULL);
    wait(NULL);
    return 0;
  }
  if (mib) {
    int how_mapped = (alloc == 's' ? MAP_SHARED : MAP_PRIVATE) | MAP_ANONYMOUS;
    memory = alloc == 'm' ? malloc(mib << 20) : mmap(NULL, mib << 20, PROT_READ | PROT_WRITE, how_mapped, -1, 0);
    if (memory == MAP_FAILED || memory == NULL) return 3;
    words = (mib << 20) / 8;
  }
  if (pages) {
    unsigned char *code = mmap(NULL, 65536, PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (code != MAP_FAILED) code[0] = 0xc3;
  }
  if (more) {
    /* A page between them keeps the kernel from making one of both. */
    char *apart = mmap(NULL, (more << 20) + 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (apart == MAP_FAILED) return 3;
    mprotect(apart, 4096, PROT_NONE);
    mprotect(apart + (more << 20) + 4096, 4096, PROT_NONE);
  }
  if (peer[0] && !parts) pthread_create(&thread, NULL, talk, NULL);
  for (int n = 0; n < threads; n++) pthread_create(&thread, NULL, work, NULL);
  if (mib) fill(content);
  if (log > 0) {
    static char line[65536];
    memset(line, 'l', sizeof line);
    for (size_t n = 127; n < sizeof line; n += 128) line[n] = '\n';
    for (;;) {
      for (long left = log / 10; left > 0; left -= sizeof line) if (write(1, line, left < (long)sizeof line ? left : (long)sizeof line) < 0) return 4;
      usleep(100000);
    }
  }
  for (;;) pause();
}

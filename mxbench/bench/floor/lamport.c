/* The floor of the engine tcp: Lamport's algorithm with nothing around it.
 *
 * n processes exchange exactly the messages of plugins/lamport.py (request, reply, release; the same rule of entry)
 * over a full mesh of loopback TCP connections, each node entering E times, dwell 0, think 0. A wake-up of epoll reads
 * every connection that has something, handles every message, then writes once to each peer that is owed anything.
 * A frame is 8 bytes. Nothing is checked, recorded, resent or decoded: what mxbench costs beyond this is its own.
 *
 *     lamport NODES ENTRIES_PER_NODE [SECONDS_MAX]
 *
 * prints one line of JSON: entries, seconds (from the start signal to all, after all have met, to the last release),
 * entries_per_s, messages, cpu_s (of all nodes together). Exits 1 on any failure, 2 on wrong arguments, 3 when the
 * time is up; no process outlives it.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MAX_NODES = 256, SECONDS_MAX = 60 };
enum { REQUEST = 1, REPLY, RELEASE };

typedef struct {
    uint32_t clock, kind;
} Frame;

typedef struct {
    double last_release;
    uint64_t messages, entries;
} Result;

static int n, me, entries_wanted;
static pid_t child[MAX_NODES]; /* of the parent only; 0 in a node */
static int connection[MAX_NODES];
static uint32_t lamport_clock;
static uint32_t queue[MAX_NODES]; /* node -> timestamp of its request, 0 for none */
static uint32_t heard[MAX_NODES]; /* node -> timestamp of its last message */
static int waiting, entered, due; /* due: a release is the next step */
static uint64_t sent;

/* Owed to each peer until the wake-up ends. A peer that waits for us has at most a few messages on their way. */
static Frame batch[MAX_NODES][256];
static int batched[MAX_NODES];
static int owed[MAX_NODES], owed_count;

/* A read may end within a frame. */
static char pending[MAX_NODES][sizeof(Frame)];
static int pending_bytes[MAX_NODES];

/* End every node, if this is the parent, and then this process. Safe in a signal handler. */
static void leave(int status) {
    for (int node = 0; node < n && child[node] > 0; node++) kill(child[node], SIGKILL);
    while (child[0] > 0 && wait(NULL) > 0) {
    }
    _exit(status);
}

static void fail(const char *what) {
    const char *who = child[0] ? "the parent" : "a node";
    fprintf(stderr, "floor/lamport.c: %s: %s: %s\n", who, what, errno ? strerror(errno) : "no more is known");
    leave(1);
}

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

static void send_to(int peer, uint32_t kind) {
    if (batched[peer] == 256) fail("a batch is full");
    if (!batched[peer]) owed[owed_count++] = peer;
    batch[peer][batched[peer]++] = (Frame){lamport_clock, kind};
    sent++;
}

static void broadcast(uint32_t kind) {
    for (int peer = 0; peer < n; peer++)
        if (peer != me) send_to(peer, kind);
}

static void enter_if_first(void) {
    uint32_t mine = queue[me];
    for (int peer = 0; peer < n; peer++) {
        if (peer == me) continue;
        if (queue[peer] && (queue[peer] < mine || (queue[peer] == mine && peer < me))) return;
        if (heard[peer] < mine || (heard[peer] == mine && peer < me)) return;
    }
    waiting = 0;
    entered++;
    due = 1;
}

static void request(void) {
    queue[me] = ++lamport_clock;
    waiting = 1;
    broadcast(REQUEST);
    enter_if_first();
}

static void take_due_steps(Result *result) {
    while (due) {
        due = 0;
        if (entered == entries_wanted) result->last_release = now();
        lamport_clock++;
        queue[me] = 0;
        broadcast(RELEASE);
        if (entered < entries_wanted) request();
    }
}

static void receive(int peer, Frame frame) {
    lamport_clock = (lamport_clock > frame.clock ? lamport_clock : frame.clock) + 1;
    heard[peer] = frame.clock;
    if (frame.kind == REQUEST) {
        queue[peer] = frame.clock;
        send_to(peer, REPLY);
    } else if (frame.kind == RELEASE) {
        queue[peer] = 0;
    }
    if (waiting) enter_if_first();
}

static void flush(void) {
    for (int i = 0; i < owed_count; i++) {
        int peer = owed[i];
        ssize_t size = batched[peer] * sizeof(Frame);
        if (send(connection[peer], batch[peer], size, MSG_NOSIGNAL) != size) fail("send");
        batched[peer] = 0;
    }
    owed_count = 0;
}

static void meet(const int *listener, const struct sockaddr_in *address) {
    int one = 1;
    for (int peer = 0; peer < me; peer++) {
        uint32_t id = me;
        connection[peer] = socket(AF_INET, SOCK_STREAM, 0);
        if (connect(connection[peer], (const struct sockaddr *)&address[peer], sizeof *address)) fail("connect");
        if (send(connection[peer], &id, sizeof id, 0) != sizeof id) fail("greeting");
    }
    for (int count = me + 1; count < n; count++) {
        uint32_t id;
        int guest = accept(listener[me], NULL, NULL);
        if (guest < 0 || recv(guest, &id, sizeof id, MSG_WAITALL) != sizeof id) fail("accept");
        if (id >= (uint32_t)n || id <= (uint32_t)me || connection[id]) fail("a stranger called");
        connection[id] = guest;
    }
    for (int peer = 0; peer < n; peer++)
        if (peer != me && setsockopt(connection[peer], IPPROTO_TCP, TCP_NODELAY, &one, sizeof one)) fail("TCP_NODELAY");
}

static void be_node(const int *listener, const struct sockaddr_in *address, int ready, int start, Result *result) {
    struct epoll_event events[MAX_NODES];
    static char buffer[sizeof(Frame) + 65536];
    char byte = 0;
    int poller = epoll_create1(0);
    uint64_t handled = 0, expected = 3ull * (n - 1) * entries_wanted;

    meet(listener, address);
    for (int peer = 0; peer < n; peer++) {
        struct epoll_event event = {.events = EPOLLIN, .data.u32 = peer};
        if (peer != me && epoll_ctl(poller, EPOLL_CTL_ADD, connection[peer], &event)) fail("epoll_ctl");
    }
    if (write(ready, &byte, 1) != 1 || read(start, &byte, 1) != 1) fail("start");

    request();
    take_due_steps(result);
    flush();
    while (handled < expected || entered < entries_wanted) {
        int count = epoll_wait(poller, events, MAX_NODES, -1);
        for (int i = 0; i < count; i++) {
            int peer = events[i].data.u32, had = pending_bytes[peer];
            memcpy(buffer, pending[peer], had);
            ssize_t got = recv(connection[peer], buffer + had, 65536, MSG_DONTWAIT);
            if (got < 0) fail("recv");
            if (got == 0) close(connection[peer]); /* it has finished; had it failed, the parent would end us all */
            ssize_t size = had + got, whole = size / sizeof(Frame);
            for (ssize_t frame = 0; frame < whole; frame++) {
                receive(peer, ((Frame *)buffer)[frame]);
                take_due_steps(result);
            }
            handled += whole;
            pending_bytes[peer] = size % sizeof(Frame);
            memcpy(pending[peer], buffer + whole * sizeof(Frame), pending_bytes[peer]);
        }
        flush();
    }
    result->entries = entered;
    result->messages = sent;
}

static void time_is_up(int number) {
    static const char text[] = "floor/lamport.c: the time is up\n";
    (void)number;
    if (write(2, text, sizeof text - 1) < 0) leave(3);
    leave(3);
}

int main(int count, char **argument) {
    n = count > 1 ? atoi(argument[1]) : 0;
    entries_wanted = count > 2 ? atoi(argument[2]) : 0;
    int seconds_max = count > 3 ? atoi(argument[3]) : SECONDS_MAX;
    if (count > 4 || n < 1 || n > MAX_NODES || entries_wanted < 1 || seconds_max < 1) {
        fprintf(stderr, "usage: lamport NODES(1..%d) ENTRIES_PER_NODE [SECONDS_MAX]\n", MAX_NODES);
        return 2;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    signal(SIGALRM, time_is_up);
    alarm(seconds_max);

    static int listener[MAX_NODES];
    static struct sockaddr_in address[MAX_NODES];
    pid_t parent = getpid();
    int ready[2], start[2];
    char byte = 0;
    Result *results = mmap(NULL, n * sizeof *results, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (results == MAP_FAILED || pipe(ready) || pipe(start)) fail("set-up");
    for (int node = 0; node < n; node++) {
        socklen_t size = sizeof *address;
        address[node] = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
        listener[node] = socket(AF_INET, SOCK_STREAM, 0);
        if (bind(listener[node], (struct sockaddr *)&address[node], size) || listen(listener[node], MAX_NODES) ||
            getsockname(listener[node], (struct sockaddr *)&address[node], &size))
            fail("listen");
    }
    for (int node = 0; node < n; node++) {
        pid_t pid = fork();
        if (pid < 0) fail("fork");
        if (pid > 0) {
            child[node] = pid;
        } else {
            memset(child, 0, sizeof child);
            prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (getppid() != parent) _exit(1);
            me = node;
            close(ready[0]);
            close(start[1]);
            be_node(listener, address, ready[1], start[0], &results[node]);
            _exit(0);
        }
    }
    close(ready[1]);
    close(start[0]);
    for (int node = 0; node < n; node++)
        if (read(ready[0], &byte, 1) != 1) fail("a node did not come up");

    char go[MAX_NODES] = {0};
    double began = now(), ended = began;
    if (write(start[1], go, n) != n) fail("start");
    for (int left = n; left > 0; left--) {
        int status;
        pid_t pid = wait(&status);
        for (int node = 0; node < n; node++)
            if (child[node] == pid) child[node] = child[left - 1];
        child[left - 1] = 0;
        if (pid < 0 || !WIFEXITED(status) || WEXITSTATUS(status)) fail("a node failed");
    }
    alarm(0);
    struct rusage usage;
    getrusage(RUSAGE_CHILDREN, &usage);
    double cpu_s = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec;
    cpu_s += (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    uint64_t messages = 0, entries = 0;
    for (int node = 0; node < n; node++) {
        messages += results[node].messages;
        entries += results[node].entries;
        if (results[node].last_release > ended) ended = results[node].last_release;
    }
    if (entries != (uint64_t)n * entries_wanted || messages != 3ull * (n - 1) * entries) fail("the counts are wrong");
    double seconds = ended - began;
    printf("{\"entries\": %llu, \"seconds\": %.6f, \"entries_per_s\": %.1f, ", (unsigned long long)entries, seconds,
           entries / seconds);
    printf("\"messages\": %llu, \"cpu_s\": %.6f}\n", (unsigned long long)messages, cpu_s);
    return 0;
}

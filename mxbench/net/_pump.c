/* The fast path of a node in C: the same two classes as link.py and pump.py, which tell what they do and why.
 *
 * It is optional: where there is no compiler mxbench installs without it and runs the Python (compiled.py chooses). One
 * test body runs on both. What is rare is left to Python: connections, and saying what is wrong with a message.
 *
 * Here alone, and on Linux alone, is `Pump.wake`: it waits for the descriptors of a node, takes in what has come on its
 * links and sends what that led to. Every other event is the poller's, as all of them are without it.
 *
 * A link keeps the frames that its peer has not acknowledged, one after the other, in one buffer; `offered` of its
 * bytes the kernel has taken on this connection. So to send again after a break is to set `offered` to 0.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <errno.h>
#include <stdint.h>
#include <structmember.h>
#include <sys/socket.h>
#include <time.h>
#ifdef __linux__
#include <sys/epoll.h>
#endif

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* Python ignores SIGPIPE, which is what it is for */
#endif

enum { HEADER = 28, MAX_UNACKNOWLEDGED = 32, BATCH_BYTES = 1 << 20, CHUNK = 256 * 1024, MAX_TYPES = 256 };
enum { RECEIVE = 64 * 1024, EVENTS = 64, DESCRIPTORS = 1024 }; /* the last: greater ones are left to Python */
enum { SENT = 3, DELIVERED = 4, EVERY_PEER = 0xFFFFF };
#define MAX_FRAME (8u << 20)
#define MAX_MESSAGE (MAX_FRAME / 2)

static PyObject *Garbage, *MsgspecError, *encode, *encoded, *decoder, *clock_ns;
static PyObject *name_send, *name_recv, *name_close, *name_completed, *name_version, *name_ready, *name_advance;
static PyObject *receive_size;
static PyTypeObject LinkType, PumpType;

/* ---- bytes ------------------------------------------------------------------------------------------------------ */

typedef struct {
    char *data;
    size_t start, end, capacity;
} Buffer;

static size_t length(const Buffer *buffer) { return buffer->end - buffer->start; }

static void drop(Buffer *buffer, size_t count) {
    buffer->start += count;
    if (buffer->start == buffer->end) buffer->start = buffer->end = 0;
}

/* Return where `count` more bytes go, which then belong to the buffer; NULL without memory. */
static char *extend(Buffer *buffer, size_t count) {
    if (buffer->end + count > buffer->capacity) {
        size_t held = length(buffer);
        if (buffer->start && held + count <= buffer->capacity / 2) {
            memmove(buffer->data, buffer->data + buffer->start, held);
        } else {
            size_t capacity = 2 * (held + count) + 256;
            char *data = PyMem_Malloc(capacity);
            if (!data) {
                PyErr_NoMemory();
                return NULL;
            }
            if (held) memcpy(data, buffer->data + buffer->start, held);
            PyMem_Free(buffer->data);
            buffer->data = data;
            buffer->capacity = capacity;
        }
        buffer->start = 0;
        buffer->end = held;
    }
    buffer->end += count;
    return buffer->data + buffer->end - count;
}

static int append(Buffer *buffer, const char *data, size_t count) {
    if (!count) return 0;
    char *place = extend(buffer, count);
    if (!place) return -1;
    memcpy(place, data, count);
    return 0;
}

static void put(char *place, uint64_t value, int bytes) {
    while (bytes--) {
        place[bytes] = (char)value;
        value >>= 8;
    }
}

static uint64_t get(const char *place, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value = value << 8 | (unsigned char)place[i];
    return value;
}

/* Return what time.monotonic_ns does. */
static long long monotonic_ns(void) {
#ifdef __linux__
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000000LL + now.tv_nsec;
#else
    PyObject *now = PyObject_CallNoArgs(clock_ns);
    long long found = now ? PyLong_AsLongLong(now) : 0;
    Py_XDECREF(now);
    return found;
#endif
}

/* ---- Link ------------------------------------------------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyObject *peer, *connection, *lost_at, *decode;
    PyObject *complaint; /* what was wrong with what came, until `receive` tells it; NULL if nothing */
    long peer_id;
    int descriptor; /* of the connection; -1 if there is none, or one that is no socket */
    Buffer batch, kept, tail;
    size_t offered;
    unsigned int batched; /* messages in the batch */
    int counters_set;     /* whether `completed` and `version` speak for the batch */
    uint64_t completed, version;
    unsigned int sent, received, acknowledged; /* frame numbers; the last is what our last frame said */
    long long next_message;
    unsigned long long wire_bytes;
} Link;

static PyObject *Link_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
    static char *names[] = {"peer", "message_type", NULL};
    PyObject *peer, *message_type;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OO", names, &peer, &message_type)) return NULL;
    long peer_id = PyLong_AsLong(peer);
    if (peer_id == -1 && PyErr_Occurred()) return NULL;
    Link *self = (Link *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->peer = Py_NewRef(peer);
    self->peer_id = peer_id;
    self->descriptor = -1;
    self->connection = Py_NewRef(Py_None);
    self->lost_at = Py_NewRef(Py_None);
    if (!(self->decode = PyObject_CallOneArg(decoder, message_type))) Py_CLEAR(self);
    return (PyObject *)self;
}

static void Link_dealloc(Link *self) {
    Py_XDECREF(self->peer);
    Py_XDECREF(self->connection);
    Py_XDECREF(self->lost_at);
    Py_XDECREF(self->decode);
    Py_XDECREF(self->complaint);
    PyMem_Free(self->batch.data);
    PyMem_Free(self->kept.data);
    PyMem_Free(self->tail.data);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int put_frame(Link *self, unsigned int number, uint64_t completed, uint64_t version, unsigned int count) {
    size_t body = length(&self->batch), head = count < 16 ? 1 : 5;
    char *place = extend(&self->kept, HEADER + head + body);
    if (!place) return -1;
    put(place, head + body, 4);
    put(place + 4, number, 4);
    put(place + 8, self->received, 4);
    put(place + 12, completed, 8);
    put(place + 20, version, 8);
    if (head == 1) {
        place[HEADER] = (char)(0x90 | count);
    } else {
        place[HEADER] = (char)0xdd;
        put(place + HEADER + 1, count, 4);
    }
    if (body) memcpy(place + HEADER + head, self->batch.data + self->batch.start, body);
    self->acknowledged = self->received;
    return 0;
}

static int seal(Link *self) {
    if (self->sent == UINT32_MAX) {
        PyErr_SetString(PyExc_OverflowError, "a session ends after 2 ** 32 frames");
        return -1;
    }
    uint64_t completed = self->counters_set ? self->completed : 0, version = self->counters_set ? self->version : 0;
    if (put_frame(self, self->sent + 1, completed, version, self->batched) < 0) return -1;
    self->sent++;
    drop(&self->batch, length(&self->batch));
    self->batched = 0;
    self->counters_set = 0;
    return 0;
}

static int post(Link *self, const char *data, size_t count, uint64_t completed, uint64_t version) {
    int full = length(&self->batch) > BATCH_BYTES;
    if (!self->counters_set || self->completed != completed || self->version != version || full) {
        if ((self->counters_set || full) && seal(self) < 0) return -1;
        self->completed = completed;
        self->version = version;
        self->counters_set = 1;
    }
    if (append(&self->batch, data, count) < 0) return -1;
    self->batched++;
    return 0;
}

static int post_workload(Link *self, const char *data, size_t count) {
    if (length(&self->batch) > BATCH_BYTES && seal(self) < 0) return -1;
    if (append(&self->batch, data, count) < 0) return -1;
    self->batched++;
    return 0;
}

/* Forget the frames at the front that the peer has; those not offered to the kernel yet only with `all`. */
static void forget_frames(Link *self, uint64_t has, int all) {
    Buffer *kept = &self->kept;
    while (length(kept)) {
        const char *front = kept->data + kept->start;
        size_t size = HEADER + get(front, 4);
        if (get(front + 4, 4) > has || (!all && size > self->offered)) return;
        drop(kept, size);
        self->offered -= size < self->offered ? size : self->offered;
    }
}

static PyObject *Link_post(Link *self, PyObject *arguments) {
    const char *data;
    Py_ssize_t count;
    unsigned long long completed, version;
    if (!PyArg_ParseTuple(arguments, "y#KK", &data, &count, &completed, &version)) return NULL;
    if (post(self, data, count, completed, version) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *Link_post_workload(Link *self, PyObject *payload) {
    char *data;
    Py_ssize_t count;
    if (PyBytes_AsStringAndSize(payload, &data, &count) < 0 || post_workload(self, data, count) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *Link_seal(Link *self, PyObject *none) {
    if (seal(self) < 0) return NULL;
    Py_RETURN_NONE;
}

static int due(const Link *self) { return self->received - self->acknowledged >= MAX_UNACKNOWLEDGED; }

/* Offer bytes to the kernel: return how many it took, 0 if it would have to wait, -1 with an exception. */
static Py_ssize_t offer(Link *self, const char *data, size_t count) {
    if (self->descriptor >= 0) {
        ssize_t taken;
        do {
            taken = send(self->descriptor, data, count, MSG_NOSIGNAL);
        } while (taken < 0 && errno == EINTR && !PyErr_CheckSignals());
        if (taken >= 0) return taken;
        if (PyErr_Occurred()) return -1;
        if (errno == EAGAIN || errno == EWOULDBLOCK) return 0;
        PyErr_SetFromErrno(PyExc_OSError);
        return -1;
    }
    PyObject *bytes = PyBytes_FromStringAndSize(data, count), *result;
    if (!bytes) return -1;
    result = PyObject_CallMethodOneArg(self->connection, name_send, bytes);
    Py_DECREF(bytes);
    if (!result) {
        if (!PyErr_ExceptionMatches(PyExc_BlockingIOError)) return -1;
        PyErr_Clear();
        return 0;
    }
    Py_ssize_t taken = PyLong_AsSsize_t(result);
    Py_DECREF(result);
    return taken;
}

/* Send what there is: return 1, or 0 if the kernel would not take it all, -1 with an exception. */
static int flush(Link *self) {
    if (self->batched) {
        if (seal(self) < 0) return -1;
    } else if (due(self) && self->connection != Py_None) {
        if (put_frame(self, 0, 0, 0, 0) < 0) return -1;
    }
    while (self->connection != Py_None && self->offered < length(&self->kept)) {
        size_t count = length(&self->kept) - self->offered;
        if (count > CHUNK) count = CHUNK;
        Py_ssize_t taken = offer(self, self->kept.data + self->kept.start + self->offered, count);
        if (taken < 0) return -1;
        self->wire_bytes += taken;
        self->offered += taken;
        if ((size_t)taken < count) return 0;
    }
    return 1;
}

static PyObject *Link_flush(Link *self, PyObject *none) {
    int done = flush(self);
    return done < 0 ? NULL : PyBool_FromLong(done);
}

static PyObject *Link_receive(Link *self, PyObject *none) {
    if (self->complaint) {
        PyErr_SetObject(Garbage, self->complaint);
        Py_CLEAR(self->complaint);
        return NULL;
    }
    return PyObject_CallMethodOneArg(self->connection, name_recv, receive_size);
}

static PyObject *unreadable(void) {
    PyObject *type, *error, *trace;
    if (!PyErr_ExceptionMatches(MsgspecError)) return NULL;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    PyErr_Format(Garbage, "a frame that cannot be read: %S", error);
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(trace);
    return NULL;
}

/* Take the frames of data[0..end): append what they carry to `fresh`, return how many bytes they are, -1 on error. */
static Py_ssize_t take_frames(Link *self, const char *data, size_t end, PyObject *fresh) {
    size_t position = 0;
    while (end - position >= 4) {
        const char *head = data + position;
        uint64_t size = get(head, 4), number;
        if (size > MAX_FRAME) {
            PyErr_Format(Garbage, "a frame of %llu bytes; the limit is %u", (unsigned long long)size, MAX_FRAME);
            return -1;
        }
        if (end - position < HEADER + size) break;
        position += HEADER + size;
        number = get(head + 4, 4);
        forget_frames(self, get(head + 8, 4), 0);
        if (number <= self->received) continue; /* sent again, or nothing but an acknowledgement */
        if (number != (uint64_t)self->received + 1) {
            PyErr_Format(Garbage, "frame %llu after frame %u", (unsigned long long)number, self->received);
            return -1;
        }
        self->received++;
        PyObject *body = PyBytes_FromStringAndSize(head + HEADER, size);
        if (!body) return -1;
        PyObject *messages = PyObject_CallOneArg(self->decode, body);
        Py_DECREF(body);
        if (!messages) {
            unreadable();
            return -1;
        }
        PyObject *item = Py_BuildValue("KKN", (unsigned long long)get(head + 12, 8),
                                       (unsigned long long)get(head + 20, 8), messages);
        if (!item || PyList_Append(fresh, item) < 0) {
            Py_XDECREF(item);
            return -1;
        }
        Py_DECREF(item);
    }
    return position;
}

/* Return what the new frames in so many bytes carry. */
static PyObject *take(Link *self, const char *bytes, Py_ssize_t count) {
    Py_ssize_t taken;
    PyObject *fresh;
    if (length(&self->tail)) {
        if (append(&self->tail, bytes, count) < 0 || !(fresh = PyList_New(0))) return NULL;
        taken = take_frames(self, self->tail.data + self->tail.start, length(&self->tail), fresh);
        if (taken >= 0) drop(&self->tail, taken);
    } else {
        if (!(fresh = PyList_New(0))) return NULL;
        taken = take_frames(self, bytes, count, fresh);
        if (taken >= 0 && append(&self->tail, bytes + taken, count - taken) < 0) taken = -1;
    }
    if (taken < 0) Py_CLEAR(fresh);
    return fresh;
}

static PyObject *Link_take(Link *self, PyObject *data) {
    char *bytes;
    Py_ssize_t count;
    return PyBytes_AsStringAndSize(data, &bytes, &count) < 0 ? NULL : take(self, bytes, count);
}

static PyObject *Link_connected(Link *self, PyObject *arguments) {
    PyObject *connection;
    unsigned long long peer_has;
    if (!PyArg_ParseTuple(arguments, "OK", &connection, &peer_has)) return NULL;
    Py_XSETREF(self->connection, Py_NewRef(connection));
    Py_XSETREF(self->lost_at, Py_NewRef(Py_None));
    self->descriptor = PyObject_AsFileDescriptor(connection);
    if (self->descriptor < 0) { /* a connection without one is spoken to by its methods */
        if (!PyErr_ExceptionMatches(PyExc_TypeError) && !PyErr_ExceptionMatches(PyExc_ValueError)) return NULL;
        PyErr_Clear();
    }
    drop(&self->tail, length(&self->tail));
    forget_frames(self, peer_has, 1);
    self->offered = 0;
    Py_RETURN_NONE;
}

static PyObject *Link_disconnected(Link *self, PyObject *now) {
    if (self->connection != Py_None) {
        PyObject *connection = self->connection;
        self->connection = Py_NewRef(Py_None);
        self->descriptor = -1;
        Py_CLEAR(self->complaint);
        PyObject *result = PyObject_CallMethodNoArgs(connection, name_close);
        Py_DECREF(connection);
        if (!result) return NULL;
        Py_DECREF(result);
        Py_XSETREF(self->lost_at, Py_NewRef(now));
    }
    Py_RETURN_NONE;
}

static PyObject *Link_unacknowledged(Link *self, void *none) {
    const Buffer *kept = &self->kept;
    long count = 0;
    for (size_t at = kept->start; at < kept->end; at += HEADER + get(kept->data + at, 4))
        count += get(kept->data + at + 4, 4) != 0; /* one that only acknowledges is soon gone */
    return PyLong_FromLong(count);
}

static PyObject *Link_due(Link *self, void *none) { return PyBool_FromLong(due(self)); }
static PyObject *Link_batch(Link *self, void *none) { return PyLong_FromUnsignedLong(self->batched); }

static PyMethodDef Link_methods[] = {
    {"post", (PyCFunction)Link_post, METH_VARARGS, NULL},
    {"post_workload", (PyCFunction)Link_post_workload, METH_O, NULL},
    {"seal", (PyCFunction)Link_seal, METH_NOARGS, NULL},
    {"flush", (PyCFunction)Link_flush, METH_NOARGS, NULL},
    {"receive", (PyCFunction)Link_receive, METH_NOARGS, NULL},
    {"take", (PyCFunction)Link_take, METH_O, NULL},
    {"connected", (PyCFunction)Link_connected, METH_VARARGS, NULL},
    {"disconnected", (PyCFunction)Link_disconnected, METH_O, NULL},
    {NULL},
};
static PyMemberDef Link_members[] = {
    {"peer", T_OBJECT, offsetof(Link, peer), READONLY, NULL},
    {"connection", T_OBJECT, offsetof(Link, connection), 0, NULL},
    {"lost_at", T_OBJECT, offsetof(Link, lost_at), 0, NULL},
    {"received", T_UINT, offsetof(Link, received), READONLY, NULL},
    {"next_message", T_LONGLONG, offsetof(Link, next_message), 0, NULL},
    {"wire_bytes", T_ULONGLONG, offsetof(Link, wire_bytes), READONLY, NULL},
    {NULL},
};
static PyGetSetDef Link_properties[] = {
    {"unacknowledged", (getter)Link_unacknowledged, NULL, NULL, NULL},
    {"acknowledgement_due", (getter)Link_due, NULL, NULL, NULL},
    {"batch", (getter)Link_batch, NULL, NULL, NULL}, /* how many messages; link.py has the list of them */
    {NULL},
};
static PyTypeObject LinkType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mxbench.net._pump.Link",
    .tp_basicsize = sizeof(Link),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = Link_new,
    .tp_dealloc = (destructor)Link_dealloc,
    .tp_methods = Link_methods,
    .tp_members = Link_members,
    .tp_getset = Link_properties,
};

/* ---- Pump ------------------------------------------------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyObject *dirty, *details, *index, *links, *peers; /* peers: a tuple of Link */
    PyObject *node, *deliver, *deliver_workload;
    long long now, payload_bytes;
    Py_ssize_t types, algorithm_types;
    int full;
    long long sent_by_type[MAX_TYPES], handled_by_type[MAX_TYPES];
    char received[RECEIVE];           /* what came on one link in this wake-up */
    Link *by_descriptor[DESCRIPTORS]; /* borrowed of `links`; right if its own `descriptor` says the same */
    Buffer times, codes, payloads;
} Pump;

static int Pump_init(Pump *self, PyObject *arguments, PyObject *keywords) {
    static char *names[] = {"types", "algorithm_types", "full", NULL};
    PyObject *types;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "Onp", names, &types, &self->algorithm_types, &self->full))
        return -1;
    self->types = PySequence_Size(types);
    if (self->types < 0) return -1;
    if (self->types > MAX_TYPES) {
        PyErr_Format(PyExc_ValueError, "%zd classes of messages; the limit is %d", self->types, MAX_TYPES);
        return -1;
    }
    Py_XSETREF(self->dirty, PyList_New(0));
    Py_XSETREF(self->details, PyList_New(0));
    Py_XSETREF(self->index, PyDict_New());
    if (!self->dirty || !self->details || !self->index) return -1;
    for (Py_ssize_t i = 0; i < self->types; i++) {
        PyObject *type = PySequence_GetItem(types, i), *number = PyLong_FromSsize_t(i);
        int failed = !type || !number || PyDict_SetItem(self->index, type, number) < 0;
        Py_XDECREF(type);
        Py_XDECREF(number);
        if (failed) return -1;
    }
    self->now = monotonic_ns();
    return 0;
}

static int Pump_traverse(Pump *self, visitproc visit, void *arg) {
    Py_VISIT(self->dirty);
    Py_VISIT(self->details);
    Py_VISIT(self->index);
    Py_VISIT(self->links);
    Py_VISIT(self->peers);
    Py_VISIT(self->node);
    Py_VISIT(self->deliver);
    Py_VISIT(self->deliver_workload);
    return 0;
}

static int Pump_clear(Pump *self) {
    Py_CLEAR(self->dirty);
    Py_CLEAR(self->details);
    Py_CLEAR(self->index);
    Py_CLEAR(self->links);
    Py_CLEAR(self->peers);
    Py_CLEAR(self->node);
    Py_CLEAR(self->deliver);
    Py_CLEAR(self->deliver_workload);
    return 0;
}

static void Pump_dealloc(Pump *self) {
    PyObject_GC_UnTrack(self);
    Pump_clear(self);
    PyMem_Free(self->times.data);
    PyMem_Free(self->codes.data);
    PyMem_Free(self->payloads.data);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int write_down(Pump *self, int64_t time, int64_t code) {
    return append(&self->times, (char *)&time, 8) < 0 || append(&self->codes, (char *)&code, 8) < 0 ? -1 : 0;
}

static PyObject *Pump_join(Pump *self, PyObject *arguments) {
    PyObject *node, *links, *peers, *link;
    Py_ssize_t at = 0;
    if (!PyArg_ParseTuple(arguments, "OO!O", &node, &PyDict_Type, &links, &peers)) return NULL;
    while (PyDict_Next(links, &at, NULL, &link)) {
        if (!Py_IS_TYPE(link, &LinkType)) {
            PyErr_Format(PyExc_TypeError, "a compiled pump needs compiled links, not %R", link);
            return NULL;
        }
    }
    Py_XSETREF(self->peers, PySequence_Tuple(peers));
    Py_XSETREF(self->links, Py_NewRef(links));
    memset(self->by_descriptor, 0, sizeof self->by_descriptor);
    Py_XSETREF(self->node, Py_NewRef(node));
    Py_XSETREF(self->deliver, PyObject_GetAttrString(node, "deliver"));
    Py_XSETREF(self->deliver_workload, PyObject_GetAttrString(node, "deliver_workload"));
    if (!self->peers || !self->deliver || !self->deliver_workload) return NULL;
    Py_RETURN_NONE;
}

/* Return the index of a message's class, -1 with an exception for one that is not known. */
static Py_ssize_t index_of(Pump *self, PyObject *message) {
    PyObject *number = PyDict_GetItemWithError(self->index, (PyObject *)Py_TYPE(message));
    if (number) return PyLong_AsSsize_t(number);
    if (!PyErr_Occurred()) PyErr_SetObject(PyExc_KeyError, (PyObject *)Py_TYPE(message));
    return -1;
}

/* Take the steps that are due after a delivery. */
static int advance(Pump *self) {
    PyObject *ready = PyObject_GetAttr(self->node, name_ready);
    if (!ready) return -1;
    int more = PyObject_IsTrue(ready);
    Py_DECREF(ready);
    while (more > 0) {
        PyObject *went = PyObject_CallMethodNoArgs(self->node, name_advance);
        if (!went) return -1;
        more = PyObject_IsTrue(went);
        Py_DECREF(went);
    }
    return more;
}

static int hand_over(Pump *self, Link *link, PyObject *completed, PyObject *version, PyObject *messages) {
    Py_ssize_t count = PyList_GET_SIZE(messages);
    long long sequence = link->next_message;
    link->next_message += count;
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *message = PyList_GET_ITEM(messages, i), *result;
        Py_ssize_t index = index_of(self, message);
        if (index < 0) return -1;
        self->handled_by_type[index]++;
        if (self->full) {
            int64_t code = DELIVERED | (int64_t)index << 4 | (int64_t)link->peer_id << 12 | (int64_t)sequence++ << 32;
            if (write_down(self, self->now, code) < 0) return -1;
        }
        if (index < self->algorithm_types) {
            PyObject *stack[] = {NULL, link->peer, completed, version, message};
            result = PyObject_Vectorcall(self->deliver, stack + 1, 4 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        } else {
            PyObject *stack[] = {NULL, link->peer, message};
            result = PyObject_Vectorcall(self->deliver_workload, stack + 1, 2 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        }
        if (!result) return -1;
        Py_DECREF(result);
        if (advance(self) < 0) return -1;
    }
    return 0;
}

/* Hand over what a link received, one step a message. */
static int receive(Pump *self, Link *link, const char *data, Py_ssize_t count) {
    PyObject *frames = take(link, data, count);
    if (!frames) return -1;
    self->now = monotonic_ns(); /* after the receive: an entry is never stamped before what allowed it */
    int failed = 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(frames) && !failed; i++) {
        PyObject *frame = PyList_GET_ITEM(frames, i);
        failed = hand_over(self, link, PyTuple_GET_ITEM(frame, 0), PyTuple_GET_ITEM(frame, 1),
                           PyTuple_GET_ITEM(frame, 2));
    }
    Py_DECREF(frames);
    if (!failed && due(link) && !link->batched) failed = PyList_Append(self->dirty, (PyObject *)link);
    return failed;
}

static PyObject *Pump_receive(Pump *self, PyObject *const *arguments, Py_ssize_t count) {
    char *data;
    Py_ssize_t size;
    if (count != 2 || !Py_IS_TYPE(arguments[0], &LinkType)) {
        PyErr_SetString(PyExc_TypeError, "receive(link, data)");
        return NULL;
    }
    if (PyBytes_AsStringAndSize(arguments[1], &data, &size) < 0) return NULL;
    if (receive(self, (Link *)arguments[0], data, size) < 0) return NULL;
    Py_RETURN_NONE;
}

#ifdef __linux__
/* Return the link of a descriptor, NULL if it is of none. */
static Link *link_of(Pump *self, int descriptor) {
    PyObject *link;
    Py_ssize_t at = 0;
    if (descriptor < 0 || descriptor >= DESCRIPTORS) return NULL;
    Link *known = self->by_descriptor[descriptor];
    if (known && known->descriptor == descriptor) return known;
    while (self->links && PyDict_Next(self->links, &at, NULL, &link))
        if (((Link *)link)->descriptor == descriptor) return self->by_descriptor[descriptor] = (Link *)link;
    return NULL;
}

/* Take in what has come on a link: return 1, or 0 if Python is to look at it, -1 with an exception. */
static int take_in(Pump *self, Link *link) {
    ssize_t count = recv(link->descriptor, self->received, RECEIVE, 0);
    if (count <= 0) return count < 0 && (errno == EAGAIN || errno == EINTR);
    if (!receive(self, link, self->received, count)) return 1;
    if (!PyErr_ExceptionMatches(Garbage)) return -1;
    PyObject *type, *trace;
    Py_CLEAR(link->complaint);
    PyErr_Fetch(&type, &link->complaint, &trace);
    Py_XDECREF(type);
    Py_XDECREF(trace);
    return 0;
}

/* Send what the wake-up led to. Links that the kernel took too little of, or that broke, stay dirty. */
static int flush_all(Pump *self) {
    Py_ssize_t left = 0, count = PyList_GET_SIZE(self->dirty);
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *link = PyList_GET_ITEM(self->dirty, i);
        int done = flush((Link *)link);
        if (done < 0) {
            if (!PyErr_ExceptionMatches(PyExc_OSError)) return -1;
            PyErr_Clear();
        }
        if (done <= 0 && PyList_SetItem(self->dirty, left++, Py_NewRef(link)) < 0) return -1;
    }
    return PyList_SetSlice(self->dirty, left, count, NULL);
}

/* Wait like select.epoll, deal with the links that can be read, and return the other events. */
static PyObject *Pump_wake(Pump *self, PyObject *const *arguments, Py_ssize_t count) {
    struct epoll_event events[EVENTS];
    double seconds = -1;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "wake(descriptor, seconds)");
        return NULL;
    }
    int epoll = PyObject_AsFileDescriptor(arguments[0]), came;
    if (epoll < 0) return NULL;
    if (arguments[1] != Py_None) seconds = PyFloat_AsDouble(arguments[1]);
    if (seconds == -1 && PyErr_Occurred()) return NULL;
    int milliseconds = seconds < 0 ? -1 : seconds > 1e6 ? 1000000000 : (int)(seconds * 1000);
    if (seconds > 0 && milliseconds < seconds * 1000) milliseconds++; /* up, as select.epoll does */
    Py_BEGIN_ALLOW_THREADS
    came = epoll_wait(epoll, events, EVENTS, milliseconds);
    Py_END_ALLOW_THREADS
    if (came < 0 && errno != EINTR) return PyErr_SetFromErrno(PyExc_OSError);
    if (came < 0 && PyErr_CheckSignals()) return NULL;
    PyObject *left = PyList_New(0);
    for (int i = 0; left && i < came; i++) {
        Link *link = events[i].events == EPOLLIN ? link_of(self, events[i].data.fd) : NULL;
        int done = link ? take_in(self, link) : 0;
        if (done > 0) continue;
        PyObject *event = done ? NULL : Py_BuildValue("iI", events[i].data.fd, (unsigned int)events[i].events);
        if (!event || PyList_Append(left, event) < 0) Py_CLEAR(left);
        Py_XDECREF(event);
    }
    if (left && flush_all(self) < 0) Py_CLEAR(left);
    return left;
}
#endif

/* Encode a message once, count it for each receiver, and write it down. Returns bytes. */
static PyObject *payload_of(Pump *self, PyObject *message, long to, Py_ssize_t copies, Py_ssize_t *index) {
    PyObject *payload = PyObject_CallOneArg(encode, message);
    if (!payload || PyBytes_GET_SIZE(payload) > MAX_MESSAGE) {
        PyErr_Clear();
        Py_XDECREF(payload);
        payload = PyObject_CallOneArg(encoded, message); /* it says what is wrong */
        if (!payload) return NULL;
    }
    Py_ssize_t size = PyBytes_GET_SIZE(payload);
    *index = index_of(self, message);
    if (*index < 0) goto failed;
    self->sent_by_type[*index] += copies;
    if (*index < self->algorithm_types) self->payload_bytes += (long long)size * copies;
    if (self->full) {
        int64_t code = SENT | (int64_t)*index << 4 | (int64_t)to << 12 | (int64_t)size << 32;
        if (write_down(self, self->now, code) < 0) goto failed;
        if (append(&self->payloads, PyBytes_AS_STRING(payload), size) < 0) goto failed;
    }
    return payload;
failed:
    Py_DECREF(payload);
    return NULL;
}

static int counter(Pump *self, PyObject *name, uint64_t *value) {
    PyObject *number = PyObject_GetAttr(self->node, name);
    if (!number) return -1;
    *value = PyLong_AsUnsignedLongLong(number);
    Py_DECREF(number);
    return *value == (uint64_t)-1 && PyErr_Occurred() ? -1 : 0;
}

static int put_on(Pump *self, Link *link, PyObject *payload, int workload, uint64_t completed, uint64_t version) {
    char *data = PyBytes_AS_STRING(payload);
    size_t size = PyBytes_GET_SIZE(payload);
    if (!link->batched && PyList_Append(self->dirty, (PyObject *)link) < 0) return -1;
    return workload ? post_workload(link, data, size) : post(link, data, size, completed, version);
}

static PyObject *send_one(Pump *self, PyObject *const *arguments, Py_ssize_t count, int workload) {
    uint64_t completed = 0, version = 0;
    Py_ssize_t index;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "send(to, message)");
        return NULL;
    }
    PyObject *link = PyDict_GetItemWithError(self->links, arguments[0]);
    if (!link) {
        if (!PyErr_Occurred()) PyErr_SetObject(PyExc_KeyError, arguments[0]);
        return NULL;
    }
    if (!workload && (counter(self, name_completed, &completed) < 0 || counter(self, name_version, &version) < 0))
        return NULL;
    PyObject *payload = payload_of(self, arguments[1], ((Link *)link)->peer_id, 1, &index);
    if (!payload) return NULL;
    int failed = put_on(self, (Link *)link, payload, workload, completed, version) < 0;
    Py_DECREF(payload);
    if (failed) return NULL;
    Py_RETURN_NONE;
}

static PyObject *send_all(Pump *self, PyObject *message, int workload) {
    uint64_t completed = 0, version = 0;
    Py_ssize_t index, count = PyTuple_GET_SIZE(self->peers);
    if (!workload && (counter(self, name_completed, &completed) < 0 || counter(self, name_version, &version) < 0))
        return NULL;
    PyObject *payload = payload_of(self, message, EVERY_PEER, count, &index);
    if (!payload) return NULL;
    for (Py_ssize_t i = 0; i < count; i++) {
        if (put_on(self, (Link *)PyTuple_GET_ITEM(self->peers, i), payload, workload, completed, version) < 0) {
            Py_DECREF(payload);
            return NULL;
        }
    }
    Py_DECREF(payload);
    Py_RETURN_NONE;
}

static PyObject *Pump_send(Pump *self, PyObject *const *arguments, Py_ssize_t count) {
    return send_one(self, arguments, count, 0);
}
static PyObject *Pump_send_workload(Pump *self, PyObject *const *arguments, Py_ssize_t count) {
    return send_one(self, arguments, count, 1);
}
static PyObject *Pump_broadcast(Pump *self, PyObject *message) { return send_all(self, message, 0); }
static PyObject *Pump_broadcast_workload(Pump *self, PyObject *message) { return send_all(self, message, 1); }

static PyObject *Pump_write(Pump *self, PyObject *arguments) {
    long long kind, at;
    PyObject *detail;
    if (!PyArg_ParseTuple(arguments, "LLO", &kind, &at, &detail)) return NULL;
    int64_t place = PyList_GET_SIZE(self->details);
    if (PyList_Append(self->details, detail) < 0 || write_down(self, at, kind | place << 32) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *Pump_written(Pump *self, PyObject *none) {
    Buffer *t = &self->times, *c = &self->codes, *p = &self->payloads;
    return Py_BuildValue("y#y#Oy#", t->data ? t->data : "", (Py_ssize_t)length(t), c->data ? c->data : "",
                         (Py_ssize_t)length(c), self->details, p->data ? p->data : "", (Py_ssize_t)length(p));
}

static PyObject *numbers(const long long *values, Py_ssize_t count) {
    PyObject *list = PyList_New(count);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        PyObject *number = PyLong_FromLongLong(values[i]);
        if (!number) Py_CLEAR(list);
        else PyList_SET_ITEM(list, i, number);
    }
    return list;
}
static PyObject *Pump_sent(Pump *self, void *none) { return numbers(self->sent_by_type, self->types); }
static PyObject *Pump_handled(Pump *self, void *none) { return numbers(self->handled_by_type, self->types); }

static PyMethodDef Pump_methods[] = {
    {"join", (PyCFunction)Pump_join, METH_VARARGS, NULL},
    {"receive", (PyCFunction)(void (*)(void))Pump_receive, METH_FASTCALL, NULL},
#ifdef __linux__
    {"wake", (PyCFunction)(void (*)(void))Pump_wake, METH_FASTCALL, NULL},
#endif
    {"send", (PyCFunction)(void (*)(void))Pump_send, METH_FASTCALL, NULL},
    {"broadcast", (PyCFunction)Pump_broadcast, METH_O, NULL},
    {"send_workload", (PyCFunction)(void (*)(void))Pump_send_workload, METH_FASTCALL, NULL},
    {"broadcast_workload", (PyCFunction)Pump_broadcast_workload, METH_O, NULL},
    {"write", (PyCFunction)Pump_write, METH_VARARGS, NULL},
    {"written", (PyCFunction)Pump_written, METH_NOARGS, NULL},
    {NULL},
};
static PyMemberDef Pump_members[] = {
    {"now", T_LONGLONG, offsetof(Pump, now), 0, NULL},
    {"payload_bytes", T_LONGLONG, offsetof(Pump, payload_bytes), READONLY, NULL},
    {"dirty", T_OBJECT, offsetof(Pump, dirty), READONLY, NULL},
    {NULL},
};
static PyGetSetDef Pump_properties[] = {
    {"sent_by_type", (getter)Pump_sent, NULL, NULL, NULL},
    {"handled_by_type", (getter)Pump_handled, NULL, NULL, NULL},
    {NULL},
};
static PyTypeObject PumpType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mxbench.net._pump.Pump",
    .tp_basicsize = sizeof(Pump),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)Pump_init,
    .tp_dealloc = (destructor)Pump_dealloc,
    .tp_traverse = (traverseproc)Pump_traverse,
    .tp_clear = (inquiry)Pump_clear,
    .tp_methods = Pump_methods,
    .tp_members = Pump_members,
    .tp_getset = Pump_properties,
};

/* ---- module ----------------------------------------------------------------------------------------------------- */

static PyObject *attribute_of(const char *module_name, const char *name) {
    PyObject *module = PyImport_ImportModule(module_name), *found;
    if (!module) return NULL;
    found = PyObject_GetAttrString(module, name);
    Py_DECREF(module);
    return found;
}

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "mxbench.net._pump", NULL, -1, NULL};

PyMODINIT_FUNC PyInit__pump(void) {
    PyObject *Encoder = attribute_of("msgspec.msgpack", "Encoder"), *encoder, *module;
    if (!Encoder || !(encoder = PyObject_CallNoArgs(Encoder))) return NULL;
    Py_DECREF(Encoder);
    encode = PyObject_GetAttrString(encoder, "encode");
    Py_DECREF(encoder);
    MsgspecError = attribute_of("msgspec", "MsgspecError");
    Garbage = attribute_of("mxbench.net.wire", "Garbage");
    encoded = attribute_of("mxbench.net.pump", "encoded");
    decoder = attribute_of("mxbench.net.link", "decoder");
    clock_ns = attribute_of("time", "monotonic_ns");
    name_send = PyUnicode_InternFromString("send");
    name_recv = PyUnicode_InternFromString("recv");
    receive_size = PyLong_FromLong(RECEIVE);
    name_close = PyUnicode_InternFromString("close");
    name_completed = PyUnicode_InternFromString("completed");
    name_version = PyUnicode_InternFromString("version");
    name_ready = PyUnicode_InternFromString("ready");
    name_advance = PyUnicode_InternFromString("advance");
    if (!encode || !decoder || !MsgspecError || !Garbage || !clock_ns || !encoded || !name_advance) return NULL;
    if (PyType_Ready(&LinkType) < 0 || PyType_Ready(&PumpType) < 0) return NULL;
    module = PyModule_Create(&definition);
    if (!module) return NULL;
    if (PyModule_AddIntConstant(module, "VERSION", 2) < 0 || /* see mxbench/compiled.py */
        PyModule_AddObjectRef(module, "Link", (PyObject *)&LinkType) < 0 ||
        PyModule_AddObjectRef(module, "Pump", (PyObject *)&PumpType) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

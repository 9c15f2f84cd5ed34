/* A link: the frames to one peer, and those from it. What Python sees of it is in link_type.h.
 *
 * A link keeps the frames that its peer has not acknowledged, one after the other, in one buffer; `offered` of its
 * bytes the kernel has taken on this connection. So to send again after a break is to set `offered` to 0.
 */
#pragma once
#include <errno.h>
#include <sys/socket.h>

#include "buffer.h"

#ifndef MSG_NOSIGNAL
#define MSG_NOSIGNAL 0 /* Python ignores SIGPIPE, which is what it is for */
#endif

enum { HEADER = 28, MAX_UNACKNOWLEDGED = 32, BATCH_BYTES = 1 << 20, CHUNK = 256 * 1024 };
#define MAX_FRAME (8u << 20)

static PyObject *Garbage, *MsgspecError, *name_send;

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

static int due(const Link *self) { return self->received - self->acknowledged >= MAX_UNACKNOWLEDGED; }

/* Offer bytes to the kernel: return how many it took, 0 if it would have to wait, -1 with an exception. */
static Py_ssize_t offer(Link *self, const char *data, size_t count) {
    if (self->descriptor >= 0) {
        ssize_t taken = send(self->descriptor, data, count, MSG_NOSIGNAL);
        if (taken >= 0) return taken;
        if (errno == EINTR) return PyErr_CheckSignals(); /* whose handler may send too, so `data` is read no more */
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

/* The pump: what a node received is handed over, and everything is counted and written down. */
#pragma once
#include <time.h>

#include "../../core/c/advance.h"
#include "link_type.h"

enum { MAX_TYPES = 256, RECEIVE = 64 * 1024, DESCRIPTORS = 1024 }; /* the last: greater ones are left to Python */
enum { SENT = 3, DELIVERED = 4 };

static PyObject *clock_ns;

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

static int write_down(Pump *self, int64_t time, int64_t code) {
    return append(&self->times, (char *)&time, 8) < 0 || append(&self->codes, (char *)&code, 8) < 0 ? -1 : 0;
}

/* Return the index of a message's class, -1 with an exception for one that is not known. */
static Py_ssize_t index_of(Pump *self, PyObject *message) {
    PyObject *number = PyDict_GetItemWithError(self->index, (PyObject *)Py_TYPE(message));
    if (number) return PyLong_AsSsize_t(number);
    if (!PyErr_Occurred()) PyErr_SetObject(PyExc_KeyError, (PyObject *)Py_TYPE(message));
    return -1;
}

static int is_joined(Pump *self) {
    if (self->node && self->links && self->peers && self->deliver && self->deliver_workload) return 1;
    PyErr_SetString(PyExc_AttributeError, "the pump has joined no node yet");
    return 0;
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
        if (advance(self->node, 1) < 0) return -1; /* if more is due, the process sees to it */
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

/* How a pump sends: what the node says is encoded once, counted, written down, and put on the links. */
#pragma once
#include "pump.h"

enum { EVERY_PEER = 0xFFFFF };
#define MAX_MESSAGE (MAX_FRAME / 2)

static PyObject *encode, *encoded, *name_completed, *name_version;

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
    if (!is_joined(self)) return NULL;
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
    Py_ssize_t index, count;
    if (!is_joined(self)) return NULL;
    count = PyTuple_GET_SIZE(self->peers);
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

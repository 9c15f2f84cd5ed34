/* What Python sees of a link: the class of link.py. */
#pragma once
#include "link.h"

static PyObject *decoder, *name_recv, *name_close, *receive_size;

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
    Py_CLEAR(self->complaint);
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

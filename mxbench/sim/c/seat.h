/* Seat: a place, as its messages see it, and how it sends. */
#pragma once
#include "events.h"

enum { SENT = 3, EVERY_PEER = 0xFFFFF };
static const long long NEXT = 1LL << 32; /* what the record of a delivery has more than that of the one before it */

static PyObject *encode, *encoded, *name_completed, *name_version;
static PyTypeObject SeatType;

static PyMemberDef Spot_members[] = {
    {"now", T_LONGLONG, offsetof(Spot, now), 0, NULL},
    {"payload_bytes", T_LONGLONG, offsetof(Spot, payload_bytes), 0, NULL},
    {NULL},
};
static PyTypeObject SpotType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mxbench.sim._lane.Spot",
    .tp_basicsize = sizeof(Spot),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE,
    .tp_new = PyType_GenericNew,
    .tp_members = Spot_members,
};

static int Seat_traverse(Seat *self, visitproc visit, void *arg) {
    Py_VISIT(self->lane);
    Py_VISIT(self->delays);
    Py_VISIT(self->place);
    Py_VISIT(self->node);
    Py_VISIT(self->kinds);
    Py_VISIT(self->heads);
    Py_VISIT(self->times);
    Py_VISIT(self->codes);
    Py_VISIT(self->details);
    Py_VISIT(self->payloads);
    Py_VISIT(self->sent_by_type);
    Py_VISIT(self->unwritten);
    return 0;
}

static int Seat_clear(Seat *self) {
    Py_CLEAR(self->lane);
    Py_CLEAR(self->delays);
    Py_CLEAR(self->place);
    Py_CLEAR(self->node);
    Py_CLEAR(self->kinds);
    Py_CLEAR(self->heads);
    Py_CLEAR(self->times);
    Py_CLEAR(self->codes);
    Py_CLEAR(self->details);
    Py_CLEAR(self->payloads);
    Py_CLEAR(self->sent_by_type);
    Py_CLEAR(self->unwritten);
    return 0;
}

static void Seat_dealloc(Seat *self) {
    PyObject_GC_UnTrack(self);
    Seat_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *attribute(PyObject *owner, const char *name, PyTypeObject *type) {
    PyObject *found = PyErr_Occurred() ? NULL : PyObject_GetAttrString(owner, name);
    if (found && type && !PyObject_TypeCheck(found, type)) {
        PyErr_Format(PyExc_TypeError, "a place's %s must be a %s, not %R", name, type->tp_name, found);
        Py_CLEAR(found);
    }
    return found;
}

static int add_to(PyObject *list, Py_ssize_t index, long long more) {
    if (index < 0 || index >= PyList_GET_SIZE(list)) {
        PyErr_SetString(PyExc_IndexError, "a class of messages, or a node, that is not known");
        return -1;
    }
    long long value = PyLong_AsLongLong(PyList_GET_ITEM(list, index));
    PyObject *sum = value == -1 && PyErr_Occurred() ? NULL : PyLong_FromLongLong(value + more);
    return sum ? PyList_SetItem(list, index, sum) : -1;
}

typedef struct {
    PyObject *payload, *fresh; /* fresh: makes a copy of the payload's message, None if all may share it */
    PyObject *completed, *version;
    long long mark;
} Sending;

static void forget(Sending *what) {
    Py_XDECREF(what->payload);
    Py_XDECREF(what->completed);
    Py_XDECREF(what->version);
}

/* Encode a message once, count it for each receiver, and write it down: 0, or -1 with an exception. */
static int begin(Seat *self, PyObject *message, long to, long copies, Sending *what) {
    memset(what, 0, sizeof *what);
    what->payload = PyObject_CallOneArg(encode, message);
    if (!what->payload) {
        PyErr_Clear();
        if (!(what->payload = PyObject_CallOneArg(encoded, message))) return -1; /* it says what is wrong */
    }
    PyObject *kind = PyDict_GetItemWithError(self->kinds, (PyObject *)Py_TYPE(message));
    if (!kind) {
        if (!PyErr_Occurred()) PyErr_SetObject(PyExc_KeyError, (PyObject *)Py_TYPE(message));
        return -1;
    }
    Py_ssize_t index = PyLong_AsSsize_t(PyTuple_GET_ITEM(kind, 0)), size = PyBytes_GET_SIZE(what->payload);
    what->fresh = PyTuple_GET_ITEM(kind, 3);
    what->mark = (long long)index << 4;
    what->completed = PyObject_GetAttr(self->node, name_completed);
    what->version = PyObject_GetAttr(self->node, name_version);
    if (!what->completed || !what->version || add_to(self->sent_by_type, index, copies) < 0) return -1;
    self->place->payload_bytes += size * copies;
    if (!self->lane->full) return 0;
    Py_ssize_t held = PyByteArray_GET_SIZE(self->payloads);
    if (append_number(self->times, self->place->now) < 0 ||
        append_number(self->codes, SENT | what->mark | (long long)to << 12 | (long long)size << 32) < 0 ||
        PyByteArray_Resize(self->payloads, held + size) < 0)
        return -1;
    memcpy(PyByteArray_AS_STRING(self->payloads) + held, PyBytes_AS_STRING(what->payload), size);
    return 0;
}

/* Return the record of the next delivery to a place, without the type, and count it; -1 with an exception. */
static long long next_head(Seat *self, Seat *other) {
    PyObject *place = NULL, *head, *next;
    if (PyList_CheckExact(self->heads)) {
        head = Py_XNewRef(PyList_GetItem(self->heads, other->me));
    } else {
        if (!(place = PyLong_FromLong(other->me))) return -1;
        head = PyObject_GetItem(self->heads, place); /* it makes one up where there is none */
    }
    long long value = head ? PyLong_AsLongLong(head) : -1;
    Py_XDECREF(head);
    next = PyErr_Occurred() ? NULL : PyLong_FromLongLong(value + NEXT);
    if (!next) value = -1;
    else if (!place) value = PyList_SetItem(self->heads, other->me, next) < 0 ? -1 : value;
    else {
        if (PyObject_SetItem(self->heads, place, next) < 0) value = -1;
        Py_DECREF(next);
    }
    Py_XDECREF(place);
    return value;
}

static int post(Seat *self, Seat *other, const Sending *what, long long serial, PyObject *message) {
    long long head = next_head(self, other);
    PyObject *delay = head < 0 ? NULL : PyList_GetItem(self->delays, other->me);
    if (!delay) return -1;
    PyObject *copy = what->fresh == Py_None ? Py_NewRef(message) : PyObject_CallOneArg(what->fresh, what->payload);
    if (!copy) return -1;
    Event event = {.time = self->place->now + PyLong_AsLongLong(delay), .serial = serial, .code = head | what->mark,
                   .kind = self->me, .seat = other, .place = (PyObject *)other->place,
                   .a = what->completed, .b = what->version, .message = copy};
    if (PyErr_Occurred() || push(self->lane, event) < 0) {
        Py_DECREF(copy);
        return -1;
    }
    Py_INCREF(event.place);
    Py_INCREF(event.a);
    Py_INCREF(event.b);
    return 0;
}

static long long next_serial(Lane *lane) {
    PyObject *number = PyObject_CallNoArgs(lane->next_serial);
    long long serial = number ? PyLong_AsLongLong(number) : -1;
    Py_XDECREF(number);
    return serial;
}

static PyObject *Seat_send(Seat *self, PyObject *const *given, Py_ssize_t count) {
    Sending what;
    if (!self->lane || !self->lane->seats) return PyErr_Format(PyExc_RuntimeError, "the world is gone");
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "send(to, message)");
        return NULL;
    }
    long to = PyLong_AsLong(given[0]);
    if (to == -1 && PyErr_Occurred()) return NULL;
    PyObject *other = PyList_GetItem(self->lane->seats, to);
    if (!other) return NULL;
    int failed = begin(self, given[1], to, 1, &what) < 0;
    long long serial = failed ? -1 : next_serial(self->lane);
    failed = failed || serial < 0 || post(self, (Seat *)other, &what, serial, given[1]) < 0;
    forget(&what);
    if (failed) return NULL;
    Py_RETURN_NONE;
}

static PyObject *Seat_broadcast(Seat *self, PyObject *message) {
    Sending what;
    Lane *lane = self->lane;
    if (!lane || !lane->seats) return PyErr_Format(PyExc_RuntimeError, "the world is gone");
    long nodes = lane->nodes;
    int failed = begin(self, message, EVERY_PEER, nodes - (self->me < nodes), &what) < 0;
    long long serial = failed ? -1 : next_serial(lane); /* one for all: they stand next to each other */
    failed = failed || serial < 0;
    for (long to = 0; to < nodes && !failed; to++)
        if (to != self->me) failed = post(self, (Seat *)PyList_GET_ITEM(lane->seats, to), &what, serial, message) < 0;
    forget(&what);
    if (failed) return NULL;
    Py_RETURN_NONE;
}

/* write(kind, detail): write down an event that is no message. */
static PyObject *Seat_write(Seat *self, PyObject *const *given, Py_ssize_t count) {
    if (count != 2 || !self->details) {
        PyErr_SetString(PyExc_TypeError, "write(kind, detail)");
        return NULL;
    }
    long long kind = PyLong_AsLongLong(given[0]), at = PyList_GET_SIZE(self->details);
    if ((kind == -1 && PyErr_Occurred()) || append_number(self->times, self->place->now) < 0 ||
        append_number(self->codes, kind | at << 32) < 0 || PyList_Append(self->details, given[1]) < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef Seat_methods[] = {
    {"write", (PyCFunction)(void (*)(void))Seat_write, METH_FASTCALL, NULL},
    {"send", (PyCFunction)(void (*)(void))Seat_send, METH_FASTCALL, NULL},
    {"broadcast", (PyCFunction)Seat_broadcast, METH_O, NULL},
    {NULL},
};
static PyTypeObject SeatType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mxbench.sim._lane.Seat",
    .tp_basicsize = sizeof(Seat),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = (destructor)Seat_dealloc,
    .tp_traverse = (traverseproc)Seat_traverse,
    .tp_clear = (inquiry)Seat_clear,
    .tp_methods = Seat_methods,
};

/* Make the seat of a place; the places come in the order of their numbers, whose `delays` are known by then. */
static PyObject *Lane_seat(Lane *self, PyObject *place) {
    if (!PyObject_TypeCheck(place, &SpotType)) return PyErr_Format(PyExc_TypeError, "a place is a Spot, not %R", place);
    Seat *seat = (Seat *)SeatType.tp_alloc(&SeatType, 0);
    PyObject *recorder = seat ? PyObject_GetAttrString(place, "recorder") : NULL;
    if (!recorder) {
        Py_XDECREF(seat);
        return NULL;
    }
    seat->me = PyList_GET_SIZE(self->seats);
    seat->lane = (Lane *)Py_NewRef(self);
    seat->place = (Spot *)Py_NewRef(place);
    seat->node = attribute(place, "node", NULL);
    seat->delays = attribute(place, "delays", NULL);
    seat->kinds = attribute(place, "kinds", &PyDict_Type);
    seat->heads = attribute(place, "heads", NULL);
    seat->sent_by_type = attribute(place, "sent_by_type", &PyList_Type);
    seat->unwritten = attribute(place, "unwritten", &PyList_Type);
    seat->times = attribute(recorder, "times", &ColumnType);
    seat->codes = attribute(recorder, "codes", &ColumnType);
    seat->details = attribute(recorder, "details", &PyList_Type);
    seat->payloads = attribute(recorder, "payloads", &PyByteArray_Type);
    Py_DECREF(recorder);
    if (PyErr_Occurred() || PyList_Append(self->seats, (PyObject *)seat) < 0) Py_CLEAR(seat);
    return (PyObject *)seat;
}

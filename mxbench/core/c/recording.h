/* Recording: what the handlers of an algorithm record on `out`. */
#pragma once
#include "python.h"

enum { BROADCAST = -1 };

static PyObject *everybody, *name_refuse, *name_refuse_entry, *name_to, *name_message, *name_stamp;

typedef struct {
    PyObject_HEAD
    PyObject *effects; /* a list of tuples (receiver, message) */
    PyObject *entering, *may_enter, *stamp, *destinations, *types;
} Recording;

static PyObject *Recording_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
    Recording *self = (Recording *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->entering = Py_NewRef(Py_False);
    self->may_enter = Py_NewRef(Py_False);
    self->stamp = Py_NewRef(Py_None);
    self->destinations = Py_NewRef(Py_None);
    self->types = Py_NewRef(Py_None);
    if (!(self->effects = PyList_New(0))) Py_CLEAR(self);
    return (PyObject *)self;
}

static int Recording_traverse(Recording *self, visitproc visit, void *arg) {
    Py_VISIT(self->effects);
    Py_VISIT(self->entering);
    Py_VISIT(self->may_enter);
    Py_VISIT(self->stamp);
    Py_VISIT(self->destinations);
    Py_VISIT(self->types);
    return 0;
}

static int Recording_clear(Recording *self) {
    Py_CLEAR(self->effects);
    Py_CLEAR(self->entering);
    Py_CLEAR(self->may_enter);
    Py_CLEAR(self->stamp);
    Py_CLEAR(self->destinations);
    Py_CLEAR(self->types);
    return 0;
}

static void Recording_dealloc(Recording *self) {
    PyObject_GC_UnTrack(self);
    Recording_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* Say that somebody deleted a field. */
static int missing(const char *name) {
    PyErr_SetString(PyExc_AttributeError, name);
    return -1;
}

/* Write down a message to a receiver; what must not be sent is refused by Python, which says why. */
static PyObject *record(Recording *self, PyObject *to, PyObject *message, int known) {
    if (known > 0 && !self->types) known = missing("_types");
    if (known > 0) known = PySequence_Contains(self->types, (PyObject *)Py_TYPE(message));
    if (known < 0) return NULL;
    if (!known) {
        PyObject *stack[] = {NULL, (PyObject *)self, to, message};
        return PyObject_VectorcallMethod(name_refuse, stack + 1, 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    }
    PyObject *effect = PyTuple_Pack(2, to, message);
    if (!effect || PyList_Append(self->effects, effect) < 0) {
        Py_XDECREF(effect);
        return NULL;
    }
    Py_DECREF(effect);
    Py_RETURN_NONE;
}

/* Put arguments given by position or by name in their places; -1 with an exception if they do not fit. */
static int fit(const char *function, PyObject *const *given, Py_ssize_t count, PyObject *keywords, PyObject **names,
               PyObject **places, Py_ssize_t size) {
    Py_ssize_t more = keywords ? PyTuple_GET_SIZE(keywords) : 0;
    if (count + more != size) {
        PyErr_Format(PyExc_TypeError, "%s() takes exactly %zd arguments (%zd given)", function, size, count + more);
        return -1;
    }
    for (Py_ssize_t i = 0; i < size; i++) places[i] = i < count ? given[i] : NULL;
    for (Py_ssize_t i = 0; i < more; i++) {
        Py_ssize_t at = count;
        while (at < size && PyUnicode_Compare(PyTuple_GET_ITEM(keywords, i), names[at])) at++;
        if (at == size || places[at]) {
            PyErr_Format(PyExc_TypeError, "%s() got an unexpected keyword argument '%U', or one twice", function,
                         PyTuple_GET_ITEM(keywords, i));
            return -1;
        }
        places[at] = given[count + i];
    }
    return 0;
}

static PyObject *Recording_send(Recording *self, PyObject *const *given, Py_ssize_t count, PyObject *keywords) {
    PyObject *names[] = {name_to, name_message}, *places[2];
    if (count == 2 && !keywords) {
        places[0] = given[0];
        places[1] = given[1];
    } else if (fit("send", given, count, keywords, names, places, 2) < 0) {
        return NULL;
    }
    int known = 0;
    if (!self->destinations) known = missing("_destinations");
    else if (PyLong_Check(places[0])) known = PySequence_Contains(self->destinations, places[0]);
    return record(self, places[0], places[1], known);
}

static PyObject *Recording_broadcast(Recording *self, PyObject *const *given, Py_ssize_t count, PyObject *keywords) {
    PyObject *names[] = {name_message}, *places[1];
    if (fit("broadcast", given, count, keywords, names, places, 1) < 0) return NULL;
    return record(self, everybody, places[0], 1);
}

static PyObject *Recording_enter(Recording *self, PyObject *const *given, Py_ssize_t count, PyObject *keywords) {
    PyObject *names[] = {name_stamp}, *places[] = {Py_None};
    if ((count || keywords) && fit("enter", given, count, keywords, names, places, 1) < 0) return NULL;
    int may = self->may_enter ? PyObject_IsTrue(self->may_enter) : missing("may_enter");
    if (may < 0) return NULL;
    if (!may) return PyObject_CallMethodNoArgs((PyObject *)self, name_refuse_entry);
    Py_XSETREF(self->may_enter, Py_NewRef(Py_False));
    Py_XSETREF(self->entering, Py_NewRef(Py_True));
    Py_XSETREF(self->stamp, Py_NewRef(places[0]));
    Py_RETURN_NONE;
}

static PyMethodDef Recording_methods[] = {
    {"send", (PyCFunction)(void (*)(void))Recording_send, METH_FASTCALL | METH_KEYWORDS,
     "send($self, /, to, message)\n--\n\n"
     "Send `message` to the node `to`; to oneself is allowed, handled within this step and not counted."},
    {"broadcast", (PyCFunction)(void (*)(void))Recording_broadcast, METH_FASTCALL | METH_KEYWORDS,
     "broadcast($self, /, message)\n--\n\nSend `message` to each peer: n - 1 messages."},
    {"enter", (PyCFunction)(void (*)(void))Recording_enter, METH_FASTCALL | METH_KEYWORDS,
     "enter($self, /, stamp=None)\n--\n\n"
     "Enter the critical section when this step ends.\n\n"
     "stamp: the (clock, node) of the request, by algorithms that promise to serve requests in that order."},
    {NULL},
};
static PyMemberDef Recording_members[] = {
    {"effects", T_OBJECT_EX, offsetof(Recording, effects), READONLY, NULL},
    {"entering", T_OBJECT_EX, offsetof(Recording, entering), 0, NULL},
    {"may_enter", T_OBJECT_EX, offsetof(Recording, may_enter), 0, NULL},
    {"stamp", T_OBJECT_EX, offsetof(Recording, stamp), 0, NULL},
    {"_destinations", T_OBJECT_EX, offsetof(Recording, destinations), 0, NULL},
    {"_types", T_OBJECT_EX, offsetof(Recording, types), 0, NULL},
    {NULL},
};
static PyTypeObject RecordingType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mxbench.core._envelope.Recording",
    .tp_basicsize = sizeof(Recording),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = Recording_new,
    .tp_dealloc = (destructor)Recording_dealloc,
    .tp_traverse = (traverseproc)Recording_traverse,
    .tp_clear = (inquiry)Recording_clear,
    .tp_methods = Recording_methods,
    .tp_members = Recording_members,
};

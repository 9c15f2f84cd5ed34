/* Envelope: the counters of a node, what is told to its plugins and its engine, and the end of a step. */
#pragma once
#include "recording.h"

enum { SET_TIMER = -2, MAX_OWN_MESSAGES = 10000 };

static PyObject *ContractBreach, *algorithm_owner;
static PyObject *name_on_message, *name_send, *name_broadcast, *name_set_timer, *name_cancel_timer, *name_enter;
static PyObject *name_check_recorded;

typedef struct {
    PyObject_HEAD
    PyObject *algorithm, *workload, *arrivals, *engine, *out, *work_out;
    PyObject *completed, *version, *ready;
    PyObject *waiting, *inside, *backlog, *tickets;
    long me;
    long long steps, requests, looked_at;
    char open, releasing, has_version;
} Envelope;

/* Return what the handlers recorded on, borrowed; NULL with an exception if this is no such thing. */
static Recording *recording(Envelope *self) {
    if (self->out && PyObject_TypeCheck(self->out, &RecordingType) && ((Recording *)self->out)->effects)
        return (Recording *)self->out;
    PyErr_SetString(PyExc_TypeError, "a node's `out` must be a Recording");
    return NULL;
}

/* Call a method for what it does: -1 with an exception. first to fourth: its arguments, NULL behind the last. */
static int tell(PyObject *owner, PyObject *method, PyObject *first, PyObject *second, PyObject *third,
                PyObject *fourth) {
    PyObject *stack[] = {NULL, owner, first, second, third, fourth};
    size_t count = fourth ? 5 : third ? 4 : second ? 3 : first ? 2 : 1;
    if (!owner) return missing("a plugin of the node, or its engine");
    Py_INCREF(owner);
    PyObject *result = PyObject_VectorcallMethod(method, stack + 1, count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_DECREF(owner);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static int raise_to(PyObject **known, PyObject *other) {
    if (*known == other) return 0;
    if (!*known) return missing("completed, version");
    int more = PyObject_RichCompareBool(other, *known, Py_GT);
    if (more > 0) Py_SETREF(*known, Py_NewRef(other));
    return more < 0 ? -1 : 0;
}

static int is_pair(PyObject *value) {
    if (PyTuple_Check(value) && PyTuple_GET_SIZE(value) == 2) return 1;
    PyErr_Format(PyExc_TypeError, "an effect is a pair, not %R", value);
    return 0;
}

static int handle(Envelope *self, PyObject *sender, PyObject *message) {
    return tell(self->algorithm, name_on_message, sender, message, self->out, NULL);
}

/* Carry out one effect: -1 with an exception. A message to oneself goes to the end of `own`, made when need be. */
static int carry_out(Envelope *self, PyObject *effect, PyObject **own) {
    if (!is_pair(effect)) return -1;
    PyObject *to = PyTuple_GET_ITEM(effect, 0), *what = PyTuple_GET_ITEM(effect, 1);
    long place = PyLong_AsLong(to);
    if (place == -1 && PyErr_Occurred()) return -1;
    if (place == self->me) {
        if (!*own && !(*own = PyList_New(0))) return -1;
        return PyList_Append(*own, what);
    }
    if (place >= 0) return tell(self->engine, name_send, to, what, NULL, NULL);
    if (place == BROADCAST) return tell(self->engine, name_broadcast, what, NULL, NULL, NULL);
    if (place != SET_TIMER) return tell(self->engine, name_cancel_timer, algorithm_owner, what, NULL, NULL);
    if (!is_pair(what)) return -1;
    return tell(self->engine, name_set_timer, algorithm_owner, PyTuple_GET_ITEM(what, 0), PyTuple_GET_ITEM(what, 1),
                Py_False);
}

static int finish_step(Envelope *self) {
    Recording *out = recording(self);
    if (!out) return -1;
    PyObject *own = NULL, *effects = Py_NewRef(out->effects);
    int failed = 0, looked_at = self->steps < self->looked_at;
    Py_INCREF(out);
    for (Py_ssize_t handled = 0; !failed;) {
        if (looked_at) failed = tell((PyObject *)self, name_check_recorded, NULL, NULL, NULL, NULL);
        for (Py_ssize_t i = 0; !failed && i < PyList_GET_SIZE(effects); i++) {
            PyObject *effect = Py_NewRef(PyList_GET_ITEM(effects, i));
            failed = carry_out(self, effect, &own);
            Py_DECREF(effect);
        }
        if (failed || (failed = PyList_SetSlice(effects, 0, PyList_GET_SIZE(effects), NULL))) break;
        if (!own || handled == PyList_GET_SIZE(own)) break;
        if (handled == MAX_OWN_MESSAGES) {
            PyErr_Format(ContractBreach, "it sent itself over %d messages in one step", MAX_OWN_MESSAGES);
            failed = -1;
            break;
        }
        PyObject *me = PyLong_FromLong(self->me);
        failed = me ? handle(self, me, PyList_GET_ITEM(own, handled++)) : -1;
        Py_XDECREF(me);
    }
    int entering = failed || !out->entering ? 0 : PyObject_IsTrue(out->entering);
    if (entering < 0) failed = -1;
    if (entering > 0) failed = tell((PyObject *)self, name_enter, NULL, NULL, NULL, NULL);
    Py_DECREF(out);
    Py_DECREF(effects);
    Py_XDECREF(own);
    return failed;
}

/* The steps from a request to its release, and what the workload records in them. */
#pragma once
#include "envelope.h"

static PyObject *Entry, *EntryRequest, *one, *workload_owner, *arrivals_owner;
static PyObject *name_append, *name_popleft, *name_effects, *name_release, *name_request, *name_arrived;
static PyObject *name_carry_out, *name_version;
static PyObject *name_ticket_used, *name_requested, *name_entered, *name_released, *name_id, *name_number, *name_inside;
static PyObject *name_on_request, *name_on_release, *name_on_entered, *name_on_released;

static int is(PyObject *kind, PyObject *name) {
    return kind == name || (PyUnicode_Check(kind) && !PyUnicode_Compare(kind, name));
}

static void be_ready(Envelope *self) { Py_XSETREF(self->ready, Py_NewRef(Py_True)); }

static int arrive(Envelope *self) {
    if (!self->engine || !self->backlog) return missing("engine, backlog");
    PyObject *arrival = self->open ? PyObject_CallMethodNoArgs(self->engine, name_arrived) : Py_NewRef(Py_None);
    PyObject *result = arrival ? PyObject_CallMethodOneArg(self->backlog, name_append, arrival) : NULL;
    Py_XDECREF(arrival);
    Py_XDECREF(result);
    be_ready(self);
    return result ? 0 : -1;
}

/* Carry out one thing that the workload or the arrivals recorded. */
static int work(Envelope *self, PyObject *owner, PyObject *effect) {
    if (!is_pair(effect)) return -1;
    PyObject *kind = PyTuple_GET_ITEM(effect, 0), *what = PyTuple_GET_ITEM(effect, 1);
    if (is(kind, name_release)) {
        self->releasing = 1;
        be_ready(self);
        return 0;
    }
    if (is(kind, name_request)) return arrive(self);
    if (!is(kind, name_set_timer)) return tell((PyObject *)self, name_carry_out, owner, kind, what, NULL);
    if (!PyTuple_Check(what) || PyTuple_GET_SIZE(what) != 3) {
        PyErr_Format(PyExc_TypeError, "a timer is a name, a duration and whether it is steady, not %R", what);
        return -1;
    }
    return tell(self->engine, name_set_timer, owner, PyTuple_GET_ITEM(what, 0), PyTuple_GET_ITEM(what, 1),
                PyTuple_GET_ITEM(what, 2));
}

static int do_work(Envelope *self, PyObject *owner) {
    PyObject *effects = self->work_out ? PyObject_GetAttr(self->work_out, name_effects) : NULL;
    if (!effects) return self->work_out ? -1 : missing("_work_out");
    int failed = PyList_Check(effects) ? 0 : missing("effects");
    for (Py_ssize_t i = 0; !failed && i < PyList_GET_SIZE(effects); i++) {
        PyObject *effect = Py_NewRef(PyList_GET_ITEM(effects, i));
        failed = work(self, owner, effect);
        Py_DECREF(effect);
    }
    if (!failed) failed = PyList_SetSlice(effects, 0, PyList_GET_SIZE(effects), NULL);
    Py_DECREF(effects);
    if (failed || !self->has_version) return failed;
    if (!self->workload) return missing("workload");
    PyObject *version = PyObject_GetAttr(self->workload, name_version);
    failed = version ? raise_to(&self->version, version) : -1;
    Py_XDECREF(version);
    return failed;
}

static int use_ticket(Envelope *self) {
    PyObject *left = PyNumber_Subtract(self->tickets, one);
    if (!left) return -1;
    Py_SETREF(self->tickets, left);
    return tell(self->engine, name_ticket_used, NULL, NULL, NULL, NULL);
}

static int issue(Envelope *self) {
    Recording *out = recording(self);
    PyObject *arrival = out ? PyObject_CallMethodNoArgs(self->backlog, name_popleft) : NULL;
    PyObject *id = arrival ? PyLong_FromLongLong(self->requests) : NULL;
    PyObject *request = id ? PyObject_CallOneArg(EntryRequest, id) : NULL;
    int failed = request ? 0 : -1;
    self->steps++;
    if (!failed) {
        self->requests++;
        Py_XSETREF(self->waiting, Py_NewRef(request));
        if (self->tickets && self->tickets != Py_None) failed = use_ticket(self);
        Py_XSETREF(out->may_enter, Py_NewRef(Py_True));
        failed = failed || tell(self->engine, name_requested, request, arrival, NULL, NULL) ||
                 tell(self->algorithm, name_on_request, request, self->out, NULL, NULL) || finish_step(self);
    }
    Py_XDECREF(arrival);
    Py_XDECREF(id);
    Py_XDECREF(request);
    return failed ? -1 : 0;
}

/* Return the entry that the request which waits leads to; NULL with an exception. */
static PyObject *entry_of(Envelope *self, PyObject *stamp) {
    PyObject *id = PyObject_GetAttr(self->waiting, name_id);
    PyObject *number = id ? PyNumber_Add(self->completed, one) : NULL, *entry = NULL;
    if (number) {
        PyObject *stack[] = {NULL, id, number, stamp, self->version};
        entry = PyObject_Vectorcall(Entry, stack + 1, 4 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    }
    Py_XDECREF(id);
    Py_XDECREF(number);
    return entry;
}

static int enter(Envelope *self) {
    Recording *out = recording(self);
    if (!out) return -1;
    if (!self->work_out) return missing("_work_out");
    if (!self->waiting || self->waiting == Py_None || !out->stamp || !self->completed || !self->version) {
        PyErr_SetString(PyExc_AssertionError, "may_enter is only true while waiting");
        return -1;
    }
    PyObject *entry = entry_of(self, out->stamp);
    if (!entry) return -1;
    Py_XSETREF(out->entering, Py_NewRef(Py_False));
    Py_SETREF(self->waiting, Py_NewRef(Py_None));
    Py_XSETREF(self->inside, Py_NewRef(entry));
    int failed = PyObject_SetAttr(self->work_out, name_inside, Py_True) ||
                 tell(self->engine, name_entered, entry, NULL, NULL, NULL) ||
                 tell(self->workload, name_on_entered, entry, self->work_out, NULL, NULL) ||
                 do_work(self, workload_owner);
    Py_DECREF(entry);
    return failed ? -1 : 0;
}

static int leave(Envelope *self) {
    PyObject *entry = self->inside, *number;
    if (!entry || entry == Py_None) {
        PyErr_SetString(PyExc_AssertionError, "a release is due only while inside");
        return -1;
    }
    self->steps++;
    self->releasing = 0;
    self->inside = Py_NewRef(Py_None);
    int failed = tell(self->engine, name_released, entry, NULL, NULL, NULL);
    if (!failed) {
        number = PyObject_GetAttr(entry, name_number);
        failed = !number || raise_to(&self->completed, number) ||
                 tell(self->algorithm, name_on_release, self->out, NULL, NULL, NULL) || finish_step(self) ||
                 tell(self->arrivals, name_on_released, self->work_out, NULL, NULL, NULL) ||
                 do_work(self, arrivals_owner);
        Py_XDECREF(number);
    }
    Py_DECREF(entry);
    return failed ? -1 : 0;
}

/* Return whether a request may be issued now: -1 with an exception. */
static int may_request(Envelope *self) {
    if (self->waiting != Py_None || self->inside != Py_None || !self->tickets) return 0;
    int tickets = self->tickets == Py_None ? 1 : PyObject_IsTrue(self->tickets);
    if (tickets <= 0) return tickets;
    Py_ssize_t held = self->backlog ? PyObject_Size(self->backlog) : missing("backlog");
    return held < 0 ? -1 : held > 0;
}

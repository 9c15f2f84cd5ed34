/* What every message and every entry of a run passes, in C: the same two classes as envelope.py, which tells what they
 * do and why.
 *
 * It is optional: where there is no compiler mxbench installs without it and runs the Python (compiled.py chooses). One
 * test body runs on both. What is rare is left to Python: saying what is wrong, and most of what a workload does.
 */
#include "entry.h"
#include "told.h"

static PyObject *name_check_state;

static PyObject *Envelope_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
    Envelope *self = (Envelope *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->completed = PyLong_FromLong(0);
    self->version = PyLong_FromLong(0);
    self->ready = Py_NewRef(Py_False);
    self->waiting = Py_NewRef(Py_None);
    self->inside = Py_NewRef(Py_None);
    self->tickets = Py_NewRef(Py_None);
    if (!self->completed || !self->version) Py_CLEAR(self);
    return (PyObject *)self;
}

static int Envelope_traverse(Envelope *self, visitproc visit, void *arg) {
    Py_VISIT(self->algorithm);
    Py_VISIT(self->workload);
    Py_VISIT(self->arrivals);
    Py_VISIT(self->engine);
    Py_VISIT(self->out);
    Py_VISIT(self->work_out);
    Py_VISIT(self->completed);
    Py_VISIT(self->version);
    Py_VISIT(self->ready);
    Py_VISIT(self->waiting);
    Py_VISIT(self->inside);
    Py_VISIT(self->backlog);
    Py_VISIT(self->tickets);
    return 0;
}

static int Envelope_clear(Envelope *self) {
    Py_CLEAR(self->algorithm);
    Py_CLEAR(self->workload);
    Py_CLEAR(self->arrivals);
    Py_CLEAR(self->engine);
    Py_CLEAR(self->out);
    Py_CLEAR(self->work_out);
    Py_CLEAR(self->completed);
    Py_CLEAR(self->version);
    Py_CLEAR(self->ready);
    Py_CLEAR(self->waiting);
    Py_CLEAR(self->inside);
    Py_CLEAR(self->backlog);
    Py_CLEAR(self->tickets);
    return 0;
}

static void Envelope_dealloc(Envelope *self) {
    PyObject_GC_UnTrack(self);
    Envelope_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *Envelope_finish_step(Envelope *self, PyObject *none) {
    if (finish_step(self) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *Envelope_deliver(Envelope *self, PyObject *const *given, Py_ssize_t count) {
    Recording *out = recording(self);
    if (!out) return NULL;
    if (count != 4) {
        PyErr_SetString(PyExc_TypeError, "deliver(sender, completed, version, message)");
        return NULL;
    }
    self->steps++;
    if (raise_to(&self->completed, given[1]) < 0 || raise_to(&self->version, given[2]) < 0) return NULL;
    if (handle(self, given[0], given[3]) < 0) return NULL;
    if (!(out = recording(self))) return NULL;
    int more = PyList_GET_SIZE(out->effects) || out->entering != Py_False;
    if (more && finish_step(self) < 0) return NULL;
    Py_RETURN_NONE;
}

/* Take the release or the request that is due, as a step of its own. */
static PyObject *Envelope_advance(Envelope *self, PyObject *none) {
    int due = self->releasing ? 1 : may_request(self);
    if (due < 0) return NULL;
    if (!due) {
        Py_XSETREF(self->ready, Py_NewRef(Py_False));
        Py_RETURN_FALSE;
    }
    if ((self->releasing ? leave(self) : issue(self)) < 0) return NULL;
    if (self->steps < self->looked_at && tell((PyObject *)self, name_check_state, NULL, NULL, NULL, NULL) < 0)
        return NULL;
    Py_RETURN_TRUE;
}

static PyObject *Envelope_enter(Envelope *self, PyObject *none) {
    if (enter(self) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *Envelope_do_work(Envelope *self, PyObject *owner) {
    if (do_work(self, owner) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef Envelope_methods[] = {
    {"deliver", (PyCFunction)(void (*)(void))Envelope_deliver, METH_FASTCALL,
     "deliver($self, sender, completed, version, message, /)\n--\n\n"
     "Hand over an algorithm message and the counters of its envelope."},
    {"finish_step", (PyCFunction)Envelope_finish_step, METH_NOARGS,
     "finish_step($self, /)\n--\n\n"
     "Carry out what an algorithm's handler recorded, and enter if it said so."},
    {"advance", (PyCFunction)Envelope_advance, METH_NOARGS,
     "advance($self, /)\n--\n\n"
     "Take the release or the request that is due, as a step of its own; return False if neither is."},
    {"_enter", (PyCFunction)Envelope_enter, METH_NOARGS, NULL},
    {"_do_work", (PyCFunction)Envelope_do_work, METH_O, NULL},
    {NULL},
};
static PyMemberDef Envelope_members[] = {
    {"algorithm", T_OBJECT_EX, offsetof(Envelope, algorithm), 0, NULL},
    {"workload", T_OBJECT_EX, offsetof(Envelope, workload), 0, NULL},
    {"engine", T_OBJECT_EX, offsetof(Envelope, engine), 0, NULL},
    {"out", T_OBJECT_EX, offsetof(Envelope, out), 0, NULL},
    {"completed", T_OBJECT_EX, offsetof(Envelope, completed), 0, NULL},
    {"version", T_OBJECT_EX, offsetof(Envelope, version), 0, NULL},
    {"ready", T_OBJECT_EX, offsetof(Envelope, ready), 0, NULL},
    {"waiting", T_OBJECT_EX, offsetof(Envelope, waiting), 0, NULL},
    {"inside", T_OBJECT_EX, offsetof(Envelope, inside), 0, NULL},
    {"backlog", T_OBJECT_EX, offsetof(Envelope, backlog), 0, NULL},
    {"tickets", T_OBJECT_EX, offsetof(Envelope, tickets), 0, NULL},
    {"me", T_LONG, offsetof(Envelope, me), 0, NULL},
    {"steps", T_LONGLONG, offsetof(Envelope, steps), 0, NULL},
    {"_arrivals", T_OBJECT_EX, offsetof(Envelope, arrivals), 0, NULL},
    {"_work_out", T_OBJECT_EX, offsetof(Envelope, work_out), 0, NULL},
    {"_open", T_BOOL, offsetof(Envelope, open), 0, NULL},
    {"_releasing", T_BOOL, offsetof(Envelope, releasing), 0, NULL},
    {"_has_version", T_BOOL, offsetof(Envelope, has_version), 0, NULL},
    {"_requests", T_LONGLONG, offsetof(Envelope, requests), 0, NULL},
    {"_looked_at", T_LONGLONG, offsetof(Envelope, looked_at), 0, NULL},
    {NULL},
};
static PyTypeObject EnvelopeType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mxbench.core._envelope.Envelope",
    .tp_basicsize = sizeof(Envelope),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = Envelope_new,
    .tp_dealloc = (destructor)Envelope_dealloc,
    .tp_traverse = (traverseproc)Envelope_traverse,
    .tp_clear = (inquiry)Envelope_clear,
    .tp_methods = Envelope_methods,
    .tp_members = Envelope_members,
};

/* ---- module --------------------------------------------------------------------------------------------------- */

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "mxbench.core._envelope", NULL, -1, NULL};

static const Name NAMES[] = {
    {&algorithm_owner, "algorithm"}, {&workload_owner, "workload"}, {&arrivals_owner, "arrivals"},
    {&name_refuse, "_refuse"}, {&name_refuse_entry, "_refuse_entry"}, {&name_to, "to"}, {&name_message, "message"},
    {&name_stamp, "stamp"}, {&name_on_message, "on_message"}, {&name_on_request, "on_request"},
    {&name_on_release, "on_release"}, {&name_on_entered, "on_entered"}, {&name_on_released, "on_released"},
    {&name_send, "send"}, {&name_broadcast, "broadcast"}, {&name_set_timer, "set_timer"},
    {&name_cancel_timer, "cancel_timer"}, {&name_requested, "requested"}, {&name_entered, "entered"},
    {&name_released, "released"}, {&name_arrived, "arrived"}, {&name_ticket_used, "ticket_used"},
    {&name_enter, "_enter"}, {&name_carry_out, "_carry_out"}, {&name_check_state, "check_state"},
    {&name_check_recorded, "check_recorded"},
    {&name_effects, "effects"}, {&name_inside, "inside"}, {&name_release, "release"}, {&name_request, "request"},
    {&name_append, "append"}, {&name_popleft, "popleft"}, {&name_id, "id"}, {&name_number, "number"},
    {&name_version, "version"}, {NULL},
};

PyMODINIT_FUNC PyInit__envelope(void) {
    PyObject *module;
    ContractBreach = attribute_of("mxbench.core.contract", "ContractBreach");
    Entry = attribute_of("mxbench.core.entry", "Entry");
    EntryRequest = attribute_of("mxbench.core.entry", "EntryRequest");
    everybody = PyLong_FromLong(BROADCAST);
    one = PyLong_FromLong(1);
    if (!ContractBreach || !Entry || !EntryRequest || !everybody || !one || intern_all(NAMES) < 0) return NULL;
    if (PyType_Ready(&RecordingType) < 0 || PyType_Ready(&EnvelopeType) < 0 ||
        PyType_Ready(&ToldType) < 0)
        return NULL;
    module = PyModule_Create(&definition);
    if (!module) return NULL;
    if (PyModule_AddIntConstant(module, "VERSION", 4) < 0 || /* see mxbench/compiled.py */
        PyModule_AddObjectRef(module, "Recording", (PyObject *)&RecordingType) < 0 ||
        PyModule_AddObjectRef(module, "told", (PyObject *)&ToldType) < 0 ||
        PyModule_AddObjectRef(module, "Envelope", (PyObject *)&EnvelopeType) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

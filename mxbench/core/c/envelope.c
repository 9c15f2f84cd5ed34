/* What every message of a run passes, in C: the same two classes as envelope.py, which tells what they do and why.
 *
 * It is optional: where there is no compiler mxbench installs without it and runs the Python (compiled.py chooses). One
 * test body runs on both. What is rare is left to Python: saying what is wrong, timers, and the entry itself.
 */
#define PY_SSIZE_T_CLEAN

#include "recording.h"

enum { SET_TIMER = -2, MAX_OWN_MESSAGES = 10000 };

static PyObject *ContractBreach, *algorithm_owner;
static PyObject *name_on_message, *name_send, *name_broadcast, *name_set_timer, *name_cancel_timer, *name_enter;

/* ---- Envelope: a delivery and the end of a step --------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    PyObject *algorithm, *engine, *out, *completed, *version, *ready;
    long me;
    long long steps;
} Envelope;

static PyObject *Envelope_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
    Envelope *self = (Envelope *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->completed = PyLong_FromLong(0);
    self->version = PyLong_FromLong(0);
    self->ready = Py_NewRef(Py_False);
    if (!self->completed || !self->version) Py_CLEAR(self);
    return (PyObject *)self;
}

static int Envelope_traverse(Envelope *self, visitproc visit, void *arg) {
    Py_VISIT(self->algorithm);
    Py_VISIT(self->engine);
    Py_VISIT(self->out);
    return 0;
}

static int Envelope_clear(Envelope *self) {
    Py_CLEAR(self->algorithm);
    Py_CLEAR(self->engine);
    Py_CLEAR(self->out);
    Py_CLEAR(self->completed);
    Py_CLEAR(self->version);
    Py_CLEAR(self->ready);
    return 0;
}

static void Envelope_dealloc(Envelope *self) {
    PyObject_GC_UnTrack(self);
    Envelope_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

/* Return what the handlers recorded on, borrowed; NULL with an exception if this is no such thing. */
static Recording *recording(Envelope *self) {
    if (self->out && PyObject_TypeCheck(self->out, &RecordingType)) return (Recording *)self->out;
    PyErr_SetString(PyExc_TypeError, "a node's `out` must be a Recording");
    return NULL;
}

static int raise_to(PyObject **known, PyObject *other) {
    if (*known == other) return 0;
    if (!*known) return missing("completed, version");
    int more = PyObject_RichCompareBool(other, *known, Py_GT);
    if (more > 0) Py_SETREF(*known, Py_NewRef(other));
    return more < 0 ? -1 : 0;
}

static int handle(Envelope *self, PyObject *sender, PyObject *message) {
    if (!self->algorithm) return missing("algorithm");
    PyObject *stack[] = {NULL, self->algorithm, sender, message, self->out};
    PyObject *result = PyObject_VectorcallMethod(name_on_message, stack + 1, 4 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static int ask_engine(Envelope *self, PyObject *name, PyObject *first, PyObject *second) {
    PyObject *stack[] = {NULL, self->engine, first, second};
    size_t count = second ? 3 : 2;
    PyObject *result = PyObject_VectorcallMethod(name, stack + 1, count | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static int is_pair(PyObject *value) {
    if (PyTuple_Check(value) && PyTuple_GET_SIZE(value) == 2) return 1;
    PyErr_Format(PyExc_TypeError, "an effect is a pair, not %R", value);
    return 0;
}

/* Carry out one effect: -1 with an exception. A message to oneself goes to the end of `own`, made when need be. */
static int carry_out(Envelope *self, PyObject *effect, PyObject **own) {
    if (!self->engine) return missing("engine");
    if (!is_pair(effect)) return -1;
    PyObject *to = PyTuple_GET_ITEM(effect, 0), *what = PyTuple_GET_ITEM(effect, 1);
    long place = PyLong_AsLong(to);
    if (place == -1 && PyErr_Occurred()) return -1;
    if (place == self->me) {
        if (!*own && !(*own = PyList_New(0))) return -1;
        return PyList_Append(*own, what);
    }
    if (place >= 0) return ask_engine(self, name_send, to, what);
    if (place == BROADCAST) return ask_engine(self, name_broadcast, what, NULL);
    if (place != SET_TIMER) {
        PyObject *stack[] = {NULL, self->engine, algorithm_owner, what};
        PyObject *result =
            PyObject_VectorcallMethod(name_cancel_timer, stack + 1, 3 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        Py_XDECREF(result);
        return result ? 0 : -1;
    }
    if (!is_pair(what)) return -1;
    PyObject *stack[] = {NULL, self->engine, algorithm_owner, PyTuple_GET_ITEM(what, 0), PyTuple_GET_ITEM(what, 1),
                         Py_False};
    PyObject *result = PyObject_VectorcallMethod(name_set_timer, stack + 1, 5 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_XDECREF(result);
    return result ? 0 : -1;
}

static int finish_step(Envelope *self) {
    Recording *out = recording(self);
    if (!out) return -1;
    PyObject *own = NULL, *effects = Py_NewRef(out->effects);
    int failed = 0;
    Py_INCREF(out);
    for (Py_ssize_t handled = 0; !failed;) {
        for (Py_ssize_t i = 0; i < PyList_GET_SIZE(effects) && !failed; i++) {
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
    if (entering > 0) {
        PyObject *stack[] = {NULL, (PyObject *)self};
        PyObject *result = PyObject_VectorcallMethod(name_enter, stack + 1, 1 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
        Py_XDECREF(result);
        failed = result ? 0 : -1;
    }
    Py_DECREF(out);
    Py_DECREF(effects);
    Py_XDECREF(own);
    return failed;
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

static PyMethodDef Envelope_methods[] = {
    {"deliver", (PyCFunction)(void (*)(void))Envelope_deliver, METH_FASTCALL,
     "deliver($self, sender, completed, version, message, /)\n--\n\n"
     "Hand over an algorithm message and the counters of its envelope."},
    {"finish_step", (PyCFunction)Envelope_finish_step, METH_NOARGS,
     "finish_step($self, /)\n--\n\n"
     "Carry out what an algorithm's handler recorded, and enter if it said so."},
    {NULL},
};
static PyMemberDef Envelope_members[] = {
    {"algorithm", T_OBJECT_EX, offsetof(Envelope, algorithm), 0, NULL},
    {"engine", T_OBJECT_EX, offsetof(Envelope, engine), 0, NULL},
    {"out", T_OBJECT_EX, offsetof(Envelope, out), 0, NULL},
    {"completed", T_OBJECT_EX, offsetof(Envelope, completed), 0, NULL},
    {"version", T_OBJECT_EX, offsetof(Envelope, version), 0, NULL},
    {"ready", T_OBJECT_EX, offsetof(Envelope, ready), 0, NULL},
    {"me", T_LONG, offsetof(Envelope, me), 0, NULL},
    {"steps", T_LONGLONG, offsetof(Envelope, steps), 0, NULL},
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

PyMODINIT_FUNC PyInit__envelope(void) {
    PyObject *module;
    ContractBreach = attribute_of("mxbench.core.contract", "ContractBreach");
    everybody = PyLong_FromLong(BROADCAST);
    algorithm_owner = PyUnicode_InternFromString("algorithm");
    name_refuse = PyUnicode_InternFromString("_refuse");
    name_on_message = PyUnicode_InternFromString("on_message");
    name_send = PyUnicode_InternFromString("send");
    name_broadcast = PyUnicode_InternFromString("broadcast");
    name_set_timer = PyUnicode_InternFromString("set_timer");
    name_cancel_timer = PyUnicode_InternFromString("cancel_timer");
    name_enter = PyUnicode_InternFromString("_enter");
    name_to = PyUnicode_InternFromString("to");
    name_message = PyUnicode_InternFromString("message");
    if (!ContractBreach || !everybody || !name_message) return NULL;
    if (PyType_Ready(&RecordingType) < 0 || PyType_Ready(&EnvelopeType) < 0) return NULL;
    module = PyModule_Create(&definition);
    if (!module) return NULL;
    if (PyModule_AddIntConstant(module, "VERSION", 1) < 0 || /* see mxbench/compiled.py */
        PyModule_AddObjectRef(module, "Recording", (PyObject *)&RecordingType) < 0 ||
        PyModule_AddObjectRef(module, "Envelope", (PyObject *)&EnvelopeType) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

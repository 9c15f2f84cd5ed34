/* The fast path of a node in C: the same two classes as link.py and pump.py, which tell what they do and why.
 *
 * It is optional: where there is no compiler mxbench installs without it and runs the Python (compiled.py chooses). One
 * test body runs on both. What is rare is left to Python: connections, and saying what is wrong with a message.
 *
 * Here alone, and on Linux alone, is `Pump.wake`: it waits for the descriptors of a node, takes in what has come on its
 * links and sends what that led to. Every other event is the poller's, as all of them are without it.
 */
#include "send.h"
#ifdef __linux__
#include "wake.h"
#endif

static int Pump_init(Pump *self, PyObject *arguments, PyObject *keywords) {
    static char *names[] = {"types", "algorithm_types", "full", NULL};
    PyObject *types;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "Onp", names, &types, &self->algorithm_types, &self->full))
        return -1;
    self->types = PySequence_Size(types);
    if (self->types < 0) return -1;
    if (self->types > MAX_TYPES) {
        PyErr_Format(PyExc_ValueError, "%zd classes of messages; the limit is %d", self->types, MAX_TYPES);
        return -1;
    }
    Py_XSETREF(self->dirty, PyList_New(0));
    Py_XSETREF(self->details, PyList_New(0));
    Py_XSETREF(self->index, PyDict_New());
    if (!self->dirty || !self->details || !self->index) return -1;
    for (Py_ssize_t i = 0; i < self->types; i++) {
        PyObject *type = PySequence_GetItem(types, i), *number = PyLong_FromSsize_t(i);
        int failed = !type || !number || PyDict_SetItem(self->index, type, number) < 0;
        Py_XDECREF(type);
        Py_XDECREF(number);
        if (failed) return -1;
    }
    self->now = monotonic_ns();
    return 0;
}

static int Pump_traverse(Pump *self, visitproc visit, void *arg) {
    Py_VISIT(self->dirty);
    Py_VISIT(self->details);
    Py_VISIT(self->index);
    Py_VISIT(self->links);
    Py_VISIT(self->peers);
    Py_VISIT(self->node);
    Py_VISIT(self->deliver);
    Py_VISIT(self->deliver_workload);
    return 0;
}

static int Pump_clear(Pump *self) {
    Py_CLEAR(self->dirty);
    Py_CLEAR(self->details);
    Py_CLEAR(self->index);
    Py_CLEAR(self->links);
    Py_CLEAR(self->peers);
    Py_CLEAR(self->node);
    Py_CLEAR(self->deliver);
    Py_CLEAR(self->deliver_workload);
    return 0;
}

static void Pump_dealloc(Pump *self) {
    PyObject_GC_UnTrack(self);
    Pump_clear(self);
    PyMem_Free(self->times.data);
    PyMem_Free(self->codes.data);
    PyMem_Free(self->payloads.data);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static int is_link(PyObject *link) {
    if (Py_IS_TYPE(link, &LinkType)) return 1;
    PyErr_Format(PyExc_TypeError, "a compiled pump needs compiled links, not %R", link);
    return 0;
}

static PyObject *Pump_join(Pump *self, PyObject *arguments) {
    PyObject *node, *links, *given, *link;
    Py_ssize_t at = 0;
    if (!PyArg_ParseTuple(arguments, "OO!O", &node, &PyDict_Type, &links, &given)) return NULL;
    while (PyDict_Next(links, &at, NULL, &link))
        if (!is_link(link)) return NULL;
    PyObject *peers = PySequence_Tuple(given);
    if (!peers) return NULL;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(peers); i++) {
        if (!is_link(PyTuple_GET_ITEM(peers, i))) {
            Py_DECREF(peers);
            return NULL;
        }
    }
    Py_XSETREF(self->peers, peers);
    Py_XSETREF(self->links, Py_NewRef(links));
    memset(self->by_descriptor, 0, sizeof self->by_descriptor);
    Py_XSETREF(self->node, Py_NewRef(node));
    Py_XSETREF(self->deliver, PyObject_GetAttrString(node, "deliver"));
    Py_XSETREF(self->deliver_workload, PyObject_GetAttrString(node, "deliver_workload"));
    if (!self->deliver || !self->deliver_workload) return NULL;
    Py_RETURN_NONE;
}

static PyObject *Pump_receive(Pump *self, PyObject *const *arguments, Py_ssize_t count) {
    char *data;
    Py_ssize_t size;
    if (count != 2 || !Py_IS_TYPE(arguments[0], &LinkType)) {
        PyErr_SetString(PyExc_TypeError, "receive(link, data)");
        return NULL;
    }
    if (!is_joined(self) || PyBytes_AsStringAndSize(arguments[1], &data, &size) < 0) return NULL;
    if (receive(self, (Link *)arguments[0], data, size) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *Pump_send(Pump *self, PyObject *const *arguments, Py_ssize_t count) {
    return send_one(self, arguments, count, 0);
}
static PyObject *Pump_send_workload(Pump *self, PyObject *const *arguments, Py_ssize_t count) {
    return send_one(self, arguments, count, 1);
}
static PyObject *Pump_broadcast(Pump *self, PyObject *message) { return send_all(self, message, 0); }
static PyObject *Pump_broadcast_workload(Pump *self, PyObject *message) { return send_all(self, message, 1); }

static PyObject *Pump_write(Pump *self, PyObject *arguments) {
    long long kind, at;
    PyObject *detail;
    if (!PyArg_ParseTuple(arguments, "LLO", &kind, &at, &detail)) return NULL;
    int64_t place = PyList_GET_SIZE(self->details);
    if (PyList_Append(self->details, detail) < 0 || write_down(self, at, kind | place << 32) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *Pump_written(Pump *self, PyObject *none) {
    Buffer *t = &self->times, *c = &self->codes, *p = &self->payloads;
    return Py_BuildValue("y#y#Oy#", t->data ? t->data : "", (Py_ssize_t)length(t), c->data ? c->data : "",
                         (Py_ssize_t)length(c), self->details, p->data ? p->data : "", (Py_ssize_t)length(p));
}

static PyObject *numbers(const long long *values, Py_ssize_t count) {
    PyObject *list = PyList_New(count);
    for (Py_ssize_t i = 0; list && i < count; i++) {
        PyObject *number = PyLong_FromLongLong(values[i]);
        if (!number) Py_CLEAR(list);
        else PyList_SET_ITEM(list, i, number);
    }
    return list;
}
static PyObject *Pump_sent(Pump *self, void *none) { return numbers(self->sent_by_type, self->types); }
static PyObject *Pump_handled(Pump *self, void *none) { return numbers(self->handled_by_type, self->types); }

static PyMethodDef Pump_methods[] = {
    {"join", (PyCFunction)Pump_join, METH_VARARGS, NULL},
    {"receive", (PyCFunction)(void (*)(void))Pump_receive, METH_FASTCALL, NULL},
#ifdef __linux__
    {"wake", (PyCFunction)(void (*)(void))Pump_wake, METH_FASTCALL, NULL},
#endif
    {"send", (PyCFunction)(void (*)(void))Pump_send, METH_FASTCALL, NULL},
    {"broadcast", (PyCFunction)Pump_broadcast, METH_O, NULL},
    {"send_workload", (PyCFunction)(void (*)(void))Pump_send_workload, METH_FASTCALL, NULL},
    {"broadcast_workload", (PyCFunction)Pump_broadcast_workload, METH_O, NULL},
    {"write", (PyCFunction)Pump_write, METH_VARARGS, NULL},
    {"written", (PyCFunction)Pump_written, METH_NOARGS, NULL},
    {NULL},
};
static PyMemberDef Pump_members[] = {
    {"now", T_LONGLONG, offsetof(Pump, now), 0, NULL},
    {"payload_bytes", T_LONGLONG, offsetof(Pump, payload_bytes), READONLY, NULL},
    {"dirty", T_OBJECT, offsetof(Pump, dirty), READONLY, NULL},
    {NULL},
};
static PyGetSetDef Pump_properties[] = {
    {"sent_by_type", (getter)Pump_sent, NULL, NULL, NULL},
    {"handled_by_type", (getter)Pump_handled, NULL, NULL, NULL},
    {NULL},
};
static PyTypeObject PumpType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mxbench.net._pump.Pump",
    .tp_basicsize = sizeof(Pump),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)Pump_init,
    .tp_dealloc = (destructor)Pump_dealloc,
    .tp_traverse = (traverseproc)Pump_traverse,
    .tp_clear = (inquiry)Pump_clear,
    .tp_methods = Pump_methods,
    .tp_members = Pump_members,
    .tp_getset = Pump_properties,
};

/* ---- module ----------------------------------------------------------------------------------------------------- */

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "mxbench.net._pump", NULL, -1, NULL};

static const Name NAMES[] = {
    {&name_send, "send"}, {&name_recv, "recv"}, {&name_close, "close"}, {&name_completed, "completed"},
    {&name_version, "version"}, {&name_ready, "ready"}, {&name_advance, "advance"}, {&name_inside, "inside"}, {NULL},
};

PyMODINIT_FUNC PyInit__pump(void) {
    PyObject *Encoder = attribute_of("msgspec.msgpack", "Encoder"), *encoder, *module;
    if (!Encoder || !(encoder = PyObject_CallNoArgs(Encoder))) return NULL;
    Py_DECREF(Encoder);
    encode = PyObject_GetAttrString(encoder, "encode");
    Py_DECREF(encoder);
    MsgspecError = attribute_of("msgspec", "MsgspecError");
    Garbage = attribute_of("mxbench.net.wire", "Garbage");
    encoded = attribute_of("mxbench.net.pump", "encoded");
    decoder = attribute_of("mxbench.net.link", "decoder");
    clock_ns = attribute_of("time", "monotonic_ns");
    receive_size = PyLong_FromLong(RECEIVE);
    if (!encode || !decoder || !MsgspecError || !Garbage || !clock_ns || !encoded || intern_all(NAMES) < 0) return NULL;
    if (PyType_Ready(&LinkType) < 0 || PyType_Ready(&PumpType) < 0) return NULL;
    module = PyModule_Create(&definition);
    if (!module) return NULL;
    if (PyModule_AddIntConstant(module, "VERSION", 2) < 0 || /* see mxbench/compiled.py */
        PyModule_AddObjectRef(module, "Link", (PyObject *)&LinkType) < 0 ||
        PyModule_AddObjectRef(module, "Pump", (PyObject *)&PumpType) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

/* The fast path of a simulation in C: the messages that are on their way, how the places of a world send them where
 * each link takes a time of its own, and how they are handed over. sending.py and world.py tell what is done and why.
 *
 * It is optional: where there is no compiler mxbench installs without it and runs the Python (compiled.py chooses). One
 * test body runs on both. What is rare is left to Python: every other event, time that is over, and saying what is
 * wrong.
 *
 * Other than the lane in Python, which is a queue, this one is a heap: messages may overtake each other in it. Where
 * all links take the same time none does, and to put one in costs one comparison.
 */

#include "../../core/c/advance.h"
#include "seat.h"

static PyObject *name_me, *name_deliver, *Endless;

static int Lane_traverse(Lane *self, visitproc visit, void *arg) {
    for (size_t i = 0; i < self->count; i++) {
        Event *event = &self->events[i];
        Py_VISIT(event->place);
        Py_VISIT(event->a);
        Py_VISIT(event->b);
        Py_VISIT(event->message);
    }
    Py_VISIT(self->heap);
    Py_VISIT(self->next_serial);
    Py_VISIT(self->seats);
    Py_VISIT(self->acting);
    return 0;
}

static int Lane_clear(Lane *self) {
    while (self->count) {
        Event event = pop(self);
        drop(&event);
    }
    Py_CLEAR(self->heap);
    Py_CLEAR(self->next_serial);
    Py_CLEAR(self->seats);
    Py_CLEAR(self->acting);
    return 0;
}

static void Lane_dealloc(Lane *self) {
    PyObject_GC_UnTrack(self);
    Lane_clear(self);
    PyMem_Free(self->events);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *Lane_new(PyTypeObject *type, PyObject *arguments, PyObject *keywords) {
    static char *names[] = {"heap", "next_serial", "nodes", "full", "most", NULL};
    PyObject *heap, *next_serial;
    long nodes;
    long long most;
    int full;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O!OlpL", names, &PyList_Type, &heap, &next_serial, &nodes,
                                     &full, &most))
        return NULL;
    Lane *self = (Lane *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->heap = Py_NewRef(heap);
    self->next_serial = Py_NewRef(next_serial);
    self->nodes = nodes;
    self->full = full;
    self->most = most;
    self->acting = Py_NewRef(Py_None);
    if (!(self->seats = PyList_New(0))) Py_CLEAR(self);
    return (PyObject *)self;
}

/* ---- the lane as World sees it: a queue of tuples --------------------------------------------------------------- */

static Py_ssize_t Lane_length(Lane *self) { return self->count; }

static PyObject *as_tuple(const Event *event) {
    return Py_BuildValue("LLOlOOOL", event->time, event->serial, event->place, event->kind, event->a, event->b,
                         event->message, event->code);
}

static PyObject *Lane_item(Lane *self, Py_ssize_t index) {
    if (index == 0 && self->count) return as_tuple(front(self));
    PyErr_SetString(PyExc_IndexError, self->count ? "only the front of a lane can be seen" : "the lane is empty");
    return NULL;
}

/* Return the seat of a place, NULL if it has none, borrowed; with an exception if it is no place. */
static Seat *seat_of(Lane *self, PyObject *place) {
    PyObject *number = PyObject_GetAttr(place, name_me);
    long me = number ? PyLong_AsLong(number) : -1;
    Py_XDECREF(number);
    return me >= 0 && me < PyList_GET_SIZE(self->seats) ? (Seat *)PyList_GET_ITEM(self->seats, me) : NULL;
}

static PyObject *Lane_append(Lane *self, PyObject *tuple) {
    Event event = {0};
    if (!PyTuple_Check(tuple)) return PyErr_Format(PyExc_TypeError, "an event is a tuple, not %R", tuple);
    if (!PyArg_ParseTuple(tuple, "LLOlOOOL", &event.time, &event.serial, &event.place, &event.kind, &event.a, &event.b,
                          &event.message, &event.code))
        return NULL;
    if (event.kind >= 0 && !(event.seat = seat_of(self, event.place)) && PyErr_Occurred()) return NULL;
    if (push(self, event) < 0) return NULL;
    Py_INCREF(event.place);
    Py_INCREF(event.a);
    Py_INCREF(event.b);
    Py_INCREF(event.message);
    Py_RETURN_NONE;
}

static PyObject *Lane_popleft(Lane *self, PyObject *none) {
    PyObject *tuple = Lane_item(self, 0);
    if (!tuple) return NULL;
    Event event = pop(self);
    drop(&event);
    return tuple;
}

/* ---- handing over --------------------------------------------------------------------------------------------- */

/* Return 1 if the heap has something that comes before the front of the lane, -1 with an exception. */
static int heap_is_first(Lane *self) {
    if (!PyList_GET_SIZE(self->heap)) return 0;
    PyObject *event = PyList_GET_ITEM(self->heap, 0);
    int overflow;
    long long time = PyLong_AsLongLongAndOverflow(PyTuple_GET_ITEM(event, 0), &overflow), serial;
    if (overflow > 0) return 0; /* a timer of over 292 years */
    if (time == -1 && PyErr_Occurred()) return -1;
    if (time != front(self)->time) return time < front(self)->time;
    serial = PyLong_AsLongLong(PyTuple_GET_ITEM(event, 1));
    return serial == -1 && PyErr_Occurred() ? -1 : serial < front(self)->serial;
}

/* Hand over one message, and let the node take the steps that are due then. */
static int hand_over(Lane *self, const Event *event) {
    const Seat *seat = event->seat;
    int failed = 0;
    seat->place->now = event->time;
    if (!self->full) failed = add_to(seat->unwritten, event->code >> 4 & 255, 1);
    else failed = append_number(seat->times, event->time) || append_number(seat->codes, event->code);
    PyObject *sender = failed ? NULL : PyLong_FromLong(event->kind);
    if (!sender) return -1;
    PyObject *stack[] = {NULL, seat->node, sender, event->a, event->b, event->message};
    PyObject *result = PyObject_VectorcallMethod(name_deliver, stack + 1, 5 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_DECREF(sender);
    Py_XDECREF(result);
    int endless = result ? advance(seat->node, self->most) : -1;
    if (endless > 0) PyErr_SetNone(Endless);
    return endless ? -1 : 0;
}

static PyObject *Lane_take(Lane *self, PyObject *const *given, Py_ssize_t count) {
    long long most, horizon, taken = 0;
    int overflow;
    if (count != 2) {
        PyErr_SetString(PyExc_TypeError, "take(most, horizon)");
        return NULL;
    }
    most = PyLong_AsLongLong(given[0]);
    horizon = PyLong_AsLongLongAndOverflow(given[1], &overflow);
    if (PyErr_Occurred()) return NULL;
    if (overflow > 0) horizon = LLONG_MAX;
    while (taken < most && self->count && front(self)->seat && front(self)->time <= horizon) {
        int wait = heap_is_first(self);
        if (wait < 0) return NULL;
        if (wait) break;
        Event event = pop(self);
        self->now = event.time;
        int failed = hand_over(self, &event) < 0;
        if (failed) Py_SETREF(self->acting, Py_NewRef(event.place));
        drop(&event);
        if (failed) return NULL;
        taken++;
    }
    return PyLong_FromLongLong(taken);
}

static PyMethodDef Lane_methods[] = {
    {"append", (PyCFunction)Lane_append, METH_O, NULL},
    {"popleft", (PyCFunction)Lane_popleft, METH_NOARGS, NULL},
    {"seat", (PyCFunction)Lane_seat, METH_O, NULL},
    {"take", (PyCFunction)(void (*)(void))Lane_take, METH_FASTCALL, NULL},
    {NULL},
};
static PyMemberDef Lane_members[] = {
    {"acting", T_OBJECT_EX, offsetof(Lane, acting), READONLY, NULL},
    {"now", T_LONGLONG, offsetof(Lane, now), READONLY, NULL},
    {NULL},
};
static PySequenceMethods Lane_sequence = {.sq_length = (lenfunc)Lane_length, .sq_item = (ssizeargfunc)Lane_item};
static PyTypeObject LaneType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mxbench.sim._lane.Lane",
    .tp_basicsize = sizeof(Lane),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = Lane_new,
    .tp_dealloc = (destructor)Lane_dealloc,
    .tp_traverse = (traverseproc)Lane_traverse,
    .tp_clear = (inquiry)Lane_clear,
    .tp_methods = Lane_methods,
    .tp_members = Lane_members,
    .tp_as_sequence = &Lane_sequence,
};

/* ---- module --------------------------------------------------------------------------------------------------- */

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "mxbench.sim._lane", NULL, -1, NULL};

static const Name NAMES[] = {
    {&name_me, "me"}, {&name_deliver, "deliver"}, {&name_ready, "ready"}, {&name_advance, "advance"},
    {&name_inside, "inside"}, {&name_completed, "completed"}, {&name_version, "version"}, {NULL},
};

PyMODINIT_FUNC PyInit__lane(void) {
    PyObject *module;
    encode = attribute_of("mxbench.core.messages", "encode");
    encoded = attribute_of("mxbench.core.messages", "encoded");
    Endless = attribute_of("mxbench.sim.surroundings", "Endless");
    if (!encode || !encoded || !Endless || intern_all(NAMES) < 0 || PyType_Ready(&SpotType) < 0) return NULL;
    if (PyType_Ready(&ColumnType) < 0 || PyType_Ready(&SeatType) < 0 || PyType_Ready(&LaneType) < 0) return NULL;
    if (PyDict_SetItemString(LaneType.tp_dict, "sorts", Py_True) < 0) return NULL; /* see sending.py */
    module = PyModule_Create(&definition);
    if (!module) return NULL;
    if (PyModule_AddIntConstant(module, "VERSION", 4) < 0 || /* see mxbench/compiled.py */
        PyModule_AddObjectRef(module, "Spot", (PyObject *)&SpotType) < 0 ||
        PyModule_AddObjectRef(module, "Column", (PyObject *)&ColumnType) < 0 ||
        PyModule_AddObjectRef(module, "Lane", (PyObject *)&LaneType) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

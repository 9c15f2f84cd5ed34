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
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <limits.h>
#include <stdint.h>
#include <structmember.h>

enum { SENT = 3, EVERY_PEER = 0xFFFFF };
static const long long NEXT = 1LL << 32; /* what the record of a delivery has more than that of the one before it */

static PyObject *encode, *encoded;
static PyObject *name_me, *name_now, *name_deliver, *name_ready, *name_advance;
static PyObject *name_completed, *name_version, *name_payload_bytes;
static PyTypeObject SeatType, LaneType;

/* ---- Column: integers of a history ---------------------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    int64_t *data;
    Py_ssize_t count, capacity;
} Column;

static int append_number(PyObject *list, int64_t value) {
    Column *self = (Column *)list;
    if (self->count == self->capacity) {
        Py_ssize_t capacity = 2 * self->capacity + 64;
        int64_t *data = PyMem_Realloc(self->data, capacity * sizeof(int64_t));
        if (!data) {
            PyErr_NoMemory();
            return -1;
        }
        self->data = data;
        self->capacity = capacity;
    }
    self->data[self->count++] = value;
    return 0;
}

static void Column_dealloc(Column *self) {
    PyMem_Free(self->data);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *Column_append(PyObject *self, PyObject *number) {
    long long value = PyLong_AsLongLong(number);
    if ((value == -1 && PyErr_Occurred()) || append_number(self, value) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *Column_clear(Column *self, PyObject *none) {
    self->count = 0;
    Py_RETURN_NONE;
}

static PyObject *Column_tobytes(Column *self, PyObject *none) {
    return PyBytes_FromStringAndSize((char *)self->data, self->count * sizeof(int64_t));
}

static Py_ssize_t Column_length(Column *self) { return self->count; }

static PyMethodDef Column_methods[] = {
    {"append", (PyCFunction)Column_append, METH_O, NULL},
    {"clear", (PyCFunction)Column_clear, METH_NOARGS, NULL},
    {"tobytes", (PyCFunction)Column_tobytes, METH_NOARGS, NULL},
    {NULL},
};
static PySequenceMethods Column_sequence = {.sq_length = (lenfunc)Column_length};
static PyTypeObject ColumnType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mxbench.sim._lane.Column",
    .tp_basicsize = sizeof(Column),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = PyType_GenericNew,
    .tp_dealloc = (destructor)Column_dealloc,
    .tp_methods = Column_methods,
    .tp_as_sequence = &Column_sequence,
};

/* ---- the lane: events in order -------------------------------------------------------------------------------- */

struct Seat;

typedef struct { /* as place.py has it */
    long long time, serial, order; /* order: of what came in, between copies of one message */
    long long code;
    long kind;         /* the sender of an algorithm's message, or what else it is */
    struct Seat *seat; /* of the place, borrowed of the lane; NULL for what Python put there */
    PyObject *place, *a, *b, *message;
} Event;

typedef struct {
    PyObject_HEAD
    Event *events; /* a heap: each comes before those at twice its place, and one and two on */
    size_t capacity, count;
    long long came; /* events so far */
    long nodes; /* the places that a broadcast goes to */
    int full;   /* whether every message is written down */
    PyObject *heap, *next_serial, *seats;
    PyObject *acting; /* the place at which a handler raised an exception */
    long long now;    /* when the last message was handed over */
} Lane;

typedef struct Seat { /* a place, as its messages see it */
    PyObject_HEAD
    Lane *lane;
    PyObject *delays; /* by receiver, in ns; None if its links do more than delay, and Python sends */
    PyObject *place, *node, *kinds, *heads, *times, *codes, *payloads, *sent_by_type, *unwritten;
    long me;
} Seat;

static Event *front(Lane *self) { return self->events; }

static int comes_before(const Event *one, const Event *other) {
    if (one->time != other->time) return one->time < other->time;
    return one->serial != other->serial ? one->serial < other->serial : one->order < other->order;
}

/* Put an event in, which then owns what it refers to; -1 without memory. */
static int push(Lane *self, Event event) {
    if (self->count == self->capacity) {
        size_t capacity = 2 * self->capacity + 64;
        Event *events = PyMem_Realloc(self->events, capacity * sizeof(Event));
        if (!events) {
            PyErr_NoMemory();
            return -1;
        }
        self->events = events;
        self->capacity = capacity;
    }
    event.order = self->came++;
    size_t at = self->count++;
    for (size_t parent; at && comes_before(&event, &self->events[parent = (at - 1) / 2]); at = parent)
        self->events[at] = self->events[parent];
    self->events[at] = event;
    return 0;
}

static Event pop(Lane *self) {
    Event first = *front(self), last = self->events[--self->count];
    size_t at = 0, child;
    while ((child = 2 * at + 1) < self->count) {
        if (child + 1 < self->count && comes_before(&self->events[child + 1], &self->events[child])) child++;
        if (!comes_before(&self->events[child], &last)) break;
        self->events[at] = self->events[child];
        at = child;
    }
    self->events[at] = last;
    return first;
}

static void drop(Event *event) {
    Py_DECREF(event->place);
    Py_DECREF(event->a);
    Py_DECREF(event->b);
    Py_DECREF(event->message);
}

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
    static char *names[] = {"heap", "next_serial", "nodes", "full", NULL};
    PyObject *heap, *next_serial;
    long nodes;
    int full;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "O!Olp", names, &PyList_Type, &heap, &next_serial, &nodes,
                                     &full))
        return NULL;
    Lane *self = (Lane *)type->tp_alloc(type, 0);
    if (!self) return NULL;
    self->heap = Py_NewRef(heap);
    self->next_serial = Py_NewRef(next_serial);
    self->nodes = nodes;
    self->full = full;
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

static int add_to(PyObject *list, Py_ssize_t index, long long more) {
    long long value = PyLong_AsLongLong(PyList_GET_ITEM(list, index));
    PyObject *sum = value == -1 && PyErr_Occurred() ? NULL : PyLong_FromLongLong(value + more);
    return sum ? PyList_SetItem(list, index, sum) : -1;
}

/* Hand over one message, and let the node take the steps that are due then. */
static int hand_over(Lane *self, const Event *event) {
    const Seat *seat = event->seat;
    PyObject *now = PyLong_FromLongLong(event->time), *sender, *result, *ready;
    int failed = !now || PyObject_SetAttr(event->place, name_now, now) < 0;
    if (!failed && self->full)
        failed = append_number(seat->times, event->time) < 0 || append_number(seat->codes, event->code) < 0;
    else if (!failed)
        failed = add_to(seat->unwritten, event->code >> 4 & 255, 1) < 0;
    Py_XDECREF(now);
    if (failed || !(sender = PyLong_FromLong(event->kind))) return -1;
    PyObject *stack[] = {NULL, seat->node, sender, event->a, event->b, event->message};
    result = PyObject_VectorcallMethod(name_deliver, stack + 1, 5 | PY_VECTORCALL_ARGUMENTS_OFFSET, NULL);
    Py_DECREF(sender);
    if (!result) return -1;
    Py_DECREF(result);
    if (!(ready = PyObject_GetAttr(seat->node, name_ready))) return -1;
    int due = PyObject_IsTrue(ready);
    Py_DECREF(ready);
    if (due <= 0) return due;
    result = PyObject_CallMethodNoArgs(event->place, name_advance);
    Py_XDECREF(result);
    return result ? 0 : -1;
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

/* ---- Seat: how a place sends ----------------------------------------------------------------------------------- */

static int Seat_traverse(Seat *self, visitproc visit, void *arg) {
    Py_VISIT(self->lane);
    Py_VISIT(self->delays);
    Py_VISIT(self->place);
    Py_VISIT(self->node);
    Py_VISIT(self->kinds);
    Py_VISIT(self->heads);
    Py_VISIT(self->times);
    Py_VISIT(self->codes);
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

/* Make the seat of a place; the places come in the order of their numbers, whose `delays` are known by then. */
static PyObject *Lane_seat(Lane *self, PyObject *place) {
    Seat *seat = (Seat *)SeatType.tp_alloc(&SeatType, 0);
    PyObject *recorder = seat ? PyObject_GetAttrString(place, "recorder") : NULL;
    if (!recorder) {
        Py_XDECREF(seat);
        return NULL;
    }
    seat->me = PyList_GET_SIZE(self->seats);
    seat->lane = (Lane *)Py_NewRef(self);
    seat->place = Py_NewRef(place);
    seat->node = attribute(place, "node", NULL);
    seat->delays = attribute(place, "delays", NULL);
    seat->kinds = attribute(place, "kinds", &PyDict_Type);
    seat->heads = attribute(place, "heads", NULL);
    seat->sent_by_type = attribute(place, "sent_by_type", &PyList_Type);
    seat->unwritten = attribute(place, "unwritten", &PyList_Type);
    seat->times = attribute(recorder, "times", &ColumnType);
    seat->codes = attribute(recorder, "codes", &ColumnType);
    seat->payloads = attribute(recorder, "payloads", &PyByteArray_Type);
    Py_DECREF(recorder);
    if (PyErr_Occurred() || PyList_Append(self->seats, (PyObject *)seat) < 0) Py_CLEAR(seat);
    return (PyObject *)seat;
}

typedef struct {
    PyObject *payload, *now, *fresh; /* fresh: makes a copy of the payload's message, None if all may share it */
    PyObject *completed, *version;
    long long mark, time; /* time: now */
} Sending;

static void forget(Sending *what) {
    Py_XDECREF(what->payload);
    Py_XDECREF(what->now);
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
    PyObject *kind = PyDict_GetItemWithError(self->kinds, (PyObject *)Py_TYPE(message)), *bytes;
    if (!kind) {
        if (!PyErr_Occurred()) PyErr_SetObject(PyExc_KeyError, (PyObject *)Py_TYPE(message));
        return -1;
    }
    Py_ssize_t index = PyLong_AsSsize_t(PyTuple_GET_ITEM(kind, 0)), size = PyBytes_GET_SIZE(what->payload);
    what->fresh = PyTuple_GET_ITEM(kind, 3);
    what->mark = (long long)index << 4;
    what->now = PyObject_GetAttr(self->place, name_now);
    what->completed = PyObject_GetAttr(self->node, name_completed);
    what->version = PyObject_GetAttr(self->node, name_version);
    if (!what->now || !what->completed || !what->version) return -1;
    what->time = PyLong_AsLongLong(what->now);
    if (PyErr_Occurred() || add_to(self->sent_by_type, index, copies) < 0) return -1;
    if (!(bytes = PyObject_GetAttr(self->place, name_payload_bytes))) return -1;
    PyObject *sum = PyLong_FromLongLong(PyLong_AsLongLong(bytes) + (long long)size * copies);
    Py_DECREF(bytes);
    int failed = !sum || PyObject_SetAttr(self->place, name_payload_bytes, sum) < 0;
    Py_XDECREF(sum);
    if (failed) return -1;
    if (!self->lane->full) return 0;
    Py_ssize_t held = PyByteArray_GET_SIZE(self->payloads);
    if (append_number(self->times, what->time) < 0 ||
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
    Event event = {.time = what->time + PyLong_AsLongLong(delay), .serial = serial, .code = head | what->mark,
                   .kind = self->me, .seat = other, .place = other->place, .a = what->completed, .b = what->version,
                   .message = copy};
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

static PyMethodDef Seat_methods[] = {
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

static PyObject *attribute_of(const char *module_name, const char *name) {
    PyObject *module = PyImport_ImportModule(module_name), *found;
    if (!module) return NULL;
    found = PyObject_GetAttrString(module, name);
    Py_DECREF(module);
    return found;
}

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "mxbench.sim._lane", NULL, -1, NULL};

PyMODINIT_FUNC PyInit__lane(void) {
    PyObject *module;
    encode = attribute_of("mxbench.sim.sending", "encode");
    encoded = attribute_of("mxbench.sim.sending", "encoded");
    name_me = PyUnicode_InternFromString("me");
    name_now = PyUnicode_InternFromString("now");
    name_deliver = PyUnicode_InternFromString("deliver");
    name_ready = PyUnicode_InternFromString("ready");
    name_advance = PyUnicode_InternFromString("advance");
    name_completed = PyUnicode_InternFromString("completed");
    name_version = PyUnicode_InternFromString("version");
    name_payload_bytes = PyUnicode_InternFromString("payload_bytes");
    if (!encode || !encoded || !name_payload_bytes) return NULL;
    if (PyType_Ready(&ColumnType) < 0 || PyType_Ready(&SeatType) < 0 || PyType_Ready(&LaneType) < 0) return NULL;
    if (PyDict_SetItemString(LaneType.tp_dict, "sorts", Py_True) < 0) return NULL; /* see sending.py */
    module = PyModule_Create(&definition);
    if (!module) return NULL;
    if (PyModule_AddIntConstant(module, "VERSION", 2) < 0 || /* see mxbench/compiled.py */
        PyModule_AddObjectRef(module, "Column", (PyObject *)&ColumnType) < 0 ||
        PyModule_AddObjectRef(module, "Lane", (PyObject *)&LaneType) < 0) {
        Py_DECREF(module);
        return NULL;
    }
    return module;
}

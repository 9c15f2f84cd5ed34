/* The states of a search in C: the same class as in graph.py, which tells what it does and why.
 *
 * It is optional: where there is no compiler mxbench installs without it and searches in Python (compiled.py chooses).
 * One test body runs on both. The steps of real nodes, and all that is shown, are left to Python.
 *
 * A state is an integer of `words` 64-bit words, the least significant first, and a difference one in two's complement:
 * so a successor is a sum with carry. All states stand one after the other, in the order in which they were found; a
 * level is a part of them, and a table of their numbers finds one by its value. What Python works out is asked for
 * once (tables.py) and kept in lists of words:
 *
 *   outcomes   how many, then each: a head ((number of its sends + 1, or 0) | ASKED) and the difference
 *   messages   how many, then each: a head (receiver | number of what receiving it does << 32) and the difference
 */

#include "steps.h"
#include "waiters.h"

#ifdef __GNUC__
#define PREFETCH(address) __builtin_prefetch(address)
#else
#define PREFETCH(address) ((void)(address))
#endif
enum { AHEAD = 8 };

typedef struct {
    Py_ssize_t steps;
    int met; /* a state of an earlier level was reached */
    word ahead[AHEAD][MAX_WORDS]; /* the last ones, which are looked up when the table's part has come from memory */
} Reach;

static int look_up(Graph *self, Reach *so_far, Py_ssize_t step) {
    int known = reached(self, so_far->ahead[step % AHEAD]);
    so_far->met |= known > 0;
    return known < 0 ? -1 : 0;
}

static int reach(Graph *self, const word *state, void *context) {
    Reach *so_far = context;
    if (so_far->steps >= AHEAD && look_up(self, so_far, so_far->steps) < 0) return -1;
    memcpy(so_far->ahead[so_far->steps++ % AHEAD], state, self->words * sizeof(word));
    PREFETCH(&self->table[hash_of(state, self->words) & (self->table_size - 1)]);
    return 0;
}

static int reach_the_last(Graph *self, Reach *so_far) {
    for (Py_ssize_t step = so_far->steps < AHEAD ? 0 : so_far->steps - AHEAD; step < so_far->steps; step++)
        if (look_up(self, so_far, step) < 0) return -1;
    return 0;
}

static PyObject *Graph_expand(Graph *self, PyObject *arguments) {
    Py_ssize_t first, last;
    if (!PyArg_ParseTuple(arguments, "nn", &first, &last)) return NULL;
    if (first < 0 || last > (Py_ssize_t)self->level) {
        PyErr_SetString(PyExc_IndexError, "these states are in no level");
        return NULL;
    }
    PyObject *final = PyList_New(0);
    Reach so_far = {0, 0, {{0}}};
    for (Py_ssize_t number = first; final && number < last; number++) {
        word state[MAX_WORDS];
        Py_ssize_t before = so_far.steps;
        memcpy(state, self->states + number * self->words, self->words * sizeof(word));
        if (successors(self, state, reach, &so_far) < 0) goto failed;
        if (so_far.steps == before && append(self, state, final) < 0) goto failed;
        if (faults(self, state, reach, &so_far) < 0) goto failed;
    }
    if (!final || reach_the_last(self, &so_far) < 0) goto failed;
    return Py_BuildValue("nNO", so_far.steps, final, so_far.met ? Py_True : Py_False);
failed:
    Py_XDECREF(final);
    return NULL;
}

static PyObject *Graph_after(Graph *self, PyObject *packed) {
    word state[MAX_WORDS];
    if (read_words(self, packed, state) < 0) return NULL;
    PyObject *after = PyList_New(0);
    if (!after || successors(self, state, append, after) < 0) goto failed;
    PyObject *final = PyList_GET_SIZE(after) ? Py_False : Py_True;
    if (faults(self, state, append, after) < 0) goto failed;
    return Py_BuildValue("NO", after, final);
failed:
    Py_XDECREF(after);
    return NULL;
}

static PyObject *Graph_begin_level(Graph *self, PyObject *none) {
    self->level = self->count;
    return PyLong_FromSize_t(self->count);
}

static PyObject *Graph_add(Graph *self, PyObject *packed) {
    word state[MAX_WORDS];
    if (read_words(self, packed, state) < 0 || reached(self, state) < 0) return NULL;
    Py_RETURN_NONE;
}

static PyObject *Graph_find(Graph *self, PyObject *packed) {
    word state[MAX_WORDS];
    if (read_words(self, packed, state) < 0) return NULL;
    return PyLong_FromLongLong(self->table ? (long long)place_of(self, state)->number - 1 : -1);
}

static PyObject *Graph_states(Graph *self, PyObject *arguments) {
    Py_ssize_t first, last;
    if (!in_range(arguments, self->count, &first, &last)) return NULL;
    PyObject *list = PyList_New(last > first ? last - first : 0);
    for (Py_ssize_t number = first; list && number < last; number++) {
        PyObject *value = integer(self, self->states + number * self->words);
        if (!value) Py_CLEAR(list);
        else PyList_SET_ITEM(list, number - first, value);
    }
    return list;
}

static PyObject *Graph_most_inside(Graph *self, PyObject *arguments) {
    Py_ssize_t first, last;
    word most = 0;
    if (!in_range(arguments, self->count, &first, &last)) return NULL;
    for (Py_ssize_t number = first; number < last; number++) {
        word inside = bits(self->states + number * self->words, self->top, 16);
        if (inside > most) most = inside;
    }
    return PyLong_FromUnsignedLongLong(most);
}

/* ---- type and module -------------------------------------------------------------------------------------------- */

static int Graph_init(Graph *self, PyObject *arguments, PyObject *keywords) {
    static char *names[] = {"tables", "places", "field_bits", "local_bits", "words", "top", "left",
                            "counter_bits", "counters", NULL};
    PyObject *tables, *counters;
    if (self->tables) {
        PyErr_SetString(PyExc_RuntimeError, "a graph is made once");
        return -1;
    }
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OiiiiiiiO!", names, &tables, &self->places,
                                     &self->field_bits, &self->local_bits, &self->words, &self->top, &self->left,
                                     &self->counter_bits, &PyTuple_Type, &counters))
        return -1;
    self->faults = (int)PyTuple_GET_SIZE(counters);
    if (self->places < 1 || self->places > MAX_PLACES || self->words < 1 || self->words > MAX_WORDS ||
        self->faults > MAX_FAULTS || self->field_bits > 63 || self->top + 16 > 64 * self->words) {
        PyErr_SetString(PyExc_ValueError, "too many places for a compiled graph");
        return -1;
    }
    for (int i = 0; i < self->faults; i++)
        if (!PyArg_ParseTuple(PyTuple_GET_ITEM(counters, i), "ii", &self->counter[i], &self->limit[i])) return -1;
    self->tables = Py_NewRef(tables);
    return grow_table(self);
}

static int Graph_traverse(Graph *self, visitproc visit, void *arg) {
    Py_VISIT(self->tables);
    return 0;
}

static int Graph_clear(Graph *self) {
    Py_CLEAR(self->tables);
    return 0;
}

static void Graph_dealloc(Graph *self) {
    PyObject_GC_UnTrack(self);
    Graph_clear(self);
    Maps *all[] = {&self->own, &self->sent, &self->over, &self->received, &self->sends, &self->befallen};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free_maps(all[i]);
    for (Arena *arena = self->arena, *next; arena; arena = next) {
        next = arena->next;
        PyMem_Free(arena);
    }
    PyMem_Free(self->states);
    PyMem_Free(self->table);
    PyMem_Free(self->lacking);
    PyMem_Free(self->order);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *Graph_count(Graph *self, void *none) { return PyLong_FromSize_t(self->count); }
static PyObject *Graph_lacks(Graph *self, void *none) { return PyLong_FromSize_t(self->lacks); }

static PyMethodDef Graph_methods[] = {
    {"add", (PyCFunction)Graph_add, METH_O, NULL},
    {"after", (PyCFunction)Graph_after, METH_O, NULL},
    {"begin_level", (PyCFunction)Graph_begin_level, METH_NOARGS, NULL},
    {"expand", (PyCFunction)Graph_expand, METH_VARARGS, NULL},
    {"find", (PyCFunction)Graph_find, METH_O, NULL},
    {"states", (PyCFunction)Graph_states, METH_VARARGS, NULL},
    {"most_inside", (PyCFunction)Graph_most_inside, METH_VARARGS, NULL},
    {"note", (PyCFunction)Graph_note, METH_VARARGS, NULL},
    {"learn", (PyCFunction)Graph_learn, METH_VARARGS, NULL},
    {"lacking", (PyCFunction)Graph_lacking, METH_VARARGS, NULL},
    {NULL},
};
static PyGetSetDef Graph_properties[] = {
    {"count", (getter)Graph_count, NULL, NULL, NULL},
    {"lacks", (getter)Graph_lacks, NULL, NULL, NULL},
    {NULL},
};
static PyTypeObject GraphType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "mxbench.check._graph.Graph",
    .tp_basicsize = sizeof(Graph),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)Graph_init,
    .tp_dealloc = (destructor)Graph_dealloc,
    .tp_traverse = (traverseproc)Graph_traverse,
    .tp_clear = (inquiry)Graph_clear,
    .tp_methods = Graph_methods,
    .tp_getset = Graph_properties,
};

static PyModuleDef definition = {PyModuleDef_HEAD_INIT, "mxbench.check._graph", NULL, -1, NULL};

static const Name NAMES[] = {
    {&name_own, "own"}, {&name_sent, "sent"}, {&name_when_over, "when_over"}, {&name_received, "received"},
    {&name_sends, "sends"}, {&name_befallen, "befallen"}, {NULL},
};

PyMODINIT_FUNC PyInit__graph(void) {
    if (intern_all(NAMES) < 0 || PyType_Ready(&GraphType) < 0) return NULL;
    PyObject *module = PyModule_Create(&definition);
    if (module && (PyModule_AddIntConstant(module, "VERSION", 3) < 0 || /* see mxbench/compiled.py */
                   PyModule_AddObjectRef(module, "Graph", (PyObject *)&GraphType) < 0))
        Py_CLEAR(module);
    return module;
}

/* Who waits in a state, and whether a way is known on which it still enters. */
#pragma once
#include "steps.h"

typedef struct {
    uint32_t before, lacking;
} Learnt;

static uint32_t lacking_in(Graph *self, const word *state) {
    uint32_t number = place_of(self, state)->number;
    return number && number <= self->noted ? self->lacking[number - 1] : 0;
}

static int lacking_in_every(Graph *self, const word *state, void *context) {
    Learnt *learnt = context;
    return !(learnt->lacking &= lacking_in(self, state));
}

static int lacking_in_some(Graph *self, const word *state, void *context) {
    Learnt *learnt = context;
    return (learnt->lacking |= lacking_in(self, state) & learnt->before) == learnt->before;
}

/* note(waiting, ranks): for each place, by local state, 32-bit numbers: whether it waits, and how far it has come. */
static PyObject *Graph_note(Graph *self, PyObject *arguments) {
    PyObject *waiting, *ranks, *result = NULL;
    if (!PyArg_ParseTuple(arguments, "O!O!", &PyTuple_Type, &waiting, &PyTuple_Type, &ranks)) return NULL;
    Py_buffer waits[MAX_PLACES], far[MAX_PLACES];
    int held = 0;
    int32_t *rank = PyMem_Calloc(self->count + 1, sizeof(int32_t)), least = INT32_MAX, most = INT32_MIN;
    size_t *starts = NULL;
    self->noted = 0;
    PyMem_Free(self->lacking);
    PyMem_Free(self->order);
    self->lacking = PyMem_Calloc(self->count + 1, sizeof(uint32_t));
    self->order = PyMem_Calloc(self->count + 1, sizeof(uint32_t));
    if (!rank || !self->lacking || !self->order) {
        PyErr_NoMemory();
        goto done;
    }
    for (; held < self->places; held++) {
        PyObject *w = PyTuple_GetItem(waiting, held), *r = PyTuple_GetItem(ranks, held);
        if (!w || !r || PyObject_GetBuffer(w, &waits[held], PyBUF_SIMPLE) < 0) goto done;
        if (PyObject_GetBuffer(r, &far[held], PyBUF_SIMPLE) < 0) {
            PyBuffer_Release(&waits[held]);
            goto done;
        }
    }
    self->lacks = 0;
    for (size_t number = 0; number < self->count; number++) {
        for (int place = 0; place < self->places; place++) {
            word local = bits(self->states + number * self->words, place * self->field_bits, self->local_bits);
            if ((Py_ssize_t)(4 * local) >= waits[place].len || (Py_ssize_t)(4 * local) >= far[place].len) {
                PyErr_SetString(PyExc_IndexError, "a local state without a rank");
                goto done;
            }
            if (((int32_t *)waits[place].buf)[local]) self->lacking[number] |= (uint32_t)1 << place;
            rank[number] += ((int32_t *)far[place].buf)[local];
        }
        self->lacks += self->lacking[number] != 0;
        if (rank[number] < least) least = rank[number];
        if (rank[number] > most) most = rank[number];
    }
    if (self->count) {
        size_t ways = (size_t)(most - least) + 1;
        if (!(starts = PyMem_Calloc(ways + 1, sizeof(size_t)))) {
            PyErr_NoMemory();
            goto done;
        }
        for (size_t number = 0; number < self->count; number++) starts[most - rank[number] + 1]++;
        for (size_t way = 1; way <= ways; way++) starts[way] += starts[way - 1];
        for (size_t number = self->count; number--;) self->order[starts[most - rank[number]]++] = (uint32_t)number;
    }
    self->noted = self->count;
    result = PyLong_FromSize_t(self->count);
done:
    while (held--) {
        PyBuffer_Release(&waits[held]);
        PyBuffer_Release(&far[held]);
    }
    PyMem_Free(rank);
    PyMem_Free(starts);
    return result;
}

/* learn(first, last, every): let these states lack on only what every successor lacks, or some of them. */
static PyObject *Graph_learn(Graph *self, PyObject *arguments) {
    Py_ssize_t first, last;
    int changed = 0, every;
    if (!PyArg_ParseTuple(arguments, "nnp", &first, &last, &every)) return NULL;
    if (!is_part(self->noted, first, last)) return NULL;
    for (Py_ssize_t i = first; i < last; i++) {
        uint32_t number = self->order[i];
        Learnt learnt = {self->lacking[number], every ? self->lacking[number] : 0};
        word state[MAX_WORDS];
        if (!learnt.before) continue;
        memcpy(state, self->states + (size_t)number * self->words, self->words * sizeof(word));
        if (successors(self, state, every ? lacking_in_every : lacking_in_some, &learnt) < 0) return NULL;
        if (learnt.lacking == learnt.before) continue;
        self->lacking[number] = learnt.lacking;
        self->lacks -= !learnt.lacking;
        changed = 1;
    }
    return PyBool_FromLong(changed);
}

static PyObject *Graph_lacking(Graph *self, PyObject *arguments) {
    Py_ssize_t first, last;
    if (!in_range(arguments, self->noted, &first, &last)) return NULL;
    PyObject *list = PyList_New(0);
    for (Py_ssize_t number = first; list && number < last; number++) {
        if (self->lacking[number] && append(self, self->states + number * self->words, list) < 0) Py_CLEAR(list);
    }
    return list;
}

/* A graph: all its states, one after the other in the order in which they were found, and a table of their numbers. */
#pragma once
#include "maps.h"

enum { MAX_PLACES = 32, MAX_FAULTS = 8 };

typedef struct Arena {
    struct Arena *next;
    size_t used, size;
    word data[];
} Arena; /* the lists of words live as long as the graph */

typedef struct {
    uint32_t number; /* of a state, + 1; 0 for none */
    uint32_t tag;    /* the upper half of its hash, so that few other states have to be looked at */
} Entry;

typedef struct {
    PyObject_HEAD
    PyObject *tables;
    int places, field_bits, local_bits, words, top, left; /* left: where requests left are counted, top without it */
    int faults, counter[MAX_FAULTS], limit[MAX_FAULTS], counter_bits;
    Maps own, sent, over, received, sends, befallen;
    Arena *arena;
    word *states;
    Entry *table;
    size_t count, room, table_size, level;
    uint32_t *lacking, *order; /* by state: its waiters that no way is known for; the states, farthest first */
    size_t lacks, noted; /* noted: how many states there were when that was worked out */
} Graph;

/* Read the bytes of a state, the least significant first. */
static int read_words(Graph *self, PyObject *packed, word *to) {
    if (!PyBytes_Check(packed) || PyBytes_GET_SIZE(packed) != 8 * self->words) {
        PyErr_SetString(PyExc_TypeError, "a state has another number of bytes");
        return -1;
    }
    const unsigned char *data = (const unsigned char *)PyBytes_AS_STRING(packed);
    for (int i = 0; i < self->words; i++) {
        to[i] = 0;
        for (int k = 7; k >= 0; k--) to[i] = to[i] << 8 | data[8 * i + k];
    }
    return 0;
}

static PyObject *integer(Graph *self, const word *state) {
    unsigned char data[8 * MAX_WORDS];
    for (int i = 0; i < 8 * self->words; i++) data[i] = (unsigned char)(state[i / 8] >> 8 * (i % 8));
    Py_ssize_t size = 8 * self->words;
    return PyObject_CallMethod((PyObject *)&PyLong_Type, "from_bytes", "y#s", data, size, "little");
}

static int grow_table(Graph *self) {
    size_t size = self->table_size ? 2 * self->table_size : 1 << 10;
    Entry *table = PyMem_Calloc(size, sizeof(Entry));
    if (!table) {
        PyErr_NoMemory();
        return -1;
    }
    for (size_t number = 0; number < self->count; number++) {
        word hash = hash_of(self->states + number * self->words, self->words);
        size_t i = hash;
        while (table[i & (size - 1)].number) i++;
        table[i & (size - 1)] = (Entry){(uint32_t)(number + 1), (uint32_t)(hash >> 32)};
    }
    PyMem_Free(self->table);
    self->table = table;
    self->table_size = size;
    return 0;
}

/* Return the place in the table of a state's number, or the free one where it would go, with its tag. */
static Entry *place_of(Graph *self, const word *state) {
    word hash = hash_of(state, self->words);
    for (size_t i = hash;; i++) {
        Entry *place = &self->table[i & (self->table_size - 1)];
        if (!place->number) {
            place->tag = (uint32_t)(hash >> 32);
            return place;
        }
        if (place->tag == (uint32_t)(hash >> 32) &&
            equal(self->states + (size_t)(place->number - 1) * self->words, state, self->words))
            return place;
    }
}

/* Add a state unless it is there; return 1 if it was found in a level before the one that is being made. */
static int reached(Graph *self, const word *state) {
    if (self->count * 10 >= self->table_size * 7 && grow_table(self) < 0) return -1;
    Entry *place = place_of(self, state);
    if (place->number) return place->number <= self->level;
    if (self->count == self->room) {
        size_t room = self->room + self->room / 2 + 1024;
        word *states = PyMem_Realloc(self->states, room * self->words * sizeof(word));
        if (!states || self->count >= UINT32_MAX - 1) {
            if (states) self->states = states;
            PyErr_NoMemory();
            return -1;
        }
        self->states = states;
        self->room = room;
    }
    memcpy(self->states + self->count * self->words, state, self->words * sizeof(word));
    place->number = (uint32_t)++self->count;
    return 0;
}

/* Return whether there are so many states: 0 with an exception if not. */
static int is_part(size_t count, Py_ssize_t first, Py_ssize_t last) {
    if (first >= 0 && last <= (Py_ssize_t)count) return 1;
    PyErr_SetString(PyExc_IndexError, "there are no such states");
    return 0;
}

/* Read the arguments (first, last) of a part of the states. */
static int in_range(PyObject *arguments, size_t count, Py_ssize_t *first, Py_ssize_t *last) {
    return PyArg_ParseTuple(arguments, "nn", first, last) && is_part(count, *first, *last);
}

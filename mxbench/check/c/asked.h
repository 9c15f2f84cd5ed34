/* What Python works out about the places of a graph, asked for once and kept in lists of words. */
#pragma once
#include "states.h"

enum { ARENA = 1 << 16 };
static PyObject *name_own, *name_sent, *name_when_over, *name_received, *name_sends, *name_befallen;

static word *words_for(Graph *self, size_t count) {
    Arena *arena = self->arena;
    if (!arena || arena->used + count > arena->size) {
        size_t size = count > ARENA ? count : ARENA;
        arena = PyMem_Malloc(sizeof(Arena) + size * sizeof(word));
        if (!arena) return (word *)PyErr_NoMemory();
        *arena = (Arena){self->arena, 0, size};
        self->arena = arena;
    }
    arena->used += count;
    return arena->data + arena->used - count;
}

/* Return a list of words for a list of changes that `place` goes through; `counter` counts them, unless it is -1. */
static word *listed(Graph *self, int place, int counter, PyObject *changes) {
    if (!changes) return NULL;
    PyObject *items = PySequence_Fast(changes, "a list of changes");
    Py_DECREF(changes);
    if (!items) return NULL;
    Py_ssize_t count = PySequence_Fast_GET_SIZE(items);
    word *list = words_for(self, 1 + count * (1 + self->words)), *next = list + 1;
    for (Py_ssize_t i = 0; list && i < count; i++, next += 1 + self->words) {
        unsigned long long head;
        long long field, inside, left;
        if (!PyArg_ParseTuple(PySequence_Fast_GET_ITEM(items, i), "KLLL", &head, &field, &inside, &left)) {
            list = NULL;
            break;
        }
        *next = head;
        memset(next + 1, 0, self->words * sizeof(word));
        add_at(next + 1, field, place * self->field_bits, self->words);
        add_at(next + 1, inside, self->top, self->words);
        if (self->left < self->top) add_at(next + 1, left, self->left, self->words);
        if (counter >= 0) add_at(next + 1, 1, counter, self->words);
    }
    if (list) *list = count;
    Py_DECREF(items);
    return list;
}

/* Return the list that `method` of the tables gives for two numbers, asking only once. place, counter: see `listed`. */
static word *asked(Graph *self, Maps *all, PyObject *method, size_t number, word key, int place, int counter) {
    Map *map = numbered(all, number);
    if (!map) return NULL;
    word *found = map_get(map, key);
    if (found) return found;
    PyObject *given[] = {self->tables, PyLong_FromSize_t(number), PyLong_FromUnsignedLongLong(key)};
    PyObject *changes = given[1] && given[2] ? PyObject_VectorcallMethod(method, given, 3, NULL) : NULL;
    Py_XDECREF(given[1]);
    Py_XDECREF(given[2]);
    found = listed(self, place, counter, changes);
    if (!found || map_put(numbered(all, number), key, found) < 0) return NULL;
    return found;
}

static word *asked_of_fault(Graph *self, int fault, int place, word field) {
    size_t number = (size_t)fault * self->places + place;
    return asked(self, &self->befallen, name_befallen, number, field, place, self->counter[fault]);
}

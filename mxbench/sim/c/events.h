/* The events of a simulation in order: a heap of them. */
#pragma once
#include <limits.h>

#include "column.h"

struct Seat;

typedef struct { /* what the lane itself changes of a place */
    PyObject_HEAD
    long long now, payload_bytes;
} Spot;

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
    long long most;   /* stays inside of one node at one moment, of which there may be no end */
} Lane;

typedef struct Seat { /* a place, as its messages see it */
    PyObject_HEAD
    Lane *lane;
    Spot *place;
    PyObject *delays; /* by receiver, in ns; None if its links do more than delay, and Python sends */
    PyObject *node, *kinds, *heads, *times, *codes, *details, *payloads, *sent_by_type, *unwritten;
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

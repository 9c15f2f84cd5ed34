/* The steps of a state, and what each makes of it. */
#pragma once
#include "asked.h"

static const word ASKED = (word)1 << 32;

typedef int (*Visit)(Graph *self, const word *state, void *context); /* 1 to end, -1 after an error */

/* Make of a state without a request left the one in which every algorithm was told so. */
static int ended(Graph *self, word *state) {
    if (self->left == self->top || bits(state, self->left, self->top - self->left)) return 0;
    word before[MAX_WORDS];
    memcpy(before, state, self->words * sizeof(word));
    for (int place = 0; place < self->places; place++) {
        word local = bits(before, place * self->field_bits, self->local_bits);
        word *change = asked(self, &self->over, name_when_over, place, local, place, -1);
        if (!change) return -1;
        add(state, state, change + 2, self->words);
    }
    return 0;
}

/* Visit what each outcome of a step of a place makes of a state, in which `channels` is on its way from there. */
static inline int outcomes(Graph *self, const word *state, const word *list, int place, word channels, Visit visit,
                           void *context) {
    word after[MAX_WORDS];
    int words = self->words;
    const word *outcome = list + 1;
    for (word left = *list; left; left--, outcome += 1 + words) {
        add(after, state, outcome + 1, words);
        if ((uint32_t)*outcome) {
            word *sent = asked(self, &self->sends, name_sends, (uint32_t)*outcome - 1, channels, place, -1);
            if (!sent) return -1;
            add(after, after, sent + 2, words);
        }
        if (*outcome & ASKED && ended(self, after) < 0) return -1;
        int end = visit(self, after, context);
        if (end) return end;
    }
    return 0;
}

/* Visit the successor of every step of a state, faults of the network apart. */
static inline int successors(Graph *self, const word *state, Visit visit, void *context) {
    word local[MAX_PLACES], channels[MAX_PLACES], without[MAX_WORDS];
    int words = self->words, end;
    for (int place = 0; place < self->places; place++) {
        word field = bits(state, place * self->field_bits, self->field_bits);
        local[place] = field & (((word)1 << self->local_bits) - 1);
        channels[place] = field >> self->local_bits;
    }
    for (int place = 0; place < self->places; place++) {
        /* First, as numbers go by the order. */
        word *sent = asked(self, &self->sent, name_sent, place, channels[place], place, -1);
        word *own = sent ? asked(self, &self->own, name_own, place, local[place], place, -1) : NULL;
        if (!own) return -1;
        if ((end = outcomes(self, state, own, place, channels[place], visit, context))) return end;
        const word *message = sent + 1;
        for (word left = *sent; left; left--, message += 1 + words) {
            int to = (int)(uint32_t)*message;
            word *does = asked(self, &self->received, name_received, *message >> 32, local[to], to, -1);
            if (!does) return -1;
            add(without, state, message + 1, words);
            if ((end = outcomes(self, without, does, to, channels[to], visit, context))) return end;
        }
    }
    return 0;
}

static int faults(Graph *self, const word *state, Visit visit, void *context) {
    word after[MAX_WORDS];
    for (int fault = 0; fault < self->faults; fault++) {
        if ((int)bits(state, self->counter[fault], self->counter_bits) >= self->limit[fault]) continue;
        for (int place = 0; place < self->places; place++) {
            word *list = asked_of_fault(self, fault, place, bits(state, place * self->field_bits, self->field_bits));
            if (!list) return -1;
            const word *change = list + 1;
            for (word left = *list; left; left--, change += 1 + self->words) {
                add(after, state, change + 1, self->words);
                int end = visit(self, after, context);
                if (end) return end;
            }
        }
    }
    return 0;
}

static int append(Graph *self, const word *state, void *list) {
    PyObject *value = integer(self, state);
    int failed = !value || PyList_Append(list, value) < 0;
    Py_XDECREF(value);
    return -failed;
}

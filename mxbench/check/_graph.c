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
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <string.h>
#include <structmember.h>

enum { MAX_WORDS = 16, MAX_PLACES = 32, MAX_FAULTS = 8, ARENA = 1 << 16 };
typedef uint64_t word;
static const word ASKED = (word)1 << 32;
static PyObject *name_own, *name_sent, *name_when_over, *name_received, *name_sends, *name_befallen;

static word mixed(word hash) {
    hash *= 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

/* ---- what was asked for once ------------------------------------------------------------------------------------ */

typedef struct {
    word key; /* 0 for none */
    word *value;
} Slot;

typedef struct {
    Slot *slots;
    size_t size, used; /* size is a power of two */
    Slot last;         /* what was found last: states expanded one after the other mostly differ in few places */
} Map;

static inline word *map_get(Map *map, word key) {
    if (map->last.key == ++key) return map->last.value;
    if (!map->size) return NULL;
    for (size_t i = mixed(key);; i++) {
        Slot *slot = &map->slots[i & (map->size - 1)];
        if (slot->key == key) return (map->last = *slot).value;
        if (!slot->key) return NULL;
    }
}

static int map_put(Map *map, word key, word *value) {
    if (map->used * 3 >= map->size * 2) {
        Map larger = {NULL, map->size ? map->size * 2 : 8, 0, {0, NULL}};
        larger.slots = PyMem_Calloc(larger.size, sizeof(Slot));
        if (!larger.slots) {
            PyErr_NoMemory();
            return -1;
        }
        for (size_t i = 0; i < map->size; i++)
            if (map->slots[i].key) map_put(&larger, map->slots[i].key - 1, map->slots[i].value);
        PyMem_Free(map->slots);
        *map = larger;
    }
    size_t i = mixed(++key);
    while (map->slots[i & (map->size - 1)].key) i++;
    map->slots[i & (map->size - 1)] = (Slot){key, value};
    map->used++;
    return 0;
}

typedef struct {
    Map *maps;
    size_t count;
} Maps; /* by number; grows as numbers are given out */

static Map *numbered(Maps *all, size_t number) {
    if (number >= all->count) {
        size_t count = 2 * number + 8;
        Map *maps = PyMem_Realloc(all->maps, count * sizeof(Map));
        if (!maps) {
            PyErr_NoMemory();
            return NULL;
        }
        memset(maps + all->count, 0, (count - all->count) * sizeof(Map));
        *all = (Maps){maps, count};
    }
    return &all->maps[number];
}

static void free_maps(Maps *all) {
    for (size_t i = 0; i < all->count; i++) PyMem_Free(all->maps[i].slots);
    PyMem_Free(all->maps);
}

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
    size_t lacks;
} Graph;

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

/* ---- numbers ---------------------------------------------------------------------------------------------------- */

static word bits(const word *state, int at, int width) {
    int place = at / 64, shift = at % 64;
    word found = state[place] >> shift;
    if (shift + width > 64) found |= state[place + 1] << (64 - shift);
    return found & (((word)1 << width) - 1);
}

static inline void add(word *sum, const word *state, const word *difference, int words) {
    word carry = 0;
    for (int i = 0; i < words; i++) {
        word with = state[i] + carry;
        carry = with < carry;
        sum[i] = with + difference[i];
        carry += sum[i] < with;
    }
}

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

/* Add value << at. */
static void add_at(word *sum, long long value, int at, int words) {
    word shifted[MAX_WORDS] = {0};
    int first = at / 64, shift = at % 64;
    shifted[first] = (word)value << shift;
    for (int i = first + 1; i < words; i++) shifted[i] = value < 0 ? ~(word)0 : 0;
    if (shift && first + 1 < words) shifted[first + 1] = (word)(value >> (64 - shift));
    add(sum, sum, shifted, words);
}

static PyObject *integer(Graph *self, const word *state) {
    unsigned char data[8 * MAX_WORDS];
    for (int i = 0; i < 8 * self->words; i++) data[i] = (unsigned char)(state[i / 8] >> 8 * (i % 8));
    Py_ssize_t size = 8 * self->words;
    return PyObject_CallMethod((PyObject *)&PyLong_Type, "from_bytes", "y#s", data, size, "little");
}

/* ---- asking Python ---------------------------------------------------------------------------------------------- */

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

/* ---- states ----------------------------------------------------------------------------------------------------- */

static word hash_of(const word *state, int words) {
    word hash = 0;
    for (int i = 0; i < words; i++) hash = mixed(hash ^ state[i]);
    return hash ^ hash >> 32;
}

static int equal(const word *one, const word *other, int words) {
    word differ = 0;
    for (int i = 0; i < words; i++) differ |= one[i] ^ other[i];
    return !differ;
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

/* ---- steps ------------------------------------------------------------------------------------------------------ */

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

static int append(Graph *self, const word *state, void *list) {
    PyObject *value = integer(self, state);
    int failed = !value || PyList_Append(list, value) < 0;
    Py_XDECREF(value);
    return -failed;
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

static int in_range(Graph *self, PyObject *arguments, Py_ssize_t *first, Py_ssize_t *last) {
    if (!PyArg_ParseTuple(arguments, "nn", first, last)) return 0;
    if (*first >= 0 && *last <= (Py_ssize_t)self->count) return 1;
    PyErr_SetString(PyExc_IndexError, "there are no such states");
    return 0;
}

static PyObject *Graph_states(Graph *self, PyObject *arguments) {
    Py_ssize_t first, last;
    if (!in_range(self, arguments, &first, &last)) return NULL;
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
    if (!in_range(self, arguments, &first, &last)) return NULL;
    for (Py_ssize_t number = first; number < last; number++) {
        word inside = bits(self->states + number * self->words, self->top, 16);
        if (inside > most) most = inside;
    }
    return PyLong_FromUnsignedLongLong(most);
}

/* ---- waiters ---------------------------------------------------------------------------------------------------- */

static int learnt(Graph *self, const word *state, void *context) {
    uint32_t *lacking = context, number = place_of(self, state)->number;
    *lacking &= number ? self->lacking[number - 1] : 0;
    return !*lacking;
}

/* note(waiting, ranks): for each place, by local state, 32-bit numbers: whether it waits, and how far it has come. */
static PyObject *Graph_note(Graph *self, PyObject *arguments) {
    PyObject *waiting, *ranks, *result = NULL;
    if (!PyArg_ParseTuple(arguments, "O!O!", &PyTuple_Type, &waiting, &PyTuple_Type, &ranks)) return NULL;
    Py_buffer waits[MAX_PLACES], far[MAX_PLACES];
    int held = 0;
    int32_t *rank = PyMem_Calloc(self->count + 1, sizeof(int32_t)), least = INT32_MAX, most = INT32_MIN;
    size_t *starts = NULL;
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

static PyObject *Graph_learn(Graph *self, PyObject *arguments) {
    Py_ssize_t first, last;
    int changed = 0;
    if (!in_range(self, arguments, &first, &last)) return NULL;
    if (!self->order) {
        PyErr_SetString(PyExc_RuntimeError, "note the waiters first");
        return NULL;
    }
    for (Py_ssize_t i = first; i < last; i++) {
        uint32_t number = self->order[i], before = self->lacking[number], lacking = before;
        word state[MAX_WORDS];
        if (!before) continue;
        memcpy(state, self->states + (size_t)number * self->words, self->words * sizeof(word));
        if (successors(self, state, learnt, &lacking) < 0) return NULL;
        if (lacking == before) continue;
        self->lacking[number] = lacking;
        self->lacks -= !lacking;
        changed = 1;
    }
    return PyBool_FromLong(changed);
}

static PyObject *Graph_lacking(Graph *self, PyObject *arguments) {
    Py_ssize_t first, last;
    if (!in_range(self, arguments, &first, &last)) return NULL;
    PyObject *list = PyList_New(0);
    for (Py_ssize_t number = first; list && self->lacking && number < last; number++) {
        if (self->lacking[number] && append(self, self->states + number * self->words, list) < 0) Py_CLEAR(list);
    }
    return list;
}

/* ---- type and module -------------------------------------------------------------------------------------------- */

static int Graph_init(Graph *self, PyObject *arguments, PyObject *keywords) {
    static char *names[] = {"tables", "places", "field_bits", "local_bits", "words", "top", "left",
                            "counter_bits", "counters", NULL};
    PyObject *tables, *counters;
    if (!PyArg_ParseTupleAndKeywords(arguments, keywords, "OiiiiiiiO!", names, &tables, &self->places,
                                     &self->field_bits, &self->local_bits, &self->words, &self->top, &self->left,
                                     &self->counter_bits, &PyTuple_Type, &counters))
        return -1;
    self->faults = (int)PyTuple_GET_SIZE(counters);
    if (self->tables || self->places > MAX_PLACES || self->words > MAX_WORDS || self->faults > MAX_FAULTS ||
        self->field_bits > 63 || self->top + 16 > 64 * self->words) {
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

PyMODINIT_FUNC PyInit__graph(void) {
    if (!(name_own = PyUnicode_InternFromString("own")) || !(name_sent = PyUnicode_InternFromString("sent")) ||
        !(name_when_over = PyUnicode_InternFromString("when_over")) ||
        !(name_received = PyUnicode_InternFromString("received")) ||
        !(name_sends = PyUnicode_InternFromString("sends")) ||
        !(name_befallen = PyUnicode_InternFromString("befallen")) || PyType_Ready(&GraphType) < 0)
        return NULL;
    PyObject *module = PyModule_Create(&definition);
    if (module && (PyModule_AddIntConstant(module, "VERSION", 2) < 0 || /* see mxbench/compiled.py */
                   PyModule_AddObjectRef(module, "Graph", (PyObject *)&GraphType) < 0))
        Py_CLEAR(module);
    return module;
}

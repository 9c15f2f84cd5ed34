/* Lists of words by number and key. */
#pragma once
#include "../../core/c/python.h"
#include "words.h"

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

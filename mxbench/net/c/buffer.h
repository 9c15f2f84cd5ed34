/* Bytes that are taken from the front and added at the end, and numbers in them, the most significant byte first. */
#pragma once
#include <stdint.h>

#include "../../core/c/python.h"

typedef struct {
    char *data;
    size_t start, end, capacity;
} Buffer;

static size_t length(const Buffer *buffer) { return buffer->end - buffer->start; }

static void drop(Buffer *buffer, size_t count) {
    buffer->start += count;
    if (buffer->start == buffer->end) buffer->start = buffer->end = 0;
}

/* Return where `count` more bytes go, which then belong to the buffer; NULL without memory. */
static char *extend(Buffer *buffer, size_t count) {
    if (buffer->end + count > buffer->capacity) {
        size_t held = length(buffer);
        if (buffer->start && held + count <= buffer->capacity / 2) {
            memmove(buffer->data, buffer->data + buffer->start, held);
        } else {
            size_t capacity = 2 * (held + count) + 256;
            char *data = PyMem_Malloc(capacity);
            if (!data) {
                PyErr_NoMemory();
                return NULL;
            }
            if (held) memcpy(data, buffer->data + buffer->start, held);
            PyMem_Free(buffer->data);
            buffer->data = data;
            buffer->capacity = capacity;
        }
        buffer->start = 0;
        buffer->end = held;
    }
    buffer->end += count;
    return buffer->data + buffer->end - count;
}

static int append(Buffer *buffer, const char *data, size_t count) {
    if (!count) return 0;
    char *place = extend(buffer, count);
    if (!place) return -1;
    memcpy(place, data, count);
    return 0;
}

static void put(char *place, uint64_t value, int bytes) {
    while (bytes--) {
        place[bytes] = (char)value;
        value >>= 8;
    }
}

static uint64_t get(const char *place, int bytes) {
    uint64_t value = 0;
    for (int i = 0; i < bytes; i++) value = value << 8 | (unsigned char)place[i];
    return value;
}

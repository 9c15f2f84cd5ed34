/* Integers of several 64-bit words, the least significant first; negative ones in two's complement. */
#pragma once
#include <stdint.h>
#include <string.h>

enum { MAX_WORDS = 16 };
typedef uint64_t word;

static word mixed(word hash) {
    hash *= 0x9E3779B97F4A7C15u;
    return hash ^ hash >> 29;
}

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

/* Add value << at. */
static void add_at(word *sum, long long value, int at, int words) {
    word shifted[MAX_WORDS] = {0};
    int first = at / 64, shift = at % 64;
    shifted[first] = (word)value << shift;
    for (int i = first + 1; i < words; i++) shifted[i] = value < 0 ? ~(word)0 : 0;
    if (shift && first + 1 < words) shifted[first + 1] = (word)(value >> (64 - shift));
    add(sum, sum, shifted, words);
}

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

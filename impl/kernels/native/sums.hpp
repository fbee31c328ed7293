// A block's part of S and Q: products over its data, which lie side by side in rows and are first turned.

#pragma once

#include "formulas.hpp"

struct Sum {
    void *at;
    int32_t in_double;                // whether of double or of float

    void *of(bool doubles) const { return doubles == (bool)in_double ? at : nullptr; }
};

// Units of a block by lane: a lane's numbers side by side, followed by zeros up to a multiple of LANES.
template <class Number> struct Turned {
    int units, next;
    Number *values;
    std::vector<Line> memory;

    void turn(int count, const Row *from, int used) {
        units = count, next = (count + LANES - 1) / LANES * LANES;
        memory.assign((size_t)next * used * sizeof(Number) / sizeof(Line), {});
        values = start<Number>(memory);
        for (int j = 0; j < count; j++)
            for (int l = 0; l < used; l++) values[l * next + j] = from[j][l];
    }
};

// sum (m, n) += times left right^T over the lanes in use; of a square only the lower triangle, and some above it.
template <class Number>
static void add(const Turned<Number> &left, const Turned<Number> &right, int used, Number times, bool square, Number *sum) {
    alignas(64) Number found[8][LANES];
    const int m = left.units, n = right.units;
    for (int i = 0; i < m; i += 8)
        for (int j = 0; j < (square ? std::min(i + 8, n) : n); j += LANES) {
            const int height = std::min(8, m - i), width = std::min(LANES, n - j);
            Number *row[8];
            for (int g = 0; g < height; g++) {
                row[g] = sum + (size_t)(i + g) * n + j;
                for (int k = 0; k < width; k += sizeof(Line) / sizeof(Number))  // a large sum comes from afar
                    __builtin_prefetch(row[g] + k, 1);
            }
            rows<8>(used, left.values + i, left.next, right.values + j, right.next, found);
            for (int g = 0; g < height; g++)
                for (int k = 0; k < width; k++) row[g][k] += times * found[g][k];
        }
}

// A layer's part of S (q, n) and of Q (q, q), where they are of this kind of number: null where not.
template <class Number>
static void add_to(int q, const Row *errors, int n, const Row *estimates, int used, int64_t draws, void *S, void *Q) {
    thread_local Turned<Number> left, right;
    if (!S && !Q) return;
    left.turn(q, errors, used);
    if (S) right.turn(n, estimates, used), add<Number>(left, right, used, 1, false, (Number *)S);
    if (Q) add<Number>(left, left, used, draws, true, (Number *)Q);
}

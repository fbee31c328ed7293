// A network that learns: what it is, what it is given, and the passes through it. Lanes are samples.
//
// A matrix (n_i, n_{i-1} + 1) has rows of ``padded`` length, its bias last; W^1 lies on its side, an input a row, so
// that inputs that are zero can be left out. What is past the end of a row is zero, and stays zero.

#pragma once

#include "algebra.hpp"
#include "formulas.hpp"
#include "noise.hpp"

enum { RELU = 3 };  // beside formulas.hpp's scales
enum Draw { PERTURBATION, ACTIVATION, INPUT };  // impl.learning.noise

struct Shape {
    int32_t layers, samples;        // N + 1; the samples of a minibatch
    int32_t bias_unit;              // whether the constant unit is perturbed and fed back to
    const int32_t *widths, *units;  // n_0 ... n_{N+1}; sigma_1 ... sigma_{N+1}
};

struct Images {
    const float *x, *y;   // (images, n_0), (images, p)
    const int64_t *rows;  // (updates, samples): which of them are in which minibatch
};

// A minibatch, for all runs: x and y with lanes for samples, and of x what is not zero, sample by sample and input by
// input, where that is little.
struct Minibatch {
    std::vector<Line> memory;
    float *x, *y;                      // (n_0 + 1, lanes), the last row ones; (p, lanes)
    bool sparse;
    std::vector<int32_t> from, input;  // of sample t: the entries from[t] ... from[t + 1]
    std::vector<float> value;
    std::vector<int32_t> inputs, start, sample;  // of inputs[k]: the entries start[k] ... start[k + 1]
    std::vector<float> other;
};

static inline int lanes_for(int samples) { return (samples + LANES - 1) / LANES * LANES; }

// Products with x go through its zeros where more than this part of it is not zero.
constexpr float SPARSE = 0.4f;

static void gather(const Shape &n, const Images &images, const int64_t *rows, Minibatch &b) {
    const int inputs = n.widths[0], outputs = n.widths[n.layers], lanes = lanes_for(n.samples);
    b.memory.resize(((inputs + 1 + outputs) * lanes * sizeof(float) + sizeof(Line) - 1) / sizeof(Line));
    b.x = start<float>(b.memory), b.y = b.x + (inputs + 1) * lanes;
    b.from.assign(1, 0), b.input.resize(n.samples * (inputs + 1)), b.value.resize(n.samples * (inputs + 1));
    int32_t found = 0;
    for (int t = 0; t < n.samples; t++) {
        const float *row = images.x + rows[t] * inputs;
        for (int p = 0; p < inputs; p++)  // without a branch: what is zero is written over
            b.input[found] = p, b.value[found] = row[p], found += row[p] != 0;
        b.input[found] = inputs, b.value[found] = 1.0f, found++;
        b.from.push_back(found);
    }
    b.sparse = (float)found < SPARSE * (float)n.samples * (float)inputs;
    if (b.sparse) {
        std::vector<int32_t> count(inputs + 2, 0);
        for (int32_t k = 0; k < found; k++) count[b.input[k] + 1]++;
        b.inputs.clear(), b.start.assign(1, 0);
        for (int p = 0; p <= inputs; p++) {
            if (count[p + 1]) b.inputs.push_back(p), b.start.push_back(b.start.back() + count[p + 1]);
            count[p + 1] += count[p];
        }
        b.sample.resize(found), b.other.resize(found);
        for (int t = 0; t < n.samples; t++)
            for (int32_t k = b.from[t]; k < b.from[t + 1]; k++) {
                const int32_t place = count[b.input[k]]++;
                b.sample[place] = t, b.other[place] = b.value[k];
            }
    } else {
        std::fill_n(b.x, inputs * lanes, 0.0f);
        std::fill_n(b.x + inputs * lanes, lanes, 1.0f);
        for (int t = 0; t < n.samples; t++)
            for (int p = 0; p < inputs; p++) b.x[p * lanes + t] = images.x[rows[t] * inputs + p];
    }
    std::fill_n(b.y, outputs * lanes, 0.0f);
    for (int t = 0; t < n.samples; t++)
        for (int j = 0; j < outputs; j++) b.y[j * lanes + t] = images.y[rows[t] * outputs + j];
}

// V vectors of the pre-activations of sample after sample: the rows of W^1 whose inputs are not zero, summed.
template <int V>
static void forward_sparse(const Minibatch &b, int samples, const float *W, int next, float *to, int next_to) {
    for (int t = 0; t < samples; t++) {
        Vector sums[V] = {};
        for (int32_t k = b.from[t]; k < b.from[t + 1]; k++) {
            const float *row = W + (ptrdiff_t)b.input[k] * next;
#pragma GCC unroll 4
            for (int v = 0; v < V; v++) sums[v] += b.value[k] * vector(row + v * WIDE);
        }
        for (int v = 0; v < V; v++) vector(to + t * next_to + v * WIDE) = sums[v];
    }
}

// V vectors of each row of W^1 whose input is not zero in all samples: W^1 += x D.
template <int V>
static void update_sparse(const Minibatch &b, const float *D, int next_D, float *W, int next) {
    for (size_t k = 0; k < b.inputs.size(); k++) {
        float *row = W + (ptrdiff_t)b.inputs[k] * next;
        Vector sums[V];
        for (int v = 0; v < V; v++) sums[v] = vector(row + v * WIDE);
        for (int32_t i = b.start[k]; i < b.start[k + 1]; i++)
#pragma GCC unroll 4
            for (int v = 0; v < V; v++) sums[v] += b.other[i] * vector(D + b.sample[i] * next_D + v * WIDE);
        for (int v = 0; v < V; v++) vector(row + v * WIDE) = sums[v];
    }
}

// Calls f with 1 to 4 vectors at a time: as even parts of ``width`` as there can be.
template <class F> static void in_parts(int width, F f) {
    int left = width / WIDE, at = 0;
    for (int parts = (left + 3) / 4; parts > 0; parts--) {
        const int now = (left + parts - 1) / parts;
        f(now, at * WIDE);
        at += now, left -= now;
    }
}

static void forward_first(
    const Minibatch &b, int samples, int inputs, int n, const float *x, const float *W, float *a, int lanes,
    float *scratch) {
    const int next = padded(n);
    if (x) return product<false>(n, inputs + 1, lanes, W, 1, next, x, lanes, a, lanes);
    in_parts(next, [&](int vectors, int at) {
        const float *from = W + at;
        float *to = scratch + at;
        if (vectors == 4) forward_sparse<4>(b, samples, from, next, to, next);
        else if (vectors == 3) forward_sparse<3>(b, samples, from, next, to, next);
        else if (vectors == 2) forward_sparse<2>(b, samples, from, next, to, next);
        else forward_sparse<1>(b, samples, from, next, to, next);
    });
    if (samples < lanes)
        for (int j = 0; j < n; j++) std::fill_n(a + j * lanes + samples, lanes - samples, 0.0f);
    transpose(samples, n, scratch, next, a, lanes);
}

// W^1 += x D, for D (samples, padded(n)).
static void update_first(
    const Minibatch &b, int samples, int inputs, int n, const float *x, const float *D, float *W, int lanes) {
    const int next = padded(n);
    if (x) return product<true>(inputs + 1, samples, next, x, lanes, 1, D, next, W, next);
    in_parts(next, [&](int vectors, int at) {
        if (vectors == 4) update_sparse<4>(b, D + at, next, W + at, next);
        else if (vectors == 3) update_sparse<3>(b, D + at, next, W + at, next);
        else if (vectors == 2) update_sparse<2>(b, D + at, next, W + at, next);
        else update_sparse<1>(b, D + at, next, W + at, next);
    });
}

// What the passes leave of a layer, (n, lanes) each, with a row more for the bias unit. ``directions`` are those in
// which the feedback that makes ``guess`` moves.
struct Layer {
    float *h, *up, *down, *slope, *errors, *guess, *noise, *jitter, *d, *true_errors, *true_guess, *directions;
};

// sigma(a) in the place of a, with what its difference needs in up and down (of relu: a in up), and its slope.
static void activated(int unit, int rows, int lanes, float *a, Layer &l) {
    for (int at = 0; at < rows * lanes; at += LANES) {
        if (unit == RELU)
            for (int k = at; k < at + LANES; k++) {
                const float value = a[k];
                l.up[k] = value, l.slope[k] = value > 0 ? 1.0f : 0.0f, a[k] = value > 0 ? value : (value == value ? 0.0f : value);
            }
        else activate(unit, a + at, l.up + at, l.down + at, l.slope + at);
    }
}

// sigma(a + u) - sigma(a) in the place of u.
static void differenced(int unit, int rows, int lanes, const Layer &l, float *u) {
    for (int at = 0; at < rows * lanes; at += LANES) {
        if (unit == RELU)
            for (int k = at; k < at + LANES; k++) {
                const float a = l.up[k], on = std::max(u[k], -a), off = std::max(a + u[k], 0.0f);
                u[k] = a > 0 ? on : off;
            }
        else difference<false>(unit, 1.0f, l.up + at, l.down + at, nullptr, u + at);
    }
}

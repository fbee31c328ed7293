// What the kernel is given, and the clean pass over a block of data: lanes are data.

#pragma once

#include "formulas.hpp"

struct Model {
    int32_t hidden, direct, family;   // N; whether the rule is "DFA"; noise.hpp's Family
    uint32_t seed, step;
    float c;
    const int32_t *widths, *scales;   // n_1 ... n_{N+1}, and the activations of these layers
    const int32_t *tags;              // counter_noise.tag_of the hidden layers
    const float *const *weights;      // W^2 ... W^{N+1}, packed for ``product``
    const float *const *feedback;     // (B^2)^T ... (B^{N+1})^T, likewise
    const float *const *control;      // likewise, or null
};

struct Samples {
    const float *first, *y;           // W^1 x^T, (n_1, data), and y, (data, p)
    int64_t data, draws;
    int64_t datum, draw;              // what number datum 0 and draw 0 have in the stream
};

// A row for each unit: what the clean pass leaves of a block (a lane is a datum), or shows of it to a group of
// samples (a lane is a sample).
struct Clean {
    Row *up, *down, *residual, *guesses;
};

struct Rows {
    std::vector<int> at;  // where the rows of each layer begin
    int units, all, outputs;
    Clean block, shown;
    Row *h, *slope, *errors, *others, *estimates, *noise, *u, *partial;

    Rows(const Model &m, std::vector<Line> &memory) : units(0), outputs(m.widths[m.hidden]) {
        for (int i = 0; i < m.hidden; i++) at.push_back(units), units += m.widths[i];
        at.push_back(units), all = units + outputs;
        memory.resize((9 * all + 5 * units + 2 * outputs) * sizeof(Row) / sizeof(Line));
        Row *next = start<Row>(memory);
        const auto take = [&next](int rows) { return std::exchange(next, next + rows); };
        for (Clean *clean : {&block, &shown})
            *clean = {take(all), take(all), take(outputs), take(units)};
        h = take(all), slope = take(all), errors = take(all), others = take(all), estimates = take(units);
        noise = take(units), u = take(all), partial = take(units);
    }
};

// Error signals from the output's down to layer ``lowest``, and what they are made of: impl.kernels.plan.descend.
static void descend(const Model &m, const Rows &b, const float *const *feedback, int lowest, Row *errors, Row *guesses) {
    for (int i = m.hidden - 1; i >= lowest; i--) {
        const int above = m.direct ? m.hidden : i + 1;
        product(m.widths[i], m.widths[above], feedback[i], errors + b.at[above], guesses + b.at[i]);
        for (int j = b.at[i]; j < b.at[i + 1]; j++)
            for (int l = 0; l < LANES; l++) errors[j][l] = guesses[j][l] * b.slope[j][l];
    }
}

// The clean pass of the data [from, from + used), their error signals, and g~ where there is control.
static void run_clean(const Model &m, const Samples &s, int64_t from, int used, Rows &b) {
    for (int i = 0; i <= m.hidden; i++) {
        if (i > 0) product(m.widths[i], m.widths[i - 1], m.weights[i - 1], b.h + b.at[i - 1], b.h + b.at[i]);
        for (int j = 0; j < m.widths[i]; j++) {
            const int row = b.at[i] + j;
            for (int l = 0; i == 0 && l < LANES; l++) b.h[row][l] = s.first[j * s.data + from + std::min(l, used - 1)];
            activate(m.scales[i], b.h[row], b.block.up[row], b.block.down[row], b.slope[row]);
        }
    }
    for (int j = 0; j < b.outputs; j++)
        for (int l = 0; l < LANES; l++) {
            const int row = b.units + j;
            b.block.residual[j][l] = b.h[row][l] - s.y[(from + std::min(l, used - 1)) * b.outputs + j];
            b.errors[row][l] = b.others[row][l] = b.block.residual[j][l] * b.slope[row][l];
        }
    if (!m.direct) descend(m, b, m.feedback, 1, b.errors, b.block.guesses);
    if (m.control) descend(m, b, m.control, 0, b.others, b.block.guesses);
}

// The function of impl/kernels/native_path.py: a step of a small network on the CPU, after its first product.
//
// The data go in blocks of LANES: the block's clean pass, error signals and guesses side by side, then its
// samples, LANES at a time, then the block's part of S and Q. All of that stays in the first caches, and
// neither noise nor lambda-hat is ever stored. Layers count from 0 here: hidden ones 0 ... N - 1, the output N.

#include "formulas.hpp"
#include "noise.hpp"

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

struct Sum {
    void *at;
    int32_t in_double;                // whether of double or of float

    void *of(bool doubles) const { return doubles == (bool)in_double ? at : nullptr; }
};

namespace {

constexpr int TILE = LANES;  // columns of S or Q that are summed at once
constexpr int FLUSH = 64;  // so many groups of lanes are added in float before their sum is moved to double

template <class Number> Number *start(std::vector<Line> &memory) { return (Number *)memory.data(); }

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
        memory.resize((9 * all + 6 * units + 2 * outputs) * sizeof(Row) / sizeof(Line));
        Row *next = start<Row>(memory);
        const auto take = [&next](int rows) { return std::exchange(next, next + rows); };
        for (Clean *clean : {&block, &shown})
            *clean = {take(all), take(all), take(outputs), take(units)};
        h = take(all), slope = take(all), errors = take(all), others = take(all), estimates = take(units);
        noise = take(units), u = take(all), partial = take(units);
    }
};

// Error signals from the output's down to layer ``lowest``, and what they are made of: impl.kernels.plan.descend.
void descend(const Model &m, const Rows &b, const float *const *feedback, int lowest, Row *errors, Row *guesses) {
    for (int i = m.hidden - 1; i >= lowest; i--) {
        const int above = m.direct ? m.hidden : i + 1;
        product(m.widths[i], m.widths[above], feedback[i], errors + b.at[above], guesses + b.at[i]);
        for (int j = b.at[i]; j < b.at[i + 1]; j++)
            for (int l = 0; l < LANES; l++) errors[j][l] = guesses[j][l] * b.slope[j][l];
    }
}

// The clean pass of the data [from, from + used), their error signals, and g~ where there is control.
void run_clean(const Model &m, const Samples &s, int64_t from, int used, Rows &b) {
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

// LANES samples: which datum of the block a lane has, which draw, and whether it counts. ``apart``: each WIDE
// lanes have one datum; else any.
struct Group {
    bool apart;
    int lane[LANES], draw[LANES], live[LANES];
    alignas(64) Word low, high;

    void put(const Samples &s, int64_t from, int at, int datum, int64_t k, bool counts) {
        lane[at] = datum, draw[at] = (int)k, live[at] = counts;
        low[at] = (uint32_t)(s.draw + k), high[at] = (uint32_t)(s.datum + from + datum);
    }
};

// What belongs to the data of lanes that are not apart.
void show(const Rows &b, const int *lane, bool controlled) {
    const auto copy = [&](const Row *from, Row *to, int first, int last) {
        for (int j = first; j < last; j++)
            for (int l = 0; l < LANES; l++) to[j][l] = from[j][lane[l]];
    };
    copy(b.block.up, b.shown.up, b.at[1], b.all);
    copy(b.block.down, b.shown.down, b.at[1], b.all);
    copy(b.block.residual, b.shown.residual, 0, b.outputs);
    if (controlled) copy(b.block.guesses, b.shown.guesses, 0, b.units);
}

// A group's noise, perturbed pass, and change = (L~ - L) / c, for "mse"; surprise = change - g~ . xi, 0 in lanes
// that do not count.
template <bool APART>
void perturb(const Model &m, const Rows &b, const Clean &known, const Group &g, Row change, Row surprise) {
    for (int i = 0; i < m.hidden; i++)
        fill(m.family, m.widths[i], m.tags[i], g.low, g.high, m.seed, m.step, b.noise + b.at[i]);
    for (int i = 1; i <= m.hidden; i++) {
        product(m.widths[i], m.widths[i - 1], m.weights[i - 1], (i == 1 ? b.noise : b.u) + b.at[i - 1], b.u + b.at[i]);
        for (int j = b.at[i]; j < b.at[i] + m.widths[i]; j++) {
            difference<APART>(m.scales[i], m.c, known.up[j], known.down[j], g.lane, b.u[j]);
            for (int l = 0; i < m.hidden && l < LANES; l++) b.u[j][l] += b.noise[j][l];
        }
    }
    for (int at = 0; at < LANES; at += WIDE) {
        Vector sum = {};
        for (int j = 0; j < b.outputs; j++) {
            const Vector v = vector(b.u[b.units + j] + at);
            sum += v * (lanes<APART>(known.residual[j], g.lane, at) + 0.5f * m.c * v);
        }
        vector(change + at) = sum;
        for (int j = 0; m.control && j < b.units; j++)
            sum -= lanes<APART>(known.guesses[j], g.lane, at) * vector(b.noise[j] + at);
        vector(surprise + at) = sum;
    }
    for (int l = 0; l < LANES; l++) surprise[l] = g.live[l] ? surprise[l] : 0.0f;
}

float sum_of(Vector sum) {
#if defined(__AVX512F__)
    sum += __builtin_shufflevector(sum, sum, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7);
    sum += __builtin_shufflevector(sum, sum, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11);
#elif defined(__AVX2__)
    sum += __builtin_shufflevector(sum, sum, 4, 5, 6, 7, 0, 1, 2, 3);
#endif
    return (sum[0] + sum[2]) + (sum[1] + sum[3]);
}

// The sum of a row, which is then zero.
float emptied(Row row) {
    Vector sum = {};
    for (int at = 0; at < LANES; at += WIDE) sum += std::exchange(vector(row + at), Vector{});
    return sum_of(sum);
}

// Runs a group. Its (L~ - L) / c go to the data's places in changes, if there are any.
void run_group(
    const Model &m, const Samples &s, int64_t from, const Rows &b, const Group &g, float *changes, Row surprise) {
    alignas(64) Row change;
    const bool own = s.draws == 1;  // a lane is the datum in that lane
    if (!g.apart && !own) show(b, g.lane, m.control);
    if (g.apart) perturb<true>(m, b, b.block, g, change, surprise);
    else perturb<false>(m, b, own ? b.block : b.shown, g, change, surprise);
    for (int l = 0; changes && l < LANES; l++)
        if (g.live[l]) changes[(from + g.lane[l]) * s.draws + g.draw[l]] = change[l];
}

// Lambda of a block's data, each of more than WIDE draws: one datum after another.
void run_long(const Model &m, const Samples &s, int64_t from, int used, Rows &b, double *total, float *changes) {
    alignas(64) Row surprise;
    Group g;
    g.apart = true;
    for (int datum = 0; datum < used; datum++) {
        int groups = 0;
        for (int64_t draw = 0; draw < s.draws; draw += LANES) {
            for (int l = 0; l < LANES; l++)
                g.put(s, from, l, datum, std::min(draw + l, s.draws - 1), draw + l < s.draws);
            run_group(m, s, from, b, g, changes, surprise);
            for (int j = 0; j < b.units; j++)
                for (int l = 0; l < LANES; l++) b.partial[j][l] += surprise[l] * b.noise[j][l];
            if (++groups % FLUSH && draw + LANES < s.draws) continue;
            for (int j = 0; j < b.units; j++) total[j] += emptied(b.partial[j]);
        }
        for (int j = 0; j < b.units; j++) b.estimates[j][datum] = (float)std::exchange(total[j], 0.0);
    }
}

// Lambda of a block's data, each of at most WIDE draws: as many data at once as there are lanes for.
void run_short(const Model &m, const Samples &s, int64_t from, int used, Rows &b, float *changes) {
    alignas(64) Row surprise;
    const int draws = (int)s.draws;
    Group g;
    g.apart = 2 * draws > WIDE;
    const int each = g.apart ? WIDE : draws, together = LANES / each;  // lanes a datum, data a group
    for (int datum = 0; datum < used; datum += together) {
        for (int l = 0; l < LANES; l++) {
            const int at = datum + l / each, k = l % each;
            const bool counts = at < used && k < draws && l / each < together;
            g.put(s, from, l, std::min(at, used - 1), std::min(k, draws - 1), counts);
        }
        run_group(m, s, from, b, g, changes, surprise);
        for (int j = 0; j < b.units; j++) {
            float *estimate = b.estimates[j] + datum;
            if (draws == 1)
                for (int l = 0; l < LANES; l++) estimate[l] = surprise[l] * b.noise[j][l];
            else if (g.apart)
                for (int k = 0; k < std::min(together, used - datum); k++)
                    estimate[k] = sum_of(vector(surprise + k * WIDE) * vector(b.noise[j] + k * WIDE));
            else
                for (int k = 0; k < std::min(together, used - datum); k++) {
                    float sum = 0;
                    for (int l = k * draws; l < (k + 1) * draws; l++) sum += surprise[l] * b.noise[j][l];
                    estimate[k] = sum;
                }
        }
    }
}

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
void add(const Turned<Number> &left, const Turned<Number> &right, int used, Number times, bool square, Number *sum) {
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
void add_to(int q, const Row *errors, int n, const Row *estimates, int used, int64_t draws, void *S, void *Q) {
    thread_local Turned<Number> left, right;
    if (!S && !Q) return;
    left.turn(q, errors, used);
    if (S) right.turn(n, estimates, used), add<Number>(left, right, used, 1, false, (Number *)S);
    if (Q) add<Number>(left, left, used, draws, true, (Number *)Q);
}

}  // namespace

// Adds the data [from, to) to S^1 ... S^N, (q, n_i), and to the lower triangle of Q, (q, q), one for each layer, one
// in all under "DFA", if S is not null. Each (L~ - L) / c goes to changes, (data, draws), if that is not null.
extern "C" void step(
    const Model &m, const Samples &s, int64_t from, int64_t to, const Sum *S, const Sum *Q, float *changes) {
    thread_local std::vector<Line> memory;
    Rows b(m, memory);
    std::vector<double> total(b.units, 0.0);
    std::fill_n(b.partial[0], b.units * LANES, 0.0f);
    for (int64_t at = from; at < to; at += LANES) {
        const int used = (int)std::min<int64_t>(to - at, LANES);
        run_clean(m, s, at, used, b);
        if (s.draws > WIDE) run_long(m, s, at, used, b, total.data(), changes);
        else run_short(m, s, at, used, b, changes);
        for (int j = 0; m.control && j < b.units; j++)
            for (int l = 0; l < used; l++) b.estimates[j][l] += (float)s.draws * b.block.guesses[j][l];
        for (int i = 0; S && i < m.hidden; i++) {
            const int above = m.direct ? m.hidden : i + 1;
            const Row *error = b.errors + b.at[above], *estimate = b.estimates + b.at[i];
            const Sum of_Q = i == 0 || !m.direct ? Q[i] : Sum{nullptr, 0};
            const int q = m.widths[above], n = m.widths[i];
            add_to<float>(q, error, n, estimate, used, s.draws, S[i].of(false), of_Q.of(false));
            add_to<double>(q, error, n, estimate, used, s.draws, S[i].of(true), of_Q.of(true));
        }
    }
}

// The noise of a layer for the given sample indices, (units, samples): impl.counter_noise.counted_noise.
extern "C" void noise(
    int32_t family, int32_t units, int32_t tag, uint32_t seed, uint32_t step, int64_t samples, const int64_t *index,
    float *out) {
    std::vector<Line> memory(units * sizeof(Row) / sizeof(Line));
    Row *xi = start<Row>(memory);
    alignas(64) Word low, high;
    for (int64_t at = 0; at < samples; at += LANES) {
        const int used = (int)std::min<int64_t>(samples - at, LANES);
        for (int l = 0; l < LANES; l++) {
            const uint64_t sample = (uint64_t)index[at + std::min(l, used - 1)];
            low[l] = (uint32_t)sample, high[l] = (uint32_t)(sample >> 32);
        }
        fill(family, units, tag, low, high, seed, step, xi);
        for (int j = 0; j < units; j++) std::copy_n(xi[j], used, out + j * samples + at);
    }
}

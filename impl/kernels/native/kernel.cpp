// The function of impl/kernels/native_path.py: a step of a small network on the CPU, after its first product.
//
// The data go in blocks of LANES: the block's clean pass, error signals and guesses side by side, then its
// samples, LANES at a time, then the block's part of S and Q. All of that stays in the first caches, and
// neither noise nor lambda-hat is ever stored. Layers count from 0 here: hidden ones 0 ... N - 1, the output N.

#include "clean.hpp"
#include "noise.hpp"
#include "sums.hpp"

namespace {

constexpr int FLUSH = 64;  // so many groups of lanes are added in float before their sum is moved to double

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

}  // namespace

extern "C" const int32_t lanes_at_once;
const int32_t lanes_at_once = LANES;

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

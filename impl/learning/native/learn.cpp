// Runs learn: impl.learning.step, update after update, for one run at a time, which stays in the second cache.

#include "network.hpp"

namespace {

enum Rule { FIXED, TRANSPORTED, MATCHED, LEARNED };
enum Target { SLOPE, SURPRISE, MODEL, GRADIENT };  // lambda-hat; impl.learning.targets
enum Fit { DESCENT, NORMALISED, PROJECTED, RIDGE };

struct Method {
    int32_t adam;
    float rate, decay;  // impl.learning.weight_rules
    double first, second, epsilon;
    int32_t rule, direct, target, fit, equal, measured, whitened, inside;
    float feedback_rate;
    double ridge, whitening, floor, halving, horizon;
    int32_t family, two_sided, draws;  // impl.learning.Perturbation; family -1: none
    float c, power, input_noise, activation_noise;
    uint32_t seed;
    int64_t frozen;
};

struct Run {
    Method method;
    float *const *weights;   // W^1 on its side, W^2 ... W^{N+1}
    float *const *feedback;  // B^2 ... B^{N+1}, with rows as long as those of the weights; where transported, those
    float *const *moments;   // of Adam: m and v, layer by layer, as the weights
    double *updates;         // of Adam: how many there were
    double *const *memory;   // of the fit: samples seen, then its matrices, not padded
};

// Room for one run's update.
struct Room {
    std::vector<Line> memory;
    std::vector<Layer> layers;  // layers[i] is that of n_i; the first is the input
    float *x, *rows, *turned, *gradient, *change, *expected, *size, *slope, *scale, *spread;
    double *a, *b, *c, *d;
    int lanes, widest;

    Room(const Shape &n) : layers(n.layers + 1), lanes(lanes_for(n.samples)), widest(0) {
        size_t floats = 0;
        for (int pass = 0; pass < 2; pass++) {
            float *next = pass ? start<float>(memory) : nullptr;
            const auto take = [&](size_t count) {
                const size_t whole = (count + LINE - 1) / LINE * LINE;
                floats += whole;
                return pass ? std::exchange(next, next + whole) : nullptr;
            };
            int outputs = 0;
            size_t largest = 0;
            for (int i = 0; i <= n.layers; i++) {
                widest = std::max(widest, n.widths[i] + 1);
                if (i) outputs = std::max(outputs, n.widths[i]);
                if (i) largest = std::max(largest, i == 1 ? (size_t)(n.widths[0] + 1) * padded(n.widths[1])
                                                          : (size_t)n.widths[i] * padded(n.widths[i - 1] + 1));
            }
            for (int i = 1; i <= n.layers; i++) {
                const size_t own = (size_t)(n.widths[i] + 1) * lanes;
                layers[i] = {take(own), take(own), take(own), take(own), take(own), take(own), take(own), take(own),
                             take(own), take(own), take(own), take((size_t)(outputs + 1) * lanes)};
            }
            const size_t hidden = std::max(outputs + 1, lanes);
            x = take((size_t)(n.widths[0] + 1) * lanes);
            rows = take((size_t)lanes * padded(widest)), turned = take((size_t)lanes * padded(widest));
            gradient = take(largest);
            change = take(lanes), expected = take(lanes), size = take(lanes), slope = take(lanes);
            scale = take(lanes), spread = take(lanes);
            const size_t wide = std::max((size_t)padded(widest), 2 * (size_t)lanes);
            a = (double *)take(2 * hidden * padded(hidden)), b = (double *)take(2 * lanes * wide);
            c = (double *)take(2 * lanes * wide), d = (double *)take(2 * hidden * wide);
            if (!pass) memory.resize(floats * sizeof(float) / sizeof(Line) + 1);
        }
    }
};

// The noise of all layers, numbers ``draw``, of this update.
void drawn(int family, uint32_t draw, int rows, int layer, int lanes, uint32_t seed, uint32_t update, float *to) {
    alignas(64) Word low, high;
    for (int at = 0; at < lanes; at += LANES) {
        for (int l = 0; l < LANES; l++) low[l] = draw, high[l] = at + l;
        const uint32_t tag = (uint32_t)layer | (uint32_t)family << 24;
        if (lanes == LANES) return fill(family, rows, tag, low, high, seed, update, (Row *)to);
        thread_local std::vector<Line> memory;
        memory.resize(rows * sizeof(Row) / sizeof(Line));
        Row *own = start<Row>(memory);
        fill(family, rows, tag, low, high, seed, update, own);
        for (int j = 0; j < rows; j++) std::copy_n(own[j], LANES, to + j * lanes + at);
    }
}

struct Update {
    const Shape &n;
    const Run &run;
    const Method &m;
    const Minibatch &b;
    uint32_t number;
    Room &r;
    const float *x;  // what the first layer gets, or null: then it is the minibatch, without its zeros
    const int T, lanes, L;

    Update(const Shape &n, const Run &run, const Minibatch &b, uint32_t number, Room &r)
        : n(n), run(run), m(run.method), b(b), number(number), r(r), T(n.samples), lanes(r.lanes), L(n.layers) {
        x = m.input_noise > 0 ? r.x : b.sparse ? nullptr : b.x;
    }

    int width(int i) const { return n.widths[i]; }
    int inputs_of(int i) const { return width(i - 1) + 1; }             // of layer i > 1, with the bias
    int next(int i) const { return padded(inputs_of(i)); }              // from row to row of W^i and B^i, i > 1
    int kicked(int i) const { return width(i) + (n.bias_unit ? 1 : 0); }  // rows of noise, and columns of B^{i+1}
    int above(int i) const { return m.direct ? L : i + 1; }             // whose errors carry g^i

    void clean() {
        if (m.input_noise > 0) {
            drawn(GAUSSIAN, INPUT, width(0), 0, lanes, m.seed, number, r.x);
            for (int p = 0; p < width(0); p++)
                for (int t = 0; t < lanes; t++) r.x[p * lanes + t] *= m.input_noise;
            std::fill_n(r.x + width(0) * lanes, lanes, 1.0f);
            if (b.sparse) {
                for (int t = 0; t < T; t++)
                    for (int32_t k = b.from[t]; k < b.from[t + 1] - 1; k++) r.x[b.input[k] * lanes + t] += b.value[k];
            } else
                for (int k = 0; k < width(0) * lanes; k++) r.x[k] += b.x[k];
        }
        for (int i = 1; i <= L; i++) {
            Layer &l = r.layers[i];
            if (i == 1) forward_first(b, T, width(0), width(1), x, run.weights[0], l.h, lanes, r.rows);
            else product<false>(width(i), inputs_of(i), lanes, run.weights[i - 1], next(i), 1, r.layers[i - 1].h, lanes, l.h, lanes);
            activated(n.units[i - 1], width(i), lanes, l.h, l);
            if (i == L) break;
            if (m.activation_noise > 0) {
                drawn(GAUSSIAN, ACTIVATION, width(i), i - 1, lanes, m.seed, number, l.jitter);
                for (int k = 0; k < width(i) * lanes; k++) l.h[k] += m.activation_noise * l.jitter[k];
            }
            std::fill_n(l.h + width(i) * lanes, lanes, 1.0f);
        }
        Layer &top = r.layers[L];
        for (int j = 0; j < width(L); j++) {
            for (int k = j * lanes; k < j * lanes + T; k++) {
                top.guess[k] = top.h[k] - b.y[k];  // the residual
                top.errors[k] = top.true_errors[k] = top.guess[k] * top.slope[k];
            }
            for (int k = j * lanes + T; k < (j + 1) * lanes; k++) top.guess[k] = top.errors[k] = top.true_errors[k] = 0;
        }
    }

    // g^i and e^i of the layers below the output, by ``matrices``.
    void descend(float *const *matrices, bool direct, float *Layer::*guess, float *Layer::*errors) {
        for (int i = L - 1; i >= 1; i--) {
            Layer &l = r.layers[i];
            const int from = direct ? L : i + 1;
            product<false>(kicked(i), width(from), lanes, matrices[i - 1], 1, next(i + 1), r.layers[from].*errors, lanes, l.*guess, lanes);
            for (int k = 0; k < width(i) * lanes; k++) (l.*errors)[k] = (l.*guess)[k] * l.slope[k];
        }
    }

    // The loss difference at the sizes ``side`` r.size, with ``matrices`` from the second layer on, over size: added
    // to ``to`` times ``by``.
    void propagate(float *const *matrices, float side, float by, float *to) {
        for (int i = 1; i <= L; i++) {
            Layer &l = r.layers[i];
            if (i > 1) {
                product<false>(width(i), kicked(i - 1), lanes, matrices[i - 2], next(i), 1, r.layers[i - 1].d, lanes, l.d, lanes);
                differenced(n.units[i - 1], width(i), lanes, l, l.d);
            } else std::fill_n(l.d, (width(1) + 1) * lanes, 0.0f);
            if (i == L) break;
            if (i > 1) std::fill_n(l.d + width(i) * lanes, lanes, 0.0f);
            for (int j = 0; j < kicked(i); j++)
                for (int t = 0; t < lanes; t++) l.d[j * lanes + t] += side * (r.size[t] * l.noise[j * lanes + t]);
        }
        const Layer &top = r.layers[L];
        float sum[lanes_at_most] = {};
        for (int j = 0; j < width(L); j++)
            for (int t = 0; t < lanes; t++) {
                const float v = top.d[j * lanes + t];
                sum[t] += v * (top.guess[j * lanes + t] + 0.5f * v);
            }
        for (int t = 0; t < lanes; t++) to[t] += by * sum[t] / r.size[t];
    }

    void measured(float *const *matrices, float *to) {
        std::fill_n(to, lanes, 0.0f);
        propagate(matrices, 1.0f, m.two_sided ? 0.5f : 1.0f, to);
        if (m.two_sided) propagate(matrices, -1.0f, -0.5f, to);
    }

    void perturb(uint32_t draw) {
        const Layer &top = r.layers[L];
        for (int i = 1; i < L; i++) drawn(m.family, PERTURBATION | draw << 16, kicked(i), i - 1, lanes, m.seed, number, r.layers[i].noise);
        std::fill_n(r.size, lanes, m.c);
        if (m.power != 0)
            for (int t = 0; t < T; t++) {
                float square = 0;
                for (int j = 0; j < width(L); j++) square += top.errors[j * lanes + t] * top.errors[j * lanes + t];
                if (square > 0) r.size[t] = m.c * (m.power == 1 ? std::sqrt(square) : std::pow(std::sqrt(square), m.power));
            }
        measured(run.weights + 1, r.change);
    }

    // s, what of the difference the feedback did not expect, in r.slope.
    void surprise() {
        if (m.target == MODEL) measured(run.feedback, r.expected);
        else {
            std::fill_n(r.expected, lanes, 0.0f);
            for (int i = 1; i < L; i++)
                for (int j = 0; j < kicked(i); j++)
                    for (int t = 0; t < lanes; t++)
                        r.expected[t] += r.layers[i].guess[j * lanes + t] * r.layers[i].noise[j * lanes + t];
        }
        for (int t = 0; t < lanes; t++) r.slope[t] = r.change[t] - r.expected[t];
    }

    // The directions f of B^{i+1}: its errors e, or C^{-1} e.
    const float *direction(int i) { return m.whitened ? r.layers[i].directions : r.layers[above(i)].errors; }

    void whiten() {
        double &count = run.memory[0][0];
        count += T;
        const double fresh = std::min(1.0, T / std::min(count, m.horizon));
        const double ridge = std::max(m.floor, m.whitening * std::pow(2.0, -count / m.halving));
        for (int i = 1; i < L; i++) {
            const int q = width(above(i)), wide = padded(q);
            const float *e = r.layers[above(i)].errors;
            double *C = run.memory[i], scale = 0;
            copied((ptrdiff_t)q * lanes, e, r.d);
            turned(q, e);
            std::fill_n(r.a, (size_t)q * wide, 0.0);
            product<false>(q, T, wide, r.d, lanes, 1, r.b, wide, r.a, wide);
            for (int j = 0; j < q; j++) {
                for (int k = 0; k < q; k++) C[j * q + k] += fresh * (r.a[j * wide + k] / T - C[j * q + k]);
                scale += C[j * q + j] / q;
            }
            if (scale == 0) scale = 1;
            for (int j = 0; j < q; j++)
                for (int k = 0; k < q; k++) r.a[j * wide + k] = C[j * q + k] / scale + (j == k ? ridge : 0.0);
            solve(q, r.a, wide, lanes, r.d, lanes);
            for (ptrdiff_t k = 0; k < (ptrdiff_t)q * lanes; k++) r.layers[i].directions[k] = (float)(r.d[k] / scale);
        }
    }

    // The transposed of ``from`` (rows, lanes) in r.b, as doubles (T, padded(rows)).
    void turned(int rows, const float *from) {
        const int wide = padded(rows);
        for (int t = 0; t < T; t++) {
            for (int j = 0; j < rows; j++) r.b[(size_t)t * wide + j] = from[j * lanes + t];
            for (int j = rows; j < wide; j++) r.b[(size_t)t * wide + j] = 0;
        }
    }

    // r.turned (T, next) is ``from`` (rows, lanes) transposed, sample t times by[t]; the rest of its rows is zero.
    void turn(int rows, int wide, const float *from, const float *by) {
        for (int t = 0; t < T; t++) std::fill_n(r.turned + (size_t)t * wide + rows, wide - rows, 0.0f);
        transpose(rows, T, from, lanes, r.turned, wide);
        if (by)
            for (int t = 0; t < T; t++)
                for (int j = 0; j < rows; j++) r.turned[(size_t)t * wide + j] *= by[t];
    }

    // B^{i+1} += f D for the directions f of a layer and D (T, next) in r.turned.
    void move(int i) {
        product<true>(width(above(i)), T, next(i + 1), direction(i), lanes, 1, r.turned, next(i + 1), run.feedback[i - 1], next(i + 1));
    }

    // r.turned is the residual of layer i, target minus g~, sample t times by[t].
    void residual(int i, const float *by) {
        const Layer &l = r.layers[i];
        const int rows = kicked(i), wide = next(i + 1);
        if (m.target == SURPRISE || m.target == MODEL) {
            for (int t = 0; t < T; t++) r.expected[t] = r.slope[t] * by[t];
            return turn(rows, wide, l.noise, r.expected);
        }
        for (int j = 0; j < rows; j++)
            for (int t = 0; t < lanes; t++) {
                const int k = j * lanes + t;
                l.d[k] = (m.target == GRADIENT ? l.true_guess[k] : r.change[t] * l.noise[k]) - l.guess[k];
            }
        turn(rows, wide, l.d, by);
    }

    void spread_of(int i, float *to) {
        const Layer &l = r.layers[i];
        const int q = width(above(i));
        const float *e = r.layers[above(i)].errors, *f = direction(i);
        std::fill_n(to, lanes, 0.0f);
        for (int j = 0; j < q; j++)
            for (int t = 0; t < lanes; t++) to[t] += e[j * lanes + t] * f[j * lanes + t];
        std::fill_n(r.expected, lanes, m.measured ? 0.0f : (float)kicked(i));
        for (int j = 0; m.measured && j < kicked(i); j++)
            for (int t = 0; t < lanes; t++) r.expected[t] += l.noise[j * lanes + t] * l.noise[j * lanes + t];
        for (int t = 0; t < lanes; t++) to[t] *= r.expected[t];
    }

    void descent() {
        std::fill_n(r.scale, lanes, m.feedback_rate);
        if (m.fit == NORMALISED && !m.equal) {
            std::fill_n(r.scale, lanes, 0.0f);
            for (int i = 1; i < L; i++) {
                spread_of(i, r.spread);
                for (int t = 0; t < lanes; t++) r.scale[t] += r.spread[t];
            }
            for (int t = 0; t < lanes; t++) r.scale[t] = r.scale[t] == 0 ? 0.0f : m.feedback_rate / r.scale[t];
        }
        for (int i = 1; i < L; i++) {
            if (m.fit == NORMALISED && m.equal) {
                spread_of(i, r.spread);
                for (int t = 0; t < lanes; t++)
                    r.scale[t] = r.spread[t] == 0 ? 0.0f : m.feedback_rate / r.spread[t] / (float)(L - 1);
            }
            residual(i, r.scale);
            move(i);
        }
    }

    // The Gram matrix of (rows, lanes): ``to`` (T, padded(T)), to += or *= by it through ``keep``.
    void gram(int rows, const float *left, const float *right, double *to) {
        const int wide = padded(T);
        copied((ptrdiff_t)rows * lanes, left, r.d);
        for (int j = 0; j < rows; j++)
            for (int t = 0; t < wide; t++) r.b[(size_t)j * wide + t] = t < T ? right[j * lanes + t] : 0.0f;
        product<false>(T, rows, wide, r.d, 1, lanes, r.b, wide, to, wide);
    }

    void projection() {
        const int wide = padded(T);
        std::fill_n(r.a, (size_t)T * wide, 0.0);
        for (int i = 1; i < L; i++) {
            double *apart = r.c;  // (T, wide): e . f
            gram(width(above(i)), r.layers[above(i)].errors, direction(i), apart);
            double *beside = r.c + (size_t)T * wide;
            gram(kicked(i), r.layers[i].noise, r.layers[i].noise, beside);
            for (int k = 0; k < T * wide; k++) r.a[k] += apart[k] * beside[k];
        }
        double scale = 0;
        for (int t = 0; t < T; t++) scale += r.a[(size_t)t * wide + t] / T;
        for (int t = 0; t < T; t++) r.a[(size_t)t * wide + t] += scale == 0 ? 1.0 : m.ridge * scale;
        for (int t = 0; t < T; t++) r.d[t] = r.slope[t];
        solve(T, r.a, wide, 1, r.d, 1);
        for (int t = 0; t < T; t++) r.scale[t] = m.feedback_rate * (float)r.d[t];
        for (int i = 1; i < L; i++) {
            turn(kicked(i), next(i + 1), r.layers[i].noise, r.scale);
            move(i);
        }
    }

    void least_squares() {
        double &count = run.memory[0][0];
        count += T;
        const double beside = m.inside ? m.ridge * count : m.ridge;
        for (int i = 1; i < L; i++) {
            const Layer &l = r.layers[i];
            const int q = width(above(i)), rows = kicked(i), wide = padded(q), long_row = next(i + 1);
            double *V = run.memory[2 * i - 1], *S = run.memory[2 * i];
            const float *e = r.layers[above(i)].errors;
            turned(q, e);
            copied((ptrdiff_t)q * lanes, e, r.c);
            product<false>(q, T, wide, r.c, lanes, 1, r.b, wide, r.a, wide);
            for (int j = 0; j < q; j++)
                for (int k = 0; k < q; k++) r.a[(size_t)j * wide + k] = V[j * q + k] += r.a[(size_t)j * wide + k];
            for (int j = 0; j < q; j++) r.a[(size_t)j * wide + j] += beside;
            for (int j = 0; j < rows; j++)
                for (int t = 0; t < T; t++) {
                    const int k = j * lanes + t;
                    l.d[k] = m.target == GRADIENT ? l.true_guess[k]
                             : m.target == SLOPE  ? r.change[t] * l.noise[k]
                                                  : r.slope[t] * l.noise[k] + l.guess[k];
                }
            turned(rows, l.d);
            product<false>(q, T, padded(rows), r.c, lanes, 1, r.b, padded(rows), r.d, padded(rows));
            for (int j = 0; j < q; j++)
                for (int k = 0; k < rows; k++)
                    r.d[(size_t)j * padded(rows) + k] = S[j * rows + k] += r.d[(size_t)j * padded(rows) + k];
            solve(q, r.a, wide, padded(rows), r.d, padded(rows));
            for (int j = 0; j < q; j++)
                for (int k = 0; k < rows; k++)
                    run.feedback[i - 1][(size_t)j * long_row + k] = (float)r.d[(size_t)j * padded(rows) + k];
        }
    }

    void learn_feedback(uint32_t draw) {
        if (m.target == GRADIENT) descend(run.weights + 1, false, &Layer::true_guess, &Layer::true_errors);
        else perturb(draw);
        if (m.target == SURPRISE || m.target == MODEL) surprise();
        if (m.whitened) whiten();
        if (m.fit == RIDGE) least_squares();
        else if (m.fit == PROJECTED) projection();
        else descent();
    }

    static void decayed(float by, int rows, int columns, int next, float *W) {
        for (int j = 0; j < rows; j++)
            for (int k = 0; k < columns; k++) W[(size_t)j * next + k] *= by;
    }

    // D (rows, next) from the gradient in its place: Adam.
    void adapt(size_t numbers, float correction, float *D, float *first, float *second) {
        const float a = m.first, b = m.second, fresh = 1 - m.first, new_square = 1 - m.second, epsilon = m.epsilon;
        for (size_t k = 0; k < numbers; k++) {
            first[k] = a * first[k] + fresh * D[k];
            second[k] = b * second[k] + new_square * (D[k] * D[k]);
            D[k] = correction * first[k] / (std::sqrt(second[k]) + epsilon);
        }
    }

    void learn_weights() {
        float correction = 0;
        if (m.adam) {
            const double count = ++*run.updates;
            correction = (float)(std::sqrt(1 - std::pow(m.second, count)) / (1 - std::pow(m.first, count)));
        }
        for (int i = 1; i <= L; i++) {
            const int wide = i == 1 ? padded(width(1)) : next(i), rows = i == 1 ? width(0) + 1 : width(i);
            float *W = run.weights[i - 1], *B = m.rule == MATCHED && i > 1 ? run.feedback[i - 2] : nullptr;
            const size_t numbers = (size_t)rows * wide;
            if (m.decay > 0) {
                if (i == 1) decayed(1 - m.decay, width(0), width(1), wide, W);
                else decayed(1 - m.decay, width(i), width(i - 1), wide, W);
                if (B) decayed(1 - m.decay, width(i), width(i - 1), wide, B);
            }
            const float *e = r.layers[i].errors;
            const bool held = m.adam || B;  // the direction by itself
            float *to = held ? r.gradient : W;
            if (held) std::fill_n(to, numbers, 0.0f);
            const float by = held ? 1.0f : -m.rate;
            if (i == 1) {
                for (int t = 0; t < T; t++) std::fill_n(r.turned + (size_t)t * wide + width(1), wide - width(1), 0.0f);
                transpose(width(1), T, e, lanes, r.turned, wide, by);
                update_first(b, T, width(0), width(1), x, r.turned, to, lanes);
            } else {
                for (int t = 0; t < T; t++) std::fill_n(r.turned + (size_t)t * wide + inputs_of(i), wide - inputs_of(i), 0.0f);
                transpose(inputs_of(i), T, r.layers[i - 1].h, lanes, r.turned, wide, by);
                product<true>(width(i), T, wide, e, lanes, 1, r.turned, wide, to, wide);
            }
            if (!held) continue;
            if (m.adam) adapt(numbers, correction, to, run.moments[2 * i - 2], run.moments[2 * i - 1]);
            for (size_t k = 0; k < numbers; k++) W[k] -= m.rate * to[k];
            if (!B) continue;
            for (int j = 0; j < rows; j++)
                for (int k = 0; k < kicked(i - 1); k++) B[(size_t)j * wide + k] -= m.rate * to[(size_t)j * wide + k];
        }
    }

    void whole() {
        clean();
        for (int draw = m.draws - 1; draw > 0; draw--) {
            descend(run.feedback, m.direct, &Layer::guess, &Layer::errors);
            learn_feedback(draw);
        }
        descend(run.feedback, m.direct, &Layer::guess, &Layer::errors);
        if (m.rule == LEARNED) learn_feedback(0);
        if (number >= m.frozen) learn_weights();
    }

    static constexpr int lanes_at_most = 4096;
};

}  // namespace

extern "C" const int32_t samples_at_most;
const int32_t samples_at_most = Update::lanes_at_most;

// ``updates`` updates of each run, the first of which has the number ``first``.
extern "C" void learn(
    const Shape &n, const Run *runs, int32_t count, const Images &images, int64_t first, int64_t updates) {
    constexpr int TOGETHER_AT_MOST = 16;  // minibatches that are gathered for all runs, and each run then learns from
    Room room(n);
    std::vector<Minibatch> batches(TOGETHER_AT_MOST);
    for (int64_t at = 0; at < updates; at += TOGETHER_AT_MOST) {
        const int used = (int)std::min<int64_t>(updates - at, TOGETHER_AT_MOST);
        for (int u = 0; u < used; u++) gather(n, images, images.rows + (at + u) * n.samples, batches[u]);
        for (int k = 0; k < count; k++)
            for (int u = 0; u < used; u++) Update(n, runs[k], batches[u], (uint32_t)(first + at + u), room).whole();
    }
}

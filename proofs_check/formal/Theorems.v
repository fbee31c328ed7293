(** * The theorems

    Everything here is about an actual network [net], finitely many data (x_i,
    y_i) with probabilities [w i], and finitely many noise atoms ξ_s with
    probabilities [p s].  The matrices [B] are those that the estimator and the
    least squares of Definitions.v compute; limits are limits of real numbers,
    entry by entry ([mx_cvg], Limits.v); [(0 : R)^'] is c -> 0, c ≠ 0. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import boolp classical_sets functions.
From mathcomp Require Import reals topology normedtype.
From Feedback Require Import Definitions Limits LeastSquares Consistency Gradients.
From Feedback Require Import Backpropagation Sampling.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

(** A probability law on a finite set. *)
Definition law (R : realType) (X : finType) (w : X -> R) :=
  (forall i, 0 <= w i) /\ \sum_i w i = 1.

(** Sample laws [t.1] and noise scales [t.2] near ([q], 0). *)
Definition near_law (R : realType) (X S : finType) (q : X -> S -> R) :
    set (set ((X -> S -> R) * R)) :=
  filter_from [set h : R | 0 < h] (fun h => [set t |
    (forall i s, 0 <= t.1 i s /\ `|t.1 i s - q i s| < h) /\ 0 < `|t.2| < h]).

Section NearLaw.
Variables (R : realType) (X S : finType) (q : X -> S -> R).

Global Instance near_law_filter : Filter (near_law q).
Proof.
apply: filter_from_filter; first by exists 1; rewrite /= ltr01.
move=> h h' h0 h'0; exists (Num.min h h'); first by rewrite /= lt_minr h0.
move=> t [tq /andP[t0]]; rewrite lt_minr => /andP[th th'].
by split; (split; last by apply/andP); move=> i s; have [? ] := tq i s; rewrite lt_minr => /andP[].
Qed.

Lemma near_law_cvg i s : (fun t => t.1 i s) @ near_law q --> q i s.
Proof.
apply/cvgrPdist_lt => e e0; exists e => //= t [tq _].
by rewrite distrC; have [] := tq i s.
Qed.

Lemma near_law_scale : (fun t => t.2) @ near_law q --> (0 : R)^'.
Proof.
move=> P [e /= e0 eP]; exists e => //= t [_ /andP[t0 te]]; apply: eP => /=.
  by rewrite sub0r normrN.
by rewrite -normr_gt0.
Qed.

Lemma near_law_ge0 : \forall t \near near_law q, forall i s, 0 <= t.1 i s.
Proof. by exists 1; rewrite /= ?ltr01// => t [tq _] i s; have [] := tq i s. Qed.

End NearLaw.

Section Theorems.
Variables (R : realType) (net : network R) (X S : finType).
Notation n := (width net).
Notation N := (hidden net).
Notation W := (weight net).

Variable x : X -> 'cV[R]_(n N.+1).
Variable y : X -> 'cV[R]_(n 0).
Variable w : X -> R.
Variable xi : S -> forall k, 'cV[R]_(n k).
Variable p : S -> R.

Hypothesis w_law : law w.
Hypothesis p_law : law p.
Hypothesis smooth : forall i, differentiable_at (x i) (y i).

Notation true_gram := (true_gram x y w).
Notation true_gradient := (true_gradient x y).
Notation learned q c B := (net_learned x y xi q c B).
Notation fit := (net_fit x y xi).
Notation direct_fit := (net_direct_fit x y xi).

(** (L~ - L)/c tends to Σ_k λ_kᵀ ξ_k. *)
Lemma net_slope_cvg i s : (fun c => net_slope x y xi c i s) @ (0 : R)^' -->
  directional xi N (gradient (net_slopes x) (net_output_error x y) W i) s.
Proof.
have E k : errors (net_slopes x) (net_output_error x y) W i k =
    errors (fun _ : unit => slopes (x i)) (fun=> output_error (x i) (y i)) W tt k.
  by elim: k => //= k ->.
rewrite /directional; under eq_bigr do rewrite /gradient E.
by have := @scaled_difference_cvg _ _ _ _ (xi s) (smooth i); exact.
Qed.

(** *** Lemma A: the estimator is unbiased as c -> 0

    E[λ̂_l | x, y] -> Σ_k E[ξ_l ξ_kᵀ] λ_k, which is λ_l if E[ξξᵀ] = I. *)
Theorem mean_estimate_cvg i l :
  mx_cvg (0 : R)^' (fun c => \sum_s p s *: estimate xi (net_slope x y xi c) i s l)
    (\sum_(k < N) moment xi p l k.+1 *m true_gradient i k).
Proof.
rewrite -mean_directional; apply: mx_cvg_sum => s.
apply: mx_cvgZ; first exact: cvg_cst.
by apply: mx_cvgZ; [exact: net_slope_cvg | exact: mx_cvg_cst].
Qed.

Theorem lemma_A i k : white xi N p -> (k < N)%N ->
  mx_cvg (0 : R)^' (fun c => \sum_s p s *: estimate xi (net_slope x y xi c) i s k.+1)
    (true_gradient i k).
Proof.
move=> white_xi kN; have := mean_estimate_cvg (i := i) (l := k.+1).
by rewrite -mean_directional (mean_directional_white _ white_xi).
Qed.

(** ** The limits c -> 0 of the population fits *)
Section Population.

Let law0 i s : 0 <= population w p i s.
Proof. by rewrite mulr_ge0 ?w_law.1 ?p_law.1. Qed.

Let law_cvg i s : (fun=> population w p i s) @ (0 : R)^' --> w i * p s.
Proof. exact: cvg_cst. Qed.

(** *** Theorem 3: deep nonlinear networks

    [B c] are any solutions of the normal equations, from the top down; the
    paper's inverse gives them, and so does the pseudo-inverse. *)
Theorem theorem_3_learned (B : R -> forall k, 'M[R]_(n k, n k.+1)) :
  white xi N p ->
  (\forall c \near (0 : R)^', learned (population w p) c (B c)) ->
  forall k, (k < N)%N -> (forall j, (j <= k)%N -> true_gram j \in unitmx) ->
  mx_cvg (0 : R)^' (fun c => B c k) (W k).
Proof. by move=> white_xi BL; exact: (learned_cvg p_law.2 law_cvg net_slope_cvg BL white_xi). Qed.

Theorem theorem_3 : white xi N p ->
  (forall k, (k < N)%N -> true_gram k \in unitmx) ->
  forall k, (k < N)%N ->
  mx_cvg (0 : R)^' (fun c => fit (population w p) c k) (W k).
Proof.
move=> white_xi Su k kN; apply: (theorem_3_learned (B := fit (population w p)) white_xi) => //.
  by near=> c; exact: fit_learned.
by move=> j jk; apply: Su; exact: leq_ltn_trans kN.
Unshelve. all: by end_near. Qed.

(** *** Theorem 1: the top matrix, any nonlinearity *)
Theorem theorem_1 : white xi N p -> (0 < N)%N -> true_gram 0 \in unitmx ->
  mx_cvg (0 : R)^' (fun c => fit (population w p) c 0) (W 0%N).
Proof.
move=> white_xi N0 top; apply: (theorem_3_learned (B := fit (population w p)) white_xi) => //.
  by near=> c; exact: fit_learned.
by move=> j; rewrite leqn0 => /eqP->.
Unshelve. all: by end_near. Qed.

(** *** Theorem 2: linear networks (the output may be curved) *)
Definition linear_layers := forall k a, (0 < k)%N -> act net k a = a /\ dact net k a = 1.

Lemma linear_slopes : linear_layers -> forall i j, (0 < j)%N -> net_slopes x i j = 1%:M.
Proof.
move=> lin i j j0; apply/matrixP => a b; rewrite !mxE; congr (_ *+ _).
exact: (lin _ _ j0).2.
Qed.

Theorem theorem_2 : linear_layers -> white xi N p ->
  (forall k, (k < N)%N -> true_gram k \in unitmx) ->
  forall k, (k < N)%N ->
  mx_cvg (0 : R)^' (fun c => fit (population w p) c k) (W k).
Proof. by move=> _; exact: theorem_3. Qed.

(** In a linear network S_{k+1} = W_kᵀ S_k W_k, so that A3 is a condition on the
    weights: S_k is invertible at every layer if that of the output error is and
    every W_k above has full column rank (then n_2 <= ... <= p in the paper's count). *)
Lemma linear_gram k : linear_layers -> true_gram k.+1 = (W k)^T *m true_gram k *m W k.
Proof.
move=> lin; rewrite mulmx_sumr mulmx_suml; apply: eq_bigr => i _.
rewrite /true_error /= linear_slopes// mul1mx -scalemxAr -scalemxAl.
by rewrite trmx_mul trmxK !mulmxA.
Qed.

Lemma linear_gram_invertible k : linear_layers -> true_gram 0 \in unitmx ->
  (forall j, (j < k)%N -> row_full (W j)) -> true_gram k \in unitmx.
Proof.
move=> lin top; elim: k => // k IH full.
have Su : true_gram k \in unitmx by apply: IH => j jk; apply: full; exact: ltnW.
rewrite -row_free_unit -kermx_eq0; apply/eqP/row_matrixP => r; rewrite row0.
set v := row r _.
have vS : v *m true_gram k.+1 = 0 by rewrite /v -row_mul mulmx_ker row0.
have quad : (v *m (W k)^T *m true_gram k *m (v *m (W k)^T)^T) 0 0 = 0.
  have -> : v *m (W k)^T *m true_gram k *m (v *m (W k)^T)^T =
      v *m ((W k)^T *m true_gram k *m W k) *m v^T by rewrite trmx_mul trmxK !mulmxA.
  by rewrite -linear_gram// vS mul0mx mxE.
have vW : v *m (W k)^T = 0.
  apply: (@gram_definite _ _ _ (population w p) law0 _ (fun i => true_error x y i k)).
    by rewrite (population_gram _ _ p_law.2).
  by rewrite (population_gram _ _ p_law.2).
apply: trmx_inj; rewrite trmx0; apply: (row_full_inj (full k (ltnSn k))).
by rewrite mulmx0 -[W k]trmxK -trmx_mul vW trmx0.
Qed.

Theorem theorem_2_rank : linear_layers -> white xi N p -> true_gram 0 \in unitmx ->
  (forall k, (k.+1 < N)%N -> row_full (W k)) ->
  forall k, (k < N)%N ->
  mx_cvg (0 : R)^' (fun c => fit (population w p) c k) (W k).
Proof.
move=> lin white_xi top full; apply: theorem_2 => // k kN.
by apply: linear_gram_invertible => // j jk; apply: full; exact: leq_ltn_trans kN.
Qed.

(** *** Corollary 1: direct feedback alignment *)
Theorem corollary_1 : linear_layers -> white xi N p -> true_gram 0 \in unitmx ->
  forall k, (k < N)%N ->
  mx_cvg (0 : R)^' (fun c => direct_fit (population w p) c k) (chain W k).
Proof.
move=> lin white_xi top k kN.
apply: (direct_linear_cvg p_law.2 law_cvg net_slope_cvg _ top white_xi kN).
  by near=> c; exact: solve_fits.
by move=> i j /andP[j0 _]; exact: linear_slopes.
Unshelve. all: by end_near. Qed.

(** In a nonlinear network the direct matrix tends to E[λ_{k+1} e_0ᵀ] E[e_0 e_0ᵀ]⁻¹, transposed. *)
Theorem direct_limit : white xi N p -> true_gram 0 \in unitmx ->
  forall k, (k < N)%N ->
  mx_cvg (0 : R)^' (fun c => (direct_fit (population w p) c k)^T)
    ((\sum_i w i *: (true_gradient i k *m (true_error x y i 0)^T)) *m invmx (true_gram 0)).
Proof.
move=> white_xi top k kN.
apply: (direct_cvg p_law.2 law_cvg net_slope_cvg _ top white_xi kN).
by near=> c; exact: solve_fits.
Unshelve. all: by end_near. Qed.

(** *** CX-a: other noise has other limits

    One hidden layer, noise of any second moments M = E[ξξᵀ]: the limit is
    Bᵀ -> M Wᵀ. *)
Theorem noise_law_limit : N = 1%N -> true_gram 0 \in unitmx ->
  mx_cvg (0 : R)^' (fun c => (fit (population w p) c 0)^T) (moment xi p 1 1 *m (W 0%N)^T).
Proof.
move=> N1 top; rewrite -[_ *m _]trmxK trmx_mul trmxK; apply: mx_cvgT.
have one (f : nat -> 'cV[R]_(n 1)) : \sum_(k < N) f k = f 0%N by rewrite N1 big_ord1.
apply: (least_squares_cvg_exact p_law.2 law_cvg net_slope_cvg (e := fun=> net_output_error x y)
  (e' := net_output_error x y)) => //.
- by move=> i; exact: mx_cvg_cst.
- by near=> c; exact: solve_fits.
- move=> i; apply: etrans (one (fun k => moment xi p 1 k.+1 *m true_gradient i k)) _.
  by rewrite trmx_mul trmxK -mulmxA.
Unshelve. all: by end_near. Qed.

(** Noise scaled by r, any depth: r² W on top and exactly W below. *)
Theorem scaled_noise_limit (r : R) : r != 0 ->
  (forall k, (0 < k <= N)%N -> moment xi p k k = (r ^+ 2)%:M) ->
  (forall k l, (0 < k <= N)%N -> (0 < l <= N)%N -> k != l -> moment xi p k l = 0) ->
  (forall k, (k < N)%N -> true_gram k \in unitmx) ->
  forall k, (k < N)%N -> mx_cvg (0 : R)^' (fun c => fit (population w p) c k)
    (if k == 0%N then r ^+ 2 *: W k else W k).
Proof.
move=> r0 M1 M0 Su; have r20 : r ^+ 2 != 0 by rewrite expf_neq0.
pose V k := if k == 0%N then r ^+ 2 *: W k else W k.
have V_errors i k : errors (net_slopes x) (net_output_error x y) V i k =
    (if k == 0%N then 1 else r ^+ 2) *: true_error x y i k.
  elim: k => [|k IH] /=; first by rewrite scale1r.
  rewrite IH /V /true_error /=; case: (k == 0%N); rewrite ?scale1r.
    by rewrite linearZ /= -scalemxAl -scalemxAr.
  by rewrite -!scalemxAr.
have BL : \forall c \near (0 : R)^', learned (population w p) c (fit (population w p) c).
  by near=> c; exact: fit_learned.
move=> l lN; suff: mx_cvg (0 : R)^' (fun c => fit (population w p) c l) (V l) by [].
apply: (learned_cvg_any p_law.2 law_cvg net_slope_cvg BL (V := V)) => // [i k kN|j jl].
-  rewrite (bigD1 (Ordinal kN)) //= M1 ?kN// big1 => [|j jk].
    rewrite addr0 mul_scalar_mx /gradient V_errors /V; case: (k == 0%N).
      by rewrite scale1r linearZ /= -scalemxAl.
    by rewrite -scalemxAr.
  rewrite M0 ?mul0mx ?ltn_ord// eqSS eq_sym.
  by apply: contraNneq jk => jk; apply/eqP/val_inj.
- have jN := leq_ltn_trans jl lN.
  rewrite (_ : \sum_i w i *: _ = (if j == 0%N then 1 else r ^+ 4) *: true_gram j).
    by rewrite unitmxZ ?Su// unitfE; case: (j == 0%N); rewrite ?oner_eq0// expf_neq0.
  rewrite scaler_sumr; apply: eq_bigr => i _; rewrite V_errors; case: (j == 0%N).
    by rewrite !scale1r.
  by rewrite linearZ /= -scalemxAl -scalemxAr !scalerA -mulrA -exprD mulrC.
Unshelve. all: by end_near. Qed.

(** *** No rank condition: the gradients converge

    Theorem 3 asks that every S_k be invertible.  Without that the gradients
    that the feedback carries down converge to the true ones all the same. *)
Theorem gradient_consistency (B : R -> forall k, 'M[R]_(n k, n k.+1)) :
  white xi N p -> (forall i, 0 < w i) ->
  (\forall c \near (0 : R)^', learned (population w p) c (B c)) ->
  forall k i, (k < N)%N ->
  mx_cvg (0 : R)^' (fun c => gradient (net_slopes x) (net_output_error x y) (B c) i k)
    (true_gradient i k).
Proof.
move=> white_xi w0 BL k i kN.
apply: (learned_gradient_cvg p_law.2 white_xi w0 _ law_cvg net_slope_cvg BL) => //.
by near=> c; exact: law0.
Unshelve. all: by end_near. Qed.

End Population.

(** ** Finite samples

    [m] independent pairs (datum, noise); [frequency] gives the sample law.
    For every tolerance ε and every risk δ there are a sample size m0 and a noise
    scale h such that every m >= m0 and every 0 < |c| < h will do: the two limits
    need no relation to each other. *)
Section Samples.

(** The law of a pair (datum, noise atom). *)
Definition pair_law (z : X * S) : R := population w p z.1 z.2.

Let pair_ge0 z : 0 <= pair_law z.
Proof. by rewrite mulr_ge0 ?w_law.1 ?p_law.1. Qed.

Let pair_sum1 : \sum_z pair_law z = 1.
Proof.
rewrite /pair_law -(pair_bigA _ (fun i s => population w p i s)) /=.
by under eq_bigr do rewrite -mulr_sumr p_law.2 mulr1; exact: w_law.2.
Qed.

(** The sample law of [o]: how often each pair occurs. *)
Definition sample_law m (o : sample [finType of X * S] m) i s : R := frequency R o (i, s).

(** What holds near the law holds for large samples, except with small probability. *)
Lemma in_probability (Q : (X -> S -> R) -> R -> bool) :
  (\forall t \near near_law (population w p), Q t.1 t.2) ->
  forall d : R, 0 < d -> exists m0 (h : R), 0 < h /\
    forall m c, (m0 <= m)%N -> 0 < `|c| < h ->
    prob pair_law (fun o : sample [finType of X * S] m => ~~ Q (sample_law o) c) <= d.
Proof.
move=> [h /= h0 hQ] d d0; have [m0 m0P] := weak_law pair_ge0 pair_sum1 h0 d0.
exists m0, h; split=> // m c /m0P mP ch; apply: le_trans mP.
apply: prob_le => // o; apply: contraR => /existsPn near_o.
apply: (hQ (sample_law o, c)); split=> //= i s; split; first exact: frequency_ge0.
by have := near_o (i, s); rewrite -ltNge.
Qed.

Let slope_cvg i s : (fun t : (X -> S -> R) * R => net_slope x y xi t.2 i s) @ near_law (population w p) -->
  directional xi N (gradient (net_slopes x) (net_output_error x y) W i) s.
Proof. exact: cvg_comp (@near_law_scale _ _ _ _) (@net_slope_cvg i s). Qed.

Let fit_learned_near : \forall t \near near_law (population w p),
  learned t.1 t.2 (fit t.1 t.2).
Proof.
have := @near_law_ge0 R X S (population w p).
by apply: filterS => t t0; exact: fit_learned.
Qed.

(** Entrywise convergence, for all entries of the first K matrices at once. *)
Lemma all_entries (T : Type) (F : set (set T)) {FF : Filter F} K
    (B : T -> forall k, 'M[R]_(n k, n k.+1)) (V : forall k, 'M[R]_(n k, n k.+1)) e :
  (forall k, (k < K)%N -> mx_cvg F (B^~ k) (V k)) -> 0 < e ->
  \forall t \near F, [forall k : 'I_K, [forall a, [forall b, `|B t k a b - V k a b| < e]]].
Proof.
move=> BV e0; near=> t; apply/forallP => k; apply/forallP => a; apply/forallP => b.
move: k a b; near: t; apply: filter_forall => k; apply: filter_forall => a.
apply: filter_forall => b; have /cvgrPdist_lt/(_ _ e0) := BV k (ltn_ord k) a b.
by apply: filterS => t; rewrite distrC.
Unshelve. all: by end_near. Qed.

(** *** Theorems 1, 2 and 3 for samples: the first K matrices, K <= N *)
Theorem consistency K : white xi N p -> (K <= N)%N ->
  (forall k, (k < K)%N -> true_gram k \in unitmx) ->
  forall e d : R, 0 < e -> 0 < d -> exists m0 (h : R), 0 < h /\
    forall m c, (m0 <= m)%N -> 0 < `|c| < h ->
    prob pair_law (fun o : sample [finType of X * S] m =>
      [exists k : 'I_K, [exists a, [exists b, e <= `|fit (sample_law o) c k a b - W k a b|]]]) <= d.
Proof.
move=> white_xi KN Su e d e0 d0.
have BV k : (k < K)%N -> mx_cvg (near_law (population w p)) (fun t => fit t.1 t.2 k) (W k).
  move=> kK; apply: (learned_cvg p_law.2 (@near_law_cvg _ _ _ _) slope_cvg fit_learned_near white_xi).
    exact: leq_trans KN.
  by move=> j jk; apply: Su; exact: leq_ltn_trans kK.
pose Q q c := [forall k : 'I_K, [forall a, [forall b, `|fit q c k a b - W k a b| < e]]].
have [m0 [h [h0 hP]]] := @in_probability Q (all_entries BV e0) d d0.
exists m0, h; split=> // m c m0m ch; apply: le_trans (hP m c m0m ch).
apply: prob_le => // o /existsP[k /existsP[a /existsP[b kab]]].
apply/forallPn; exists k; apply/forallPn; exists a; apply/forallPn; exists b.
by rewrite -leNgt.
Qed.

(** *** Corollary 1 for samples *)
Theorem direct_consistency : linear_layers -> white xi N p -> true_gram 0 \in unitmx ->
  forall e d : R, 0 < e -> 0 < d -> exists m0 (h : R), 0 < h /\
    forall m c, (m0 <= m)%N -> 0 < `|c| < h ->
    prob pair_law (fun o : sample [finType of X * S] m =>
      [exists k : 'I_N, [exists a, [exists b,
        e <= `|direct_fit (sample_law o) c k a b - chain W k a b|]]]) <= d.
Proof.
move=> lin white_xi top e d e0 d0.
have BV k : (k < N)%N ->
    mx_cvg (near_law (population w p)) (fun t => direct_fit t.1 t.2 k) (chain W k).
  move=> kN; apply: (direct_linear_cvg p_law.2 (@near_law_cvg _ _ _ _) slope_cvg _ top white_xi kN).
    have := @near_law_ge0 R X S (population w p).
    by apply: filterS => t t0; exact: solve_fits.
  by move=> i j /andP[j0 _]; exact: linear_slopes.
pose Q q c := [forall k : 'I_N, [forall a, [forall b, `|direct_fit q c k a b - chain W k a b| < e]]].
have near_Q : \forall t \near near_law (population w p), Q t.1 t.2.
  near=> t; apply/forallP => k; apply/forallP => a; apply/forallP => b.
  move: k a b; near: t; apply: filter_forall => k; apply: filter_forall => a.
  apply: filter_forall => b; have /cvgrPdist_lt/(_ _ e0) := BV k (ltn_ord k) a b.
  by apply: filterS => t; rewrite distrC.
have [m0 [h [h0 hP]]] := in_probability near_Q d0.
exists m0, h; split=> // m c m0m ch; apply: le_trans (hP m c m0m ch).
apply: prob_le => // o /existsP[k /existsP[a /existsP[b kab]]].
apply/forallPn; exists k; apply/forallPn; exists a; apply/forallPn; exists b.
by rewrite -leNgt.
Unshelve. all: by end_near. Qed.

(** *** The gradients for samples: no rank condition *)
Theorem gradient_sample_consistency : white xi N p -> (forall i, 0 < w i) ->
  forall e d : R, 0 < e -> 0 < d -> exists m0 (h : R), 0 < h /\
    forall m c, (m0 <= m)%N -> 0 < `|c| < h ->
    prob pair_law (fun o : sample [finType of X * S] m =>
      [exists k : 'I_N, [exists i, [exists a,
        e <= `|gradient (net_slopes x) (net_output_error x y) (fit (sample_law o) c) i k a 0
               - true_gradient i k a 0|]]]) <= d.
Proof.
move=> white_xi w0 e d e0 d0.
pose g q c := gradient (net_slopes x) (net_output_error x y) (fit q c).
have gV k i : (k < N)%N ->
    mx_cvg (near_law (population w p)) (fun t => g t.1 t.2 i k) (true_gradient i k).
  move=> kN.
  by apply: (learned_gradient_cvg p_law.2 white_xi w0 (@near_law_ge0 _ _ _ _) (@near_law_cvg _ _ _ _)
    slope_cvg fit_learned_near).
pose Q q c := [forall k : 'I_N, [forall i, [forall a, `|g q c i k a 0 - true_gradient i k a 0| < e]]].
have near_Q : \forall t \near near_law (population w p), Q t.1 t.2.
  near=> t; apply/forallP => k; apply/forallP => i; apply/forallP => a.
  move: k i a; near: t; apply: filter_forall => k; apply: filter_forall => i.
  apply: filter_forall => a; have /cvgrPdist_lt/(_ _ e0) := gV k i (ltn_ord k) a 0.
  by apply: filterS => t; rewrite distrC.
have [m0 [h [h0 hP]]] := in_probability near_Q d0.
exists m0, h; split=> // m c m0m ch; apply: le_trans (hP m c m0m ch).
apply: prob_le => // o /existsP[k /existsP[i /existsP[a kia]]].
apply/forallPn; exists k; apply/forallPn; exists i; apply/forallPn; exists a.
by rewrite -leNgt.
Unshelve. all: by end_near. Qed.

End Samples.
End Theorems.

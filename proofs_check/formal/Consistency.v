(** * The fits converge

    The argument of Theorems 1, 2, 3 and Corollary 1, once, for any way [F] of
    going to the limit: along [F] the sample law tends to w_x p_s and (L~ - L)/c
    to the directional derivative Σ_k λ_kᵀ ξ_k.  With the population law and
    c -> 0 this gives the paper's theorems; with the frequencies of a growing
    sample it gives consistency (Sampling.v). *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import boolp classical_sets functions.
From mathcomp Require Import reals topology normedtype.
From Feedback Require Import Definitions Limits LeastSquares.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section Consistency.
Variables (R : realType) (n : nat -> nat) (N : nat) (X S : finType).
Variable xi : S -> forall k, 'cV[R]_(n k).
Variable D : X -> forall k, 'M[R]_(n k).
Variable e0 : X -> 'cV[R]_(n 0).
Variable W : forall k, 'M[R]_(n k, n k.+1).
Variables (w : X -> R) (p : S -> R).
Hypothesis p1 : \sum_s p s = 1.

Notation errors := (errors D e0).
Notation gradient := (gradient D e0).
Notation true_gram k := (\sum_x w x *: (errors W x k *m (errors W x k)^T)).

Variables (T : Type) (F : set (set T)).
Context {FF : Filter F}.
Variables (q slope : T -> X -> S -> R).
Hypothesis q_cvg : forall x s, (fun t => q t x s) @ F --> w x * p s.
Hypothesis slope_cvg : forall x s,
  (fun t => slope t x s) @ F --> directional xi N (gradient W x) s.

(** Both sides of the normal equations converge. *)
Lemma gram_cvg m (e : T -> X -> 'cV[R]_m) e' : (forall x, mx_cvg F (e^~ x) (e' x)) ->
  mx_cvg F (fun t => gram (q t) (e t)) (\sum_x w x *: (e' x *m (e' x)^T)).
Proof.
move=> ee'; rewrite -(population_gram _ _ p1).
apply: mx_cvg_sum => x; apply: mx_cvg_sum => s; apply: mx_cvgZ; first exact: q_cvg.
by apply: mx_cvgM; [exact: ee' | apply: mx_cvgT; exact: ee'].
Qed.

Lemma cross_cvg l m (e : T -> X -> 'cV[R]_m) e' : (forall x, mx_cvg F (e^~ x) (e' x)) ->
  mx_cvg F (fun t => cross xi (q t) (slope t) l (e t))
    (\sum_x w x *: ((\sum_(k < N) moment xi p l k.+1 *m gradient W x k) *m (e' x)^T)).
Proof.
move=> ee'.
rewrite (_ : \sum_x _ = cross xi (population w p) (fun x => directional xi N (gradient W x)) l e').
  apply: mx_cvg_sum => x; apply: mx_cvg_sum => s; apply: mx_cvgZ; first exact: q_cvg.
  apply: mx_cvgM; last by apply: mx_cvgT; exact: ee'.
  by apply: mx_cvgZ; [exact: slope_cvg | exact: mx_cvg_cst].
by rewrite population_cross; apply: eq_bigr => x _; rewrite mean_directional.
Qed.

(** A least-squares fit on errors that converge to errors of invertible second
    moments converges, for noise of any second moments. *)
Lemma least_squares_cvg l m (e : T -> X -> 'cV[R]_m) e' (B : T -> 'M[R]_(m, n l)) :
  (forall x, mx_cvg F (e^~ x) (e' x)) ->
  \sum_x w x *: (e' x *m (e' x)^T) \in unitmx ->
  (\forall t \near F, least_squares xi (q t) (slope t) (e t) (B t)) ->
  mx_cvg F (fun t => (B t)^T)
    ((\sum_x w x *: ((\sum_(k < N) moment xi p l k.+1 *m gradient W x k) *m (e' x)^T)) *m
     invmx (\sum_x w x *: (e' x *m (e' x)^T))).
Proof.
move=> ee' G'u Bfit; have G := gram_cvg ee'; have Gu := near_unitmx G G'u.
apply: (mx_cvg_near (A := fun t => cross xi (q t) (slope t) l (e t) *m invmx (gram (q t) (e t)))).
  near=> t; have u : gram (q t) (e t) \in unitmx by near: t; exact: Gu.
  have Bt : least_squares xi (q t) (slope t) (e t) (B t) by near: t; exact: Bfit.
  by rewrite (least_squares_unique u Bt).
by apply: mx_cvgM; [exact: cross_cvg | exact: mx_cvgV].
Unshelve. all: by end_near. Qed.

(** If what λ̂_l tends to is Vᵀ e' on every datum, the limit of the fit is V. *)
Lemma least_squares_cvg_exact l m (e : T -> X -> 'cV[R]_m) e' (B : T -> 'M[R]_(m, n l)) V :
  (forall x, mx_cvg F (e^~ x) (e' x)) ->
  \sum_x w x *: (e' x *m (e' x)^T) \in unitmx ->
  (\forall t \near F, least_squares xi (q t) (slope t) (e t) (B t)) ->
  (forall x, \sum_(k < N) moment xi p l k.+1 *m gradient W x k = V^T *m e' x) ->
  mx_cvg F B V.
Proof.
move=> ee' G'u Bfit gV; have := least_squares_cvg ee' G'u Bfit.
rewrite (_ : \sum_x w x *: (_ *m _) = V^T *m \sum_x w x *: (e' x *m (e' x)^T)).
  rewrite mulmxK// => /mx_cvgT; rewrite trmxK.
  by apply: mx_cvg_ext => t; rewrite trmxK.
by rewrite mulmx_sumr; apply: eq_bigr => x _; rewrite gV -scalemxAr mulmxA.
Qed.

(** ** Feedback alignment, every layer: Theorems 1, 2 and 3

    For noise of any second moments, first: the limit is [V] wherever what λ̂
    tends to, Σ_j E[ξ_{k+1} ξ_{j+1}ᵀ] λ_{j+1}, is the gradient that [V] would carry
    down.  For white noise that is so with V = W. *)
Section Layers.
Variable B : T -> forall k, 'M[R]_(n k, n k.+1).
Hypothesis B_learned : \forall t \near F, learned xi D e0 N (q t) (slope t) (B t).

Lemma errors_cvg (V : forall k, 'M[R]_(n k, n k.+1)) k :
  (forall j, (j < k)%N -> mx_cvg F (fun t => B t j) (V j)) ->
  forall x, mx_cvg F (fun t => errors (B t) x k) (errors V x k).
Proof.
elim: k => [|k IH] BV x /=; first exact: mx_cvg_cst.
apply: mx_cvgM; first exact: mx_cvg_cst.
apply: mx_cvgM; first by apply: mx_cvgT; exact: BV.
by apply: IH => j jk; apply: BV; exact: ltnW.
Qed.

(** The top-down induction.  Only the layers above are used: a matrix of errors
    that is singular further down does no harm above it. *)
Theorem learned_cvg_any (V : forall k, 'M[R]_(n k, n k.+1)) :
  (forall x k, (k < N)%N ->
     \sum_(j < N) moment xi p k.+1 j.+1 *m gradient W x j = gradient V x k) ->
  forall k, (k < N)%N ->
  (forall j, (j <= k)%N -> \sum_x w x *: (errors V x j *m (errors V x j)^T) \in unitmx) ->
  mx_cvg F (fun t => B t k) (V k).
Proof.
move=> gV; elim/ltn_ind => k IH kN Su.
apply: (@least_squares_cvg_exact _ _ (fun t x => errors (B t) x k) (fun x => errors V x k)).
- apply: errors_cvg => j jk; apply: IH (ltn_trans jk kN) _ => // i ij.
  by apply: Su; rewrite (leq_trans ij) // ltnW.
- exact: Su.
- near=> t; suff: learned xi D e0 N (q t) (slope t) (B t) by apply.
  by near: t; exact: B_learned.
- by move=> x; rewrite gV.
Unshelve. all: by end_near. Qed.

Theorem learned_cvg : white xi N p ->
  forall k, (k < N)%N -> (forall j, (j <= k)%N -> true_gram j \in unitmx) ->
  mx_cvg F (fun t => B t k) (W k).
Proof.
move=> white_xi; apply: learned_cvg_any => x k kN.
by rewrite -mean_directional (mean_directional_white _ white_xi).
Qed.

End Layers.

(** ** Direct feedback alignment *)
Section Direct.
Variables (k : nat) (B : T -> 'M[R]_(n 0, n k.+1)).
Hypothesis B_fit : \forall t \near F, least_squares xi (q t) (slope t) e0 (B t).
Hypothesis top : true_gram 0 \in unitmx.
Hypothesis white_xi : white xi N p.
Hypothesis kN : (k < N)%N.

(** In any network the direct matrix tends to the best linear predictor of
    λ_{k+1} from the output error, E[λ_{k+1} e_0ᵀ] E[e_0 e_0ᵀ]⁻¹ ... *)
Theorem direct_cvg : mx_cvg F (fun t => (B t)^T)
  ((\sum_x w x *: (gradient W x k *m (e0 x)^T)) *m invmx (true_gram 0)).
Proof.
have e0_cvg x : mx_cvg F (fun=> e0 x) (e0 x) by exact: mx_cvg_cst.
have := @least_squares_cvg k.+1 _ (fun=> e0) e0 B e0_cvg top B_fit.
rewrite (_ : \sum_x w x *: (_ *m _) = \sum_x w x *: (gradient W x k *m (e0 x)^T)) //.
by apply: eq_bigr => x _; rewrite -mean_directional (mean_directional_white _ white_xi).
Qed.

(** ... which in a linear one is the product of the matrices above: Corollary 1. *)
Theorem direct_linear_cvg : (forall x j, (0 < j <= k)%N -> D x j = 1%:M) ->
  mx_cvg F B (chain W k).
Proof.
move=> D1; apply: (@least_squares_cvg_exact _ _ (fun=> e0) e0) => // [x|x].
  exact: mx_cvg_cst.
rewrite -mean_directional (mean_directional_white _ white_xi)//.
by apply: gradient_linear; exact: D1.
Qed.

End Direct.

End Consistency.

(** * The gradients converge, whatever the ranks

    Where a matrix of errors is singular the fit is not unique and B_k need not
    converge to W_k.  What the feedback is for, the gradient B_kᵀ ẽ_k of every
    hidden layer, converges all the same, in deep and in nonlinear networks, for
    every choice of solutions of the normal equations (the pseudo-inverse is one).

    The proof is Pythagoras: the residual of the fit is orthogonal to the fitted
    errors, so that it is no longer than W_kᵀ ẽ_k - λ̂_k averaged over the noise,
    and that tends to 0 by induction from the top. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import boolp classical_sets functions.
From mathcomp Require Import reals topology normedtype.
From mathcomp Require Import ring.
From Feedback Require Import Definitions Limits LeastSquares Consistency.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

(** A residual [r] that is orthogonal to [d - r] is no longer than [d]. *)
Lemma pythagoras (R : realFieldType) (X : finType) (a r d : X -> R) :
  (forall x, 0 <= a x) -> \sum_x a x * ((d x - r x) * r x) = 0 ->
  \sum_x a x * r x ^+ 2 <= \sum_x a x * d x ^+ 2.
Proof.
move=> a0 orth; rewrite -subr_ge0 -sumrB.
have -> : \sum_x (a x * d x ^+ 2 - a x * r x ^+ 2) =
    \sum_x a x * (d x - r x) ^+ 2 + 2 * \sum_x a x * ((d x - r x) * r x).
  by rewrite mulr_sumr -big_split /=; apply: eq_bigr => x _; ring.
rewrite orth mulr0 addr0.
by apply: sumr_ge0 => x _; rewrite mulr_ge0 ?sqr_ge0.
Qed.

Section Gradients.
Variables (R : realType) (n : nat -> nat) (N : nat) (X S : finType).
Variable xi : S -> forall k, 'cV[R]_(n k).
Variable D : X -> forall k, 'M[R]_(n k).
Variable e0 : X -> 'cV[R]_(n 0).
Variable W : forall k, 'M[R]_(n k, n k.+1).
Variables (w : X -> R) (p : S -> R).
Hypothesis p1 : \sum_s p s = 1.
Hypothesis white_xi : white xi N p.
Hypothesis w0 : forall x, 0 < w x.

Variables (T : Type) (F : set (set T)).
Context {FF : Filter F}.
Variables (q slope : T -> X -> S -> R).
Hypothesis q0 : \forall t \near F, forall x s, 0 <= q t x s.
Hypothesis q_cvg : forall x s, (fun t => q t x s) @ F --> w x * p s.
Hypothesis slope_cvg : forall x s,
  (fun t => slope t x s) @ F --> directional xi N (gradient D e0 W x) s.

(** The weight of a datum, and the mean of λ̂_l over its noise. *)
Let weight t x := \sum_s q t x s.
Let mean_estimate l t x : 'cV[R]_(n l) := (weight t x)^-1 *: \sum_s q t x s *: estimate xi (slope t) x s l.

Let weight_cvg x : weight^~ x @ F --> w x.
Proof.
rewrite -[w x]mulr1 -p1 mulr_sumr.
by apply: cvg_sum => s _; exact: q_cvg.
Qed.

Let mean_estimate_cvg k x : (k < N)%N -> mx_cvg F ((mean_estimate k.+1)^~ x) (gradient D e0 W x k).
Proof.
move=> kN; rewrite -[gradient _ _ _ _ _]scale1r -[1](mulVf (lt0r_neq0 (w0 x))) -scalerA.
apply: mx_cvgZ; first by apply: cvgV; [exact: lt0r_neq0 | exact: weight_cvg].
rewrite -(mean_directional_white (gradient D e0 W x) white_xi kN) scaler_sumr.
apply: mx_cvg_sum => s; rewrite scalerA; apply: mx_cvgZ; first exact: q_cvg.
by apply: mx_cvgZ; [exact: slope_cvg | exact: mx_cvg_cst].
Qed.

(** If the errors of a layer converge, so do the gradients fitted on them. *)
Lemma fitted_gradient_cvg k (e : T -> X -> 'cV[R]_(n k)) (B : T -> 'M[R]_(n k, n k.+1)) :
  (k < N)%N -> (forall x, mx_cvg F (e^~ x) (errors D e0 W x k)) ->
  (\forall t \near F, least_squares xi (q t) (slope t) (e t) (B t)) ->
  forall x, mx_cvg F (fun t => (B t)^T *m e t x) (gradient D e0 W x k).
Proof.
move=> kN e_cvg B_fit x.
pose r t x' : 'cV[R]_(n k.+1) := (B t)^T *m e t x' - mean_estimate k.+1 t x'.
pose d t x' : 'cV[R]_(n k.+1) := (W k)^T *m e t x' - mean_estimate k.+1 t x'.
suff r0 : mx_cvg F (r^~ x) 0.
  rewrite -[gradient _ _ _ _ _]add0r.
  apply: (@mx_cvg_ext _ _ _ _ _ (fun t => r t x + mean_estimate k.+1 t x)) => [t|].
    by rewrite /r subrK.
  by apply: mx_cvgD => //; exact: mean_estimate_cvg.
have d0 x' : mx_cvg F (d^~ x') 0.
  rewrite -(subrr (gradient D e0 W x' k)).
  apply: mx_cvgB; last exact: mean_estimate_cvg.
  by apply: mx_cvgM => //; exact: mx_cvg_cst.
move=> i j; rewrite ord1 mxE.
pose u t := (weight t x)^-1 * \sum_x' weight t x' * (d t x' i 0 * d t x' i 0).
have u0 : u @ F --> 0.
  rewrite -(mulr0 (w x)^-1); apply: cvgM.
    by apply: cvgV; [exact: lt0r_neq0 | exact: weight_cvg].
  suff: (fun t => \sum_x' weight t x' * (d t x' i 0 * d t x' i 0)) @ F -->
      \sum_x' w x' * ((0 : 'cV[R]_(n k.+1)) i 0 * (0 : 'cV[R]_(n k.+1)) i 0).
    by rewrite [X in _ --> X]big1 // => x' _; rewrite mxE !mulr0.
  by apply: cvg_sum => x' _; apply: cvgM; [exact: weight_cvg | apply: cvgM; exact: d0].
have wpos0 x' : \forall t \near F, 0 < weight t x'.
  by near=> t; near: t; exact: (cvgr_gt (w x') (@weight_cvg x') 0 (w0 x')).
have ru : \forall t \near F, (r t x i 0) ^+ 2 <= u t.
  near=> t.
  have qt x' s : 0 <= q t x' s by move: x' s; near: t; exact: q0.
  have wt x' : 0 <= weight t x' by apply: sumr_ge0.
  have wpos : forall x', 0 < weight t x'.
    by near: t; apply: filter_forall => x'; exact: wpos0.
  have wn x' : weight t x' != 0 := lt0r_neq0 (wpos x').
  have Bt : least_squares xi (q t) (slope t) (e t) (B t) by near: t; exact: B_fit.
  rewrite /u ler_pdivl_mull //; under [leRHS]eq_bigr do rewrite -expr2.
  apply: le_trans (pythagoras (d := fun x' => d t x' i 0) (r := fun x' => r t x' i 0) wt _).
    by rewrite (bigD1 x) //= ler_addl; apply: sumr_ge0 => x' _; rewrite mulr_ge0 ?sqr_ge0.
  have orth : \sum_x' weight t x' *: (r t x' *m (e t x')^T) = 0.
    transitivity ((B t)^T *m gram (q t) (e t) - cross xi (q t) (slope t) k.+1 (e t)); last first.
      by rewrite Bt subrr.
    rewrite /gram /cross mulmx_sumr -sumrB; apply: eq_bigr => x' _.
    rewrite mulmxBl scalerBr; congr (_ - _).
      by rewrite -scaler_suml -scalemxAr mulmxA.
    rewrite /mean_estimate -scalemxAl scalerA mulfV// scale1r mulmx_suml.
    by apply: eq_bigr => s _; rewrite -scalemxAl.
  transitivity ((\sum_x' weight t x' *: (r t x' *m (e t x')^T) *m (W k - B t)) i i); last first.
    by rewrite -mulmx_suml orth mul0mx mxE.
  rewrite summxE; apply: eq_bigr => x' _.
  rewrite -scalemxAl -mulmxA [RHS]mxE; congr (_ * _).
  have -> : (e t x')^T *m (W k - B t) = (d t x' - r t x')^T.
    by rewrite /d /r opprB addrA subrK -mulmxBl trmx_mul; apply: congr1;
      apply/trmx_inj; rewrite trmxK linearB.
  rewrite [RHS]mxE big_ord1 [(_ - _)^T _ _]mxE [X in _ = _ * X]mxE mulrC.
  by rewrite [X in _ = _ * (_ + X)]mxE.
apply/cvgrPdist_lt => eps eps0; near=> t.
rewrite sub0r normrN -(ltr_pexpn2r (n := 2)) ?nnegrE// ?ltW// real_normK ?num_real//.
apply: (@le_lt_trans _ _ (u t)); first by near: t.
by near: t; apply: (cvgr_lt 0 u0); rewrite exprn_gt0.
Unshelve. all: by end_near. Qed.

Variable B : T -> forall k, 'M[R]_(n k, n k.+1).
Hypothesis B_learned : \forall t \near F, learned xi D e0 N (q t) (slope t) (B t).

Lemma learned_errors_cvg k : (k <= N)%N ->
  forall x, mx_cvg F (fun t => errors D e0 (B t) x k) (errors D e0 W x k).
Proof.
elim: k => [|k IH] kN x /=; first exact: mx_cvg_cst.
apply: mx_cvgM; first exact: mx_cvg_cst.
apply: (fitted_gradient_cvg kN (IH (ltnW kN))).
near=> t; suff: learned xi D e0 N (q t) (slope t) (B t) by apply.
by near: t; exact: B_learned.
Unshelve. all: by end_near. Qed.

(** The gradient of every hidden layer converges, for every datum: no rank condition. *)
Theorem learned_gradient_cvg k x : (k < N)%N ->
  mx_cvg F (fun t => gradient D e0 (B t) x k) (gradient D e0 W x k).
Proof.
move=> kN; apply: (fitted_gradient_cvg kN (learned_errors_cvg (ltnW kN))).
near=> t; suff: learned xi D e0 N (q t) (slope t) (B t) by apply.
by near: t; exact: B_learned.
Unshelve. all: by end_near. Qed.

End Gradients.

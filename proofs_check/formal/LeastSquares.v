(** * Algebra of the fit: what needs no limit *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import boolp.
From Feedback Require Import Definitions.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import GRing.Theory Num.Theory Order.TTheory.
Local Open Scope ring_scope.

Section Algebra.
Variables (R : fieldType) (n : nat -> nat) (X S : finType).
Variable xi : S -> forall k, 'cV[R]_(n k).
Variable D : X -> forall k, 'M[R]_(n k).
Variable e0 : X -> 'cV[R]_(n 0).

Notation cross := (cross xi).
Notation solve := (solve xi).
Notation errors := (errors D e0).
Notation gradient := (gradient D e0).
Notation fit := (fit xi D e0).
Notation fitted_errors := (fitted_errors xi D e0).
Notation learned := (learned xi D e0).

(** Where Σ e eᵀ is invertible the fit is the paper's equation (4), and it is the
    only solution of the normal equations. *)
Lemma solveE (q slope : X -> S -> R) k m (e : X -> 'cV[R]_m) : gram q e \in unitmx ->
  (solve q slope k e)^T = cross q slope k e *m invmx (gram q e).
Proof. by move=> u; rewrite /Definitions.solve trmxK pinvmxE. Qed.

Lemma least_squares_unique (q slope : X -> S -> R) k m (e : X -> 'cV[R]_m) (B : 'M_(m, n k)) :
  gram q e \in unitmx -> least_squares xi q slope e B ->
  B^T = cross q slope k e *m invmx (gram q e).
Proof. by move=> u <-; rewrite mulmxK. Qed.

(** The algorithm and its description agree: the errors of the recursion are
    those that the fitted matrices carry down. *)
Lemma fitted_errorsE (q slope : X -> S -> R) k i : fitted_errors q slope k i = errors (fit q slope) i k.
Proof. by elim: k => //= k IH; rewrite -IH. Qed.

(** Where all the Σ e eᵀ are invertible, the algorithm is the only solution. *)
Lemma learned_unique N q slope B :
  (forall k, (k < N)%N -> gram q (fun x => errors B x k) \in unitmx) ->
  learned N q slope B -> forall k, (k < N)%N -> fit q slope k = B k.
Proof.
move=> u BL; elim/ltn_ind => k IH kN.
have E : fitted_errors q slope k = (fun x => errors B x k).
  apply: functional_extensionality_dep => x; rewrite fitted_errorsE.
  have : forall j, (j < k)%N -> fit q slope j = B j.
    by move=> j jk; apply: IH => //; exact: ltn_trans kN.
  elim: k {IH kN} => //= j IHj fitB; rewrite fitB//; congr (_ *m (_ *m _)).
  by apply: IHj => i ij; apply: fitB; exact: ltnW.
apply: trmx_inj; rewrite /Definitions.fit E solveE ?u//.
by rewrite (least_squares_unique (u k kN) (BL k kN)).
Qed.

Lemma gradient_errors B x k : errors B x k.+1 = D x k.+1 *m gradient B x k.
Proof. by []. Qed.

(** With D = 1 (a linear network) the gradient is λ_{k+1} = (W_0 ... W_k)ᵀ e_0. *)
Lemma gradient_linear W x k :
  (forall j, (0 < j <= k)%N -> D x j = 1%:M) -> gradient W x k = (chain W k)^T *m e0 x.
Proof.
elim: k => [|k IH] D1 //=.
rewrite /Definitions.gradient [Definitions.errors _ _ _ _ k.+1]/= D1 ?leqnn// mul1mx.
rewrite [_ *m errors _ _ _](IH _) ?trmx_mul ?mulmxA// => j /andP[j0 jk].
by apply: D1; rewrite j0 (leq_trans jk).
Qed.

(** The directional derivative of the loss along the noise: Σ_{k=1}^N λ_kᵀ ξ_k,
    for gradients [g k] = λ_{k+1}. *)
Definition directional (N : nat) (g : forall k, 'cV[R]_(n k.+1)) s : R :=
  \sum_(k < N) ((g k)^T *m xi s k.+1) 0 0.

(** Lemma A at c = 0: Σ_s p_s (Σ_k λ_kᵀ ξ_k) ξ_l = Σ_k E[ξ_l ξ_kᵀ] λ_k ... *)
Lemma mean_directional (p : S -> R) N (g : forall k, 'cV[R]_(n k.+1)) l :
  \sum_s p s *: (directional N g s *: xi s l) = \sum_(k < N) moment xi p l k.+1 *m g k.
Proof.
transitivity (\sum_s \sum_(k < N) (p s *: (xi s l *m (xi s k.+1)^T)) *m g k).
  apply: eq_bigr => s _; rewrite scaler_suml scaler_sumr; apply: eq_bigr => k _.
  rewrite -scalemxAl; congr (_ *: _).
  rewrite -mulmxA (_ : (xi s k.+1)^T *m g k = (((g k)^T *m xi s k.+1) 0 0)%:M).
    by rewrite mul_mx_scalar.
  by rewrite [LHS]mx11_scalar -[in LHS](trmxK (g k)) -trmx_mul mxE.
by rewrite exchange_big; apply: eq_bigr => k _; rewrite -mulmx_suml.
Qed.

(** ... which is λ_l for white noise. *)
Lemma mean_directional_white N p g l : white xi N p -> (l < N)%N ->
  \sum_s p s *: (directional N g s *: xi s l.+1) = g l.
Proof.
move=> [M1 M0] lN; rewrite mean_directional (bigD1 (Ordinal lN)) //= M1 ?lN// mul1mx.
rewrite big1 ?addr0// => k kl; rewrite M0 ?mul0mx ?ltn_ord// eqSS eq_sym.
by apply: contraNneq kl => kl; apply/eqP/val_inj.
Qed.

(** Averages under the population law, the noise averaged first. *)
Lemma population_cross (w : X -> R) (p : S -> R) slope k m (e : X -> 'cV[R]_m) :
  cross (population w p) slope k e =
  \sum_x w x *: ((\sum_s p s *: (slope x s *: xi s k)) *m (e x)^T).
Proof.
apply: eq_bigr => x _; rewrite mulmx_suml scaler_sumr; apply: eq_bigr => s _.
by rewrite -scalemxAl scalerA.
Qed.

Lemma population_gram (w : X -> R) (p : S -> R) m (e : X -> 'cV[R]_m) : \sum_s p s = 1 ->
  gram (population w p) e = \sum_x w x *: (e x *m (e x)^T).
Proof.
by move=> p1; apply: eq_bigr => x _; rewrite -scaler_suml -mulr_sumr p1 mulr1.
Qed.

End Algebra.

Section Solvable.
(** Over an ordered field the normal equations always have a solution. *)
Variables (R : realFieldType) (n : nat -> nat) (X S : finType).
Variable xi : S -> forall k, 'cV[R]_(n k).
Variable D : X -> forall k, 'M[R]_(n k).
Variable e0 : X -> 'cV[R]_(n 0).

Variables (q : X -> S -> R).
Hypothesis q0 : forall x s, 0 <= q x s.

(** v (Σ e eᵀ) vᵀ = Σ (v e)², which is 0 only if every v e that has weight is 0. *)
Lemma gram_quadratic m (e : X -> 'cV[R]_m) (v : 'rV_m) :
  (v *m gram q e *m v^T) 0 0 = \sum_x \sum_s q x s * ((v *m e x) 0 0) ^+ 2.
Proof.
rewrite /gram mulmx_sumr mulmx_suml summxE; apply: eq_bigr => x _.
rewrite mulmx_sumr mulmx_suml summxE; apply: eq_bigr => s _.
rewrite -scalemxAr -scalemxAl mxE; congr (_ * _).
by rewrite mulmxA -(mulmxA (v *m e x)) -trmx_mul mxE big_ord1 [_^T _ _]mxE expr2.
Qed.

Lemma gram_kernel m (e : X -> 'cV[R]_m) (v : 'rV_m) :
  (v *m gram q e *m v^T) 0 0 = 0 -> forall x s, q x s != 0 -> v *m e x = 0.
Proof.
rewrite gram_quadratic => /eqP quad0 x s qxs.
move: quad0; rewrite psumr_eq0 => [/allP z|x' _]; last first.
  by apply: sumr_ge0 => s' _; rewrite mulr_ge0 ?sqr_ge0.
have {z} := z x (mem_index_enum _); rewrite /= psumr_eq0 => [/allP z|s' _]; last first.
  by rewrite mulr_ge0 ?sqr_ge0.
have {z} := z s (mem_index_enum _); rewrite /= mulf_eq0 (negPf qxs) sqrf_eq0 /= => /eqP z.
by apply/matrixP => i j; rewrite !ord1 z mxE.
Qed.

(** If Σ e eᵀ is invertible it is positive definite. *)
Lemma gram_definite m (e : X -> 'cV[R]_m) (v : 'rV_m) :
  gram q e \in unitmx -> (v *m gram q e *m v^T) 0 0 = 0 -> v = 0.
Proof.
move=> u /gram_kernel ker; rewrite -(mulmxK u v).
rewrite (_ : v *m gram q e = 0) ?mul0mx// /gram mulmx_sumr big1 // => x _.
rewrite mulmx_sumr big1 // => s _; rewrite -scalemxAr mulmxA.
have [->|qxs] := eqVneq (q x s) 0; first by rewrite scale0r.
by rewrite (ker x s qxs) mul0mx scaler0.
Qed.

(** The errors that have weight are in the range of Σ e eᵀ. *)
Lemma gram_range m (e : X -> 'cV[R]_m) x s : q x s != 0 -> ((e x)^T <= gram q e)%MS.
Proof.
move=> qxs.
have Gsym : (gram q e)^T = gram q e.
  rewrite /gram !linear_sum; apply: eq_bigr => x' _; rewrite linear_sum.
  by apply: eq_bigr => s' _; rewrite linearZ /= trmx_mul trmxK.
rewrite submxE; apply/eqP.
set K := cokermx _.
apply/trmx_inj; rewrite trmx_mul trmxK trmx0.
apply/row_matrixP => i; rewrite row_mul row0.
apply: (@gram_kernel _ _ _ _ x s qxs).
by rewrite -row_mul -{1}Gsym -trmx_mul /K mulmx_coker trmx0 row0 mul0mx mxE.
Qed.

Lemma solve_fits slope k m (e : X -> 'cV[R]_m) :
  least_squares xi q slope e (solve xi q slope k e).
Proof.
rewrite /least_squares /Definitions.solve trmxK mulmxKpV //.
rewrite /cross; apply: summx_sub => x _; apply: summx_sub => s _.
have [->|qxs] := eqVneq (q x s) 0; first by rewrite scale0r sub0mx.
by apply: scalemx_sub; apply: (submx_trans (submxMl _ _)); exact: gram_range qxs.
Qed.

(** The algorithm solves all the normal equations, whatever the ranks. *)
Lemma fit_learned N slope : learned xi D e0 N q slope (fit xi D e0 q slope).
Proof.
move=> k _; rewrite (_ : (fun x => _) = fitted_errors xi D e0 q slope k).
  exact: solve_fits.
by apply/funext => x; rewrite fitted_errorsE.
Qed.

End Solvable.

(** * Activations, losses and noise laws that the theorems apply to *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import boolp classical_sets functions.
From mathcomp Require Import reals topology normedtype sequences derive exp realfun.
From mathcomp Require Import ring.
From Feedback Require Import Definitions Backpropagation Theorems.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

(** ** Definitions, over any ordered field

    Losses are sums over the outputs. *)
Section Formulas.
Variable R : realFieldType.

Definition relu (a : R) : R := if 0 < a then a else 0.
Definition drelu (a : R) : R := if 0 < a then 1 else 0.   (* 0 at the kink, by convention *)

Definition square (u t : R) := (u - t) ^+ 2 / 2.
Definition dsquare (u t : R) := u - t.
Definition quartic (u t : R) := (u - t) ^+ 4 / 4.
Definition dquartic (u t : R) := (u - t) ^+ 3.

Definition separable_loss (l : R -> R -> R) m (u t : 'cV[R]_m) : R := \sum_a l (u a 0) (t a 0).
Definition separable_gradient (l : R -> R -> R) m (u t : 'cV[R]_m) : 'cV_m := \col_a l (u a 0) (t a 0).

End Formulas.

Arguments relu {R}.
Arguments drelu {R}.
Arguments square {R}.
Arguments dsquare {R}.
Arguments quartic {R}.
Arguments dquartic {R}.

(** ** Activations *)
Section Activations.
Variable R : realType.

Definition sigmoid (a : R) : R := (1 + expR (- a))^-1.
Definition dsigmoid (a : R) : R := sigmoid a * (1 - sigmoid a).
Definition tanh (a : R) : R := 2 * sigmoid (2 * a) - 1.
Definition dtanh (a : R) : R := 1 - tanh a ^+ 2.

Lemma sigmoid_denominator (a : R) : 1 + expR (- a) != 0.
Proof. by rewrite gt_eqF// addr_gt0 ?ltr01 ?expR_gt0. Qed.

Lemma sigmoid_smooth (a : R) : has_derivative sigmoid a (dsigmoid a).
Proof.
have neg : has_derivative (fun b : R => - b) a (- 1).
  by apply: (@has_derivative_ext _ (fun b => 0 - b)) => [b|]; rewrite ?sub0r//;
    rewrite -[X in has_derivative _ _ X]sub0r; apply: has_derivativeB;
    [exact: has_derivative_cst | exact: has_derivative_id].
have den : has_derivative (fun b => 1 + expR (- b)) a (0 + expR (- a) * - 1).
  apply: has_derivativeD; first exact: has_derivative_cst.
  by apply: (has_derivative_comp (f := expR)) => //; exact: is_derive_expR.
have := is_deriveV (f := fun b => 1 + expR (- b)) (sigmoid_denominator a) den.
apply: has_derivative_eq; rewrite /dsigmoid /sigmoid add0r.
have d0 := sigmoid_denominator a; rewrite /GRing.scale /=.
by field.
Qed.

Lemma dsigmoid_gt0 a : 0 < dsigmoid a.
Proof.
have e0 := expR_gt0 (- a); have d0 : 0 < 1 + expR (- a) by rewrite addr_gt0 ?ltr01.
rewrite /dsigmoid /sigmoid mulr_gt0 ?invr_gt0// subr_gt0 invf_lt1//.
by rewrite ltr_addl.
Qed.

Lemma tanh_smooth a : has_derivative tanh a (dtanh a).
Proof.
have twice : has_derivative (fun b : R => 2 * b) a (2 * 1).
  by apply/has_derivativeZ/has_derivative_id.
have := has_derivativeB (has_derivativeZ 2 (has_derivative_comp (sigmoid_smooth (2 * a)) twice))
  (has_derivative_cst a 1).
by apply: has_derivative_eq; rewrite /dtanh /tanh /dsigmoid; ring.
Qed.

End Activations.

(** ** Losses *)
Section Losses.
Variables (R : realType).

Lemma square_gradient m (u t : 'cV[R]_m) : separable_gradient dsquare u t = u - t.
Proof. by apply/colP => a; rewrite !mxE. Qed.

Lemma residual_smooth u t : has_derivative (fun v : R => v - t) u 1.
Proof.
rewrite -[X in has_derivative _ _ X]subr0; apply: has_derivativeB.
  exact: has_derivative_id.
exact: has_derivative_cst.
Qed.

Lemma square_smooth u t : has_derivative (R := R) (square^~ t) u (dsquare u t).
Proof.
have r := residual_smooth u t; have r2 := has_derivativeZ 2^-1 (has_derivativeM r r).
apply: (@has_derivative_ext _ (fun v => 2^-1 * ((v - t) * (v - t)))) => [v|].
  by rewrite /square; field.
by apply: has_derivative_eq r2; rewrite /dsquare; field.
Qed.

Lemma quartic_smooth u t : has_derivative (R := R) (quartic^~ t) u (dquartic u t).
Proof.
have r := residual_smooth u t; have r2 := has_derivativeM r r.
have r4 := has_derivativeZ 4^-1 (has_derivativeM r2 r2).
apply: (@has_derivative_ext _ (fun v => 4^-1 * (((v - t) * (v - t)) * ((v - t) * (v - t))))) => [v|].
  by rewrite /quartic; field.
by apply: has_derivative_eq r4; rewrite /dquartic; field.
Qed.

(** A differentiable summand makes a differentiable loss. *)
Lemma separable_smooth (l l' : R -> R -> R) m (u : R -> 'cV[R]_m) v o t :
  (forall a b, has_derivative (l^~ b) a (l' a b)) -> u 0 = o -> has_velocity u v ->
  has_derivative (R := R) (fun c => separable_loss l (u c) t) 0 (((separable_gradient l' o t)^T *m v) 0 0).
Proof.
move=> ll' <- uv; rewrite mxE; apply: has_derivative_sum => a; rewrite !mxE.
exact: (has_derivative_comp (f := l^~ (t a 0))).
Qed.

End Losses.

(** ** Rademacher noise

    All units of all layers have independent fair signs: 2^(N * m) equal atoms.
    Layers may be narrower than [m.+1]; [inord] only adapts types. *)
Section Rademacher.
Variables (R : realType) (n : nat -> nat) (N m : nat).
Hypothesis narrow : forall k, (0 < k <= N)%N -> (n k <= m.+1)%N.

Definition units := [finType of 'I_N.+1 * 'I_m.+1].
Definition signs := [finType of {ffun units -> bool}].

Definition sign (b : bool) : R := (-1) ^+ b.
Definition rademacher (s : signs) k : 'cV[R]_(n k) := \col_a sign (s (inord k, inord a)).
Definition uniform_signs (s : signs) : R := #|signs|%:R^-1.

Lemma signs_neq0 : #|signs|%:R != 0 :> R.
Proof. by rewrite pnatr_eq0 -lt0n; apply/card_gt0P; exists [ffun=> true]. Qed.

Lemma uniform_signs_law : law uniform_signs.
Proof.
split=> [s|]; first by rewrite invr_ge0 ler0n.
by rewrite sumr_const -[_ *+ _]mulr_natl mulfV// signs_neq0.
Qed.

(** E[s_u s_v] = 1 if u = v, else 0: flipping the sign of u changes that of the product. *)
Lemma mean_signs (u v : units) :
  \sum_(s : signs) uniform_signs s * (sign (s u) * sign (s v)) = (u == v)%:R.
Proof.
have [<-|uv] := eqVneq u v.
  rewrite -uniform_signs_law.2; apply: eq_bigr => s _.
  by rewrite -expr2 sqrr_sign mulr1.
pose flip (s : signs) : signs := [ffun z => s z (+) (z == u)].
have flipK : involutive flip by move=> s; apply/ffunP => z; rewrite !ffunE -addbA addbb addbF.
set e := \sum_s _; suff : e = - e by move/eqP; rewrite -addr_eq0 -mulr2n mulrn_eq0 => /eqP.
rewrite {1}/e (reindex_inj (inv_inj flipK)) /= -sumrN; apply: eq_bigr => s _.
rewrite !ffunE eqxx addbT (eq_sym v) (negPf uv) addbF /sign.
by case: (s u); rewrite /= ?expr0 ?expr1 ?mulN1r ?mul1r ?mulrN ?opprK.
Qed.

Lemma rademacher_moment k l a b : (0 < k <= N)%N -> (0 < l <= N)%N ->
  moment rademacher uniform_signs k l a b = ((k == l) && (a == b :> nat))%:R.
Proof.
move=> kN lN; rewrite summxE.
transitivity (\sum_s uniform_signs s *
    (sign (s (inord k, inord a)) * sign (s (inord l, inord b)))).
  by apply: eq_bigr => s _; rewrite mxE mxE big_ord1 !mxE.
have layer_ord j : (0 < j <= N)%N -> (inord j : 'I_N.+1) = j :> nat.
  by case/andP=> _ jN; rewrite inordK.
have unit_ord j (c : 'I_(n j)) : (0 < j <= N)%N -> (inord c : 'I_m.+1) = c :> nat.
  by move=> jN; rewrite inordK// (leq_trans (ltn_ord c) (narrow jN)).
rewrite mean_signs xpair_eqE -(inj_eq val_inj) -[X in _ && X](inj_eq val_inj) /=.
by rewrite !layer_ord// !unit_ord.
Qed.

(** The law satisfies A1, repaired. *)
Theorem rademacher_white : white rademacher N uniform_signs.
Proof.
split=> [k kN|k l kN lN kl]; apply/matrixP => a b; rewrite rademacher_moment// mxE.
  by rewrite eqxx.
by rewrite (negPf kl).
Qed.

(** Twice as large signs: E[ξξᵀ] = r² I. *)
Lemma scaled_moment (r : R) k l :
  moment (fun s k => r *: rademacher s k) uniform_signs k l =
  r ^+ 2 *: moment rademacher uniform_signs k l.
Proof.
rewrite /moment scaler_sumr; apply: eq_bigr => s _.
by rewrite linearZ /= -scalemxAl -scalemxAr !scalerA -mulrA -expr2 mulrC.
Qed.

End Rademacher.

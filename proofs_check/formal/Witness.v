(** * The hypotheses can be met: Theorem 3 is not vacuous

    A family of networks, data and noise that satisfies everything Theorem 3 asks
    for: any number N of hidden layers, any common width, sigmoid activations in
    every layer (so nothing is linear), squared loss, any invertible weights, any
    input, Rademacher noise.  The data are one input with several targets: datum i
    has the target ŷ - (unit vector i).

    The same family with noise twice as large converges to 4 W instead of W on
    top: the paper's A1, which fixes no variance, is not enough (CX-a). *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import boolp classical_sets functions.
From mathcomp Require Import reals topology normedtype.
From mathcomp Require Import ring.
From Feedback Require Import Definitions Limits Backpropagation Theorems Instances.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section Witness.
Variables (R : realType) (N m : nat) (V : nat -> 'M[R]_m.+1) (input : 'cV[R]_m.+1).
Hypothesis V_invertible : forall k, V k \in unitmx.

Definition sigmoid_network : network R :=
  @Network R N (fun=> m.+1) V (fun=> @sigmoid R) (fun=> @dsigmoid R)
    (separable_loss (@square R) (m := m.+1)) (separable_gradient (@dsquare R) (m := m.+1)).

Notation net := sigmoid_network.

Definition witness_x (i : 'I_m.+1) : 'cV[R]_(width net (hidden net).+1) := input.
Definition witness_y (i : 'I_m.+1) : 'cV[R]_(width net 0) :=
  layer (net := net) unperturbed input 0 - delta_mx i 0.
Definition witness_w (i : 'I_m.+1) : R := m.+1%:R^-1.
Definition witness_xi := @rademacher R (width net) N m.
Definition witness_p := @uniform_signs R N m.

Lemma witness_w_law : law witness_w.
Proof.
split=> [i|]; first by rewrite invr_ge0 ler0n.
by rewrite sumr_const card_ord -[_ *+ _]mulr_natl mulfV// pnatr_eq0.
Qed.

Lemma witness_p_law : law witness_p.
Proof. exact: uniform_signs_law. Qed.

Lemma witness_smooth i : differentiable_at (witness_x i) (witness_y i).
Proof.
split=> [k _ j|u v u0 uv]; first exact: sigmoid_smooth.
by apply: separable_smooth => // a b; exact: square_smooth.
Qed.

Lemma witness_white : white witness_xi (hidden net) witness_p.
Proof. exact: rademacher_white. Qed.

(** The errors are e_k(i) = M_k (unit vector i), with M_k invertible. *)
Fixpoint error_map k : 'M[R]_m.+1 :=
  match k with
  | 0 => slopes (net := net) input 0
  | j.+1 => slopes (net := net) input j.+1 *m (V j)^T *m error_map j
  end.

Lemma witness_error i k : true_error witness_x witness_y i k = error_map k *m delta_mx i 0.
Proof.
elim: k => [|k IH]; last by rewrite /true_error /= in IH *; rewrite IH !mulmxA.
rewrite /true_error /= /net_output_error /output_error; congr (_ *m _).
by rewrite /= square_gradient /witness_y /witness_x opprB addrC subrK.
Qed.

Lemma slopes_invertible k : slopes (net := net) input k \in unitmx.
Proof.
rewrite unitmxE unitfE det_diag; apply/prodf_neq0 => a _; rewrite !mxE.
exact: lt0r_neq0 (dsigmoid_gt0 _).
Qed.

Lemma error_map_invertible k : error_map k \in unitmx.
Proof.
elim: k => [|k IH] /=; first exact: slopes_invertible.
by rewrite !unitmx_mul unitmx_tr slopes_invertible V_invertible.
Qed.

Lemma witness_gram k : true_gram witness_x witness_y witness_w k \in unitmx.
Proof.
have -> : true_gram witness_x witness_y witness_w k =
    m.+1%:R^-1 *: (error_map k *m (error_map k)^T).
  rewrite -[X in _ *: (X *m _)]mulmx1 mx1_sum_delta mulmx_sumr mulmx_suml scaler_sumr.
  apply: eq_bigr => i _; rewrite witness_error trmx_mul trmx_delta.
  by rewrite mulmxA -(mulmxA (error_map k)) mul_delta_mx.
rewrite unitmxZ; last by rewrite unitrV unitfE pnatr_eq0.
by rewrite unitmx_mul unitmx_tr error_map_invertible.
Qed.

Notation population := (population witness_w witness_p).

(** Theorem 3 applies. *)
Theorem theorem_3_witness k : (k < N)%N ->
  mx_cvg (0 : R)^' (fun c => net_fit witness_x witness_y witness_xi population c k) (V k).
Proof.
apply: (theorem_3 witness_w_law witness_p_law witness_smooth witness_white).
by move=> j _; exact: witness_gram.
Qed.

(** With noise twice as large the limit on top is 4 W ... *)
Definition loud_xi s k : 'cV[R]_(width net k) := 2 *: witness_xi s k.

Theorem loud_noise_limit : (0 < N)%N ->
  mx_cvg (0 : R)^' (fun c => net_fit witness_x witness_y loud_xi population c 0)
    (2 ^+ 2 *: V 0%N).
Proof.
move=> N0; have [M1 M0] := witness_white.
apply: (scaled_noise_limit witness_w_law witness_p_law witness_smooth (xi := loud_xi) (r := 2)) => //.
- by rewrite pnatr_eq0.
- by move=> k kN; rewrite scaled_moment M1// scalemx1.
- by move=> k l kN lN kl; rewrite scaled_moment M0// scaler0.
- by move=> k _; exact: witness_gram.
Qed.

(** ... and not W: Theorem 1 is false for noise that is merely sub-Gaussian. *)
Theorem theorem_1_needs_unit_variance : (0 < N)%N ->
  ~ mx_cvg (0 : R)^' (fun c => net_fit witness_x witness_y loud_xi population c 0) (V 0%N).
Proof.
move=> N0 toW; have to4W := loud_noise_limit N0.
have V0 : V 0%N = 0.
  apply/matrixP => i j; have := cvg_unique (@norm_hausdorff _ _) (to4W i j) (toW i j).
  rewrite !mxE => E; have : 3%:R * V 0%N i j = 0.
    by rewrite (_ : 3%:R = 2 ^+ 2 - 1); [rewrite mulrBl mul1r E subrr | ring].
  by move/eqP; rewrite mulf_eq0 pnatr_eq0 /= => /eqP.
have := V_invertible 0; rewrite V0 unitmxE det0 unitr0.
by [].
Qed.

End Witness.

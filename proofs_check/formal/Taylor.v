(** * Taylor's theorem with a remainder of order 3 at 0

    Three times differentiable near 0 with a bounded third derivative is enough. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import boolp classical_sets functions.
From mathcomp Require Import reals topology normedtype derive realfun.
From mathcomp Require Import ring.
From Feedback Require Import Definitions Backpropagation.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section Taylor.
Variable R : realType.

Lemma has_derivative_continuous (g : R -> R) a d : has_derivative g a d -> {for a, continuous g}.
Proof. by move=> [gd _]; apply/differentiable_continuous/derivable1_diffP. Qed.

(** The mean value theorem between 0 and c, whatever the sign of c. *)
Lemma mean_value (g dg : R -> R) c :
  (forall b, `|b| <= `|c| -> has_derivative g b (dg b)) ->
  exists2 b, `|b| <= `|c| & g c - g 0 = dg b * c.
Proof.
move=> der; have [c0|c0] := leP 0 c.
  have inside b : b \in `[0, c]%R -> `|b| <= `|c|.
    by rewrite in_itv /= => /andP[b0 bc]; rewrite !ger0_norm.
  have [b bI E] : exists2 b, b \in `[0, c]%R & g c - g 0 = dg b * (c - 0).
    apply: MVT_segment => // [b bI|].
      by apply: der; apply: inside; exact: subset_itv_oo_cc bI.
    apply: continuous_in_subspaceT => b /set_mem bI.
    by apply: has_derivative_continuous; apply: der; exact: inside.
  by exists b; [exact: inside | rewrite E subr0].
have inside b : b \in `[c, 0]%R -> `|b| <= `|c|.
  rewrite in_itv /= => /andP[cb b0].
  by rewrite !ler0_norm ?(ltW c0)// ler_opp2.
have [b bI E] : exists2 b, b \in `[c, 0]%R & g 0 - g c = dg b * (0 - c).
  apply: MVT_segment => // [|b bI|]; first exact: ltW.
    by apply: der; apply: inside; exact: subset_itv_oo_cc bI.
  apply: continuous_in_subspaceT => b /set_mem bI.
  by apply: has_derivative_continuous; apply: der; exact: inside.
exists b; first exact: inside.
by rewrite -[LHS]opprB E sub0r mulrN opprK.
Qed.

(** A function that vanishes at 0 and has a derivative of order n is of order n+1. *)
Lemma order_step (g dg : R -> R) (e M : R) m : g 0 = 0 ->
  (forall b, `|b| < e -> has_derivative g b (dg b)) ->
  (forall b, `|b| < e -> `|dg b| <= M * `|b| ^+ m) ->
  forall c, `|c| < e -> `|g c| <= M * `|c| ^+ m.+1.
Proof.
move=> g0 der bound c ce.
have [b bc E] : exists2 b, `|b| <= `|c| & g c - g 0 = dg b * c.
  by apply: mean_value => b bc; apply: der; exact: le_lt_trans ce.
have be := le_lt_trans bc ce.
have M0 : 0 <= M * `|b| ^+ m by apply: le_trans (bound b be).
rewrite -[g c]subr0 -g0 E normrM exprSr mulrA ler_wpmul2r//.
apply: le_trans (bound b be) _.
have [->|b0] := eqVneq b 0; last first.
  have Mge0 : 0 <= M by rewrite -(pmulr_lge0 _ (_ : 0 < `|b| ^+ m)) ?exprn_gt0 ?normr_gt0.
  by rewrite ler_wpmul2l// ler_expn2r ?nnegrE.
have := bound 0; rewrite normr0 => b0; case: m M0 bound b0 => [|m] M0 bound b0.
  by rewrite !expr0.
rewrite expr0n /= mulr0.
have := bound c ce; move/(le_trans (normr_ge0 _)).
by [].
Qed.

Theorem taylor (f f1 f2 f3 : R -> R) (e M : R) :
  (forall b, `|b| < e -> has_derivative f b (f1 b)) ->
  (forall b, `|b| < e -> has_derivative f1 b (f2 b)) ->
  (forall b, `|b| < e -> has_derivative f2 b (f3 b)) ->
  (forall b, `|b| < e -> `|f3 b| <= M) ->
  forall c, `|c| < e -> `|f c - (f 0 + f1 0 * c + f2 0 / 2 * c ^+ 2)| <= M * `|c| ^+ 3.
Proof.
move=> d1 d2 d3 bound.
have id b : has_derivative (fun c : R => c) b 1 by exact: has_derivative_id.
have cst (a b : R) : has_derivative (fun=> a) b 0 by exact: has_derivative_cst.
apply: (@order_step _ (fun c => f1 c - (f1 0 + f2 0 * c))).
- by rewrite mulr0 expr0n mulr0 !addr0 subrr.
- move=> b be.
  apply: (@has_derivative_ext _ (fun c => f c - (f 0 + f1 0 * c + f2 0 / 2 * (c * c)))) => [c|].
    by rewrite expr2.
  have := has_derivativeB (d1 b be) (has_derivativeD (has_derivativeD (cst (f 0) b)
    (has_derivativeZ (f1 0) (id b))) (has_derivativeZ (f2 0 / 2) (has_derivativeM (id b) (id b)))).
  by apply: has_derivative_eq; field.
apply: (@order_step _ (fun c => f2 c - f2 0)).
- by rewrite mulr0 addr0 subrr.
- move=> b be.
  have := has_derivativeB (d2 b be) (has_derivativeD (cst (f1 0) b) (has_derivativeZ (f2 0) (id b))).
  by apply: has_derivative_eq; ring.
move=> b be; rewrite -[`|b| ^+ 1]/(`|b| ^+ 0.+1).
apply: (@order_step (fun c => f2 c - f2 0) f3 e) => //.
- by rewrite subrr.
- move=> b' be'; have := has_derivativeB (d3 b' be') (cst (f2 0) b').
  by apply: has_derivative_eq; rewrite subr0.
- by move=> b' be'; rewrite expr0 mulr1; exact: bound.
Qed.

End Taylor.

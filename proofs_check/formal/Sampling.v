(** * Finite samples: the weak law of large numbers, by Chebyshev

    A sample of size m is a sequence of m independent pairs (datum, noise atom).
    The probability of an event is the sum of the probabilities of the samples in
    it: a finite sum.  The frequency of a pair has mean w_x p_s and variance at
    most 1/m; hence, with probability as near 1 as one likes, all frequencies are
    as near the population law as one likes. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import boolp classical_sets functions.
From mathcomp Require Import reals topology normedtype.
From mathcomp Require Import ring.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section Sampling.
Variables (R : realType) (A : finType) (a : A -> R).
Hypothesis a0 : forall z, 0 <= a z.
Hypothesis a1 : \sum_z a z = 1.

(** Samples, their probabilities, means and probabilities of events. *)
Definition sample m := {ffun 'I_m -> A}.
Definition chance m (o : sample m) : R := \prod_i a (o i).
Definition mean m (f : sample m -> R) : R := \sum_o chance o * f o.
Definition prob m (P : pred (sample m)) : R := \sum_(o | P o) chance o.

(** How often [z] occurs in a sample. *)
Definition frequency m (o : sample m) z : R := (\sum_i (o i == z)%:R) / m%:R.

Lemma chance_ge0 m (o : sample m) : 0 <= chance o.
Proof. by apply: prodr_ge0. Qed.

Lemma frequency_ge0 m (o : sample m) z : 0 <= frequency o z.
Proof. by rewrite divr_ge0 ?ler0n// sumr_ge0 // => i _; rewrite ler0n. Qed.

(** Independence: the mean of a product of functions of one draw each. *)
Lemma mean_prod m (g : 'I_m -> A -> R) :
  mean (fun o => \prod_i g i (o i)) = \prod_i \sum_z a z * g i z.
Proof.
by rewrite bigA_distr_bigA; apply: eq_bigr => o _; rewrite /chance -big_split.
Qed.

Lemma mean_sum m (I : finType) (f : I -> sample m -> R) :
  mean (fun o => \sum_i f i o) = \sum_i mean (f i).
Proof.
by rewrite /mean exchange_big; apply: eq_bigr => o _; rewrite mulr_sumr.
Qed.

Lemma prob_sum1 m : \sum_(o : sample m) chance o = 1.
Proof. by rewrite /chance -(bigA_distr_bigA (fun _ => a)); apply: big1 => i _. Qed.

Section Variance.
Variables (m : nat) (z : A).

(** The indicator of [z], centred. *)
Let centred z' : R := (z' == z)%:R - a z.

Let centred_mean : \sum_z' a z' * centred z' = 0.
Proof.
under eq_bigr do rewrite mulrBr; rewrite sumrB -mulr_suml a1 mul1r.
rewrite (bigD1 z) //= eqxx mulr1 big1 ?addr0 ?subrr// => z' /negPf ->.
by rewrite mulr0.
Qed.

Let centred_var : \sum_z' a z' * (centred z' * centred z') <= 1.
Proof.
rewrite -a1; apply: ler_sum => z' _; rewrite ler_pimulr// -expr2 -real_normK ?num_real//.
apply: exprn_ile1; rewrite ?normr_ge0//.
have az1 : a z <= 1 by rewrite -a1 (bigD1 z) //= ler_addl sumr_ge0.
rewrite /centred; case: (z' == z); rewrite ?sub0r ?normrN.
  by rewrite ger0_norm ?subr_ge0// ler_subl_addr ler_addl.
by rewrite ger0_norm.
Qed.

Let pair_mean (i j : 'I_m) :
  mean (fun o : sample m => centred (o i) * centred (o j)) =
  if i == j then \sum_z' a z' * (centred z' * centred z') else 0.
Proof.
have [<-|ij] := eqVneq i j.
  pose g k := if k == i then fun z' => centred z' * centred z' else fun=> 1.
  transitivity (mean (fun o : sample m => \prod_k g k (o k))).
    apply: eq_bigr => o _; congr (_ * _); rewrite (bigD1 i) //= /g eqxx big1 ?mulr1// => k.
    by move/negPf->.
  rewrite mean_prod (bigD1 i) //= /g eqxx [X in _ * X]big1 ?mulr1// => k /negPf->.
  by under eq_bigr do rewrite mulr1.
pose g k := if (k == i) || (k == j) then centred else fun=> 1.
transitivity (mean (fun o : sample m => \prod_k g k (o k))).
  apply: eq_bigr => o _; congr (_ * _); rewrite (bigD1 i) //= (bigD1 j) 1?eq_sym//=.
  rewrite /g eqxx eqxx orbT big1 ?mulr1// => k /andP[/negPf-> /negPf->] //.
by rewrite mean_prod (bigD1 i) //= /g eqxx /= centred_mean mul0r.
Qed.

Hypothesis m0 : (0 < m)%N.

Lemma frequency_variance : mean (fun o : sample m => (frequency o z - a z) ^+ 2) <= m%:R^-1.
Proof.
have mN0 : m%:R != 0 :> R by rewrite pnatr_eq0 -lt0n.
have -> : mean (fun o : sample m => (frequency o z - a z) ^+ 2) =
    (\sum_(i < m) \sum_(j < m) mean (fun o : sample m => centred (o i) * centred (o j))) / m%:R ^+ 2.
  transitivity (mean (fun o : sample m => (\sum_i \sum_j centred (o i) * centred (o j)) / m%:R ^+ 2)).
    apply: eq_bigr => o _; congr (_ * _).
    have -> : frequency o z - a z = (\sum_i centred (o i)) / m%:R.
      rewrite /frequency sumrB sumr_const card_ord mulrBl; congr (_ - _).
      by rewrite -[a z *+ m]mulr_natr mulfK.
    rewrite expr_div_n; congr (_ / _); rewrite expr2 mulr_suml.
    by apply: eq_bigr => i _; rewrite mulr_sumr.
  rewrite /mean mulr_suml.
  transitivity (\sum_(o : sample m) (chance o * \sum_i \sum_j centred (o i) * centred (o j)) / m%:R ^+ 2).
    by apply: eq_bigr => o _; rewrite mulrA.
  rewrite -!mulr_suml; congr (_ / _); rewrite -/(mean _) mean_sum; apply: eq_bigr => i _.
  by rewrite mean_sum.
rewrite expr2 invfM mulrA ler_pimull ?invr_ge0 ?ler0n//.
rewrite ler_pdivr_mulr ?ltr0n// mul1r.
have -> : m%:R = \sum_(i < m) (1 : R) by rewrite sumr_const card_ord.
apply: ler_sum => i _; rewrite (bigD1 i) //= pair_mean eqxx [X in _ + X]big1 ?addr0// => j.
by rewrite pair_mean eq_sym => /negPf->.
Qed.

(** Chebyshev. *)
Lemma frequency_off h : 0 < h ->
  prob (fun o : sample m => h <= `|frequency o z - a z|) <= (m%:R * h ^+ 2)^-1.
Proof.
move=> h0; rewrite invfM -ler_pdivr_mulr ?invr_gt0 ?exprn_gt0// invrK.
apply: le_trans frequency_variance; rewrite /prob /mean mulr_suml.
rewrite [X in _ <= X](bigID (fun o : sample m => h <= `|frequency o z - a z|)) /=.
rewrite ler_paddr ?sumr_ge0// => [o _|].
  by rewrite mulr_ge0 ?chance_ge0// sqr_ge0.
apply: ler_sum => o ho; rewrite ler_wpmul2l ?chance_ge0//.
by rewrite -[X in _ <= X]real_normK ?num_real// ler_pexpn2r// nnegrE ltW.
Qed.

End Variance.

Lemma prob_le m (P Q : pred (sample m)) : (forall o, P o -> Q o) -> prob P <= prob Q.
Proof.
move=> PQ; rewrite /prob [X in _ <= X](bigID P) /=.
rewrite (eq_bigl (fun o => P o)); last by move=> o; case: (boolP (P o)) => [/PQ->|]; rewrite ?andbF.
by rewrite ler_addl sumr_ge0// => o _; rewrite chance_ge0.
Qed.

(** The union bound. *)
Lemma prob_exists m (I : finType) (P : I -> pred (sample m)) :
  prob (fun o => [exists i, P i o]) <= \sum_i prob (P i).
Proof.
rewrite /prob (exchange_big_dep (fun o => [exists i, P i o])) /=; last first.
  by move=> i o _ Pi; apply/existsP; exists i.
apply: ler_sum => o /existsP[i Pi]; rewrite (bigD1 i) //= ler_addl.
by rewrite sumr_ge0// => j _; rewrite chance_ge0.
Qed.

(** With large samples all frequencies are near the law, except with small probability. *)
Lemma weak_law h d : 0 < h -> 0 < d -> exists m0, forall m, (m0 <= m)%N ->
  prob (fun o : sample m => [exists z, h <= `|frequency o z - a z|]) <= d.
Proof.
move=> h0 d0; pose b := #|A|%:R / (d * h ^+ 2) : R.
have dh0 : 0 < d * h ^+ 2 by rewrite mulr_gt0 ?exprn_gt0.
exists (Num.bound b).+1 => m bm; have m0 : (0 < m)%N by apply: leq_trans bm.
apply: le_trans (prob_exists _) _.
apply: (@le_trans _ _ (\sum_(z : A) (m%:R * h ^+ 2)^-1)).
  by apply: ler_sum => z _; exact: frequency_off.
rewrite sumr_const -[_ *+ #|_|]mulr_natl.
rewrite ler_pdivr_mulr ?mulr_gt0 ?exprn_gt0 ?ltr0n// mulrCA -ler_pdivr_mulr//.
apply: (@le_trans _ _ (Num.bound b)%:R); last by rewrite ler_nat ltnW.
by rewrite ltW// archi_boundP// divr_ge0 ?ler0n// ltW.
Qed.

End Sampling.

(** * Rates

    [mx_rate F r A L]: |A t - L| <= K r(t) near [F], every entry, for some constant
    K.  Sums, products and inverses at an invertible limit keep a rate that tends
    to 0.  Hence, if the mean estimate of every gradient has a bias of order r(c), so
    has every fitted matrix, at every layer of a deep network.

    For symmetric noise (ξ and -ξ equally likely) and losses that are three times
    differentiable along the noise, near 0 and with a bounded third derivative,
    the bias is O(c²): the even terms cancel in pairs. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import boolp classical_sets functions.
From mathcomp Require Import reals topology normedtype.
From mathcomp Require Import ring.
From Feedback Require Import Definitions Limits LeastSquares Consistency.
From Feedback Require Import Backpropagation Sampling Theorems Taylor.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section Rates.
Variables (R : realType) (T : Type) (F : set (set T)).
Context {FF : Filter F}.
Variable r : T -> R.
Hypothesis r0 : r @ F --> 0.
Hypothesis r_ge0 : forall t, 0 <= r t.

(** |f t - l| <= K r(t), near [F]. *)
Definition rate (f : T -> R) (l : R) := exists K, \forall t \near F, `|f t - l| <= K * r t.

Lemma rate_cst l : rate (fun=> l) l.
Proof. by exists 0; near=> t; rewrite subrr normr0 mul0r. Unshelve. all: by end_near. Qed.

Lemma rate_ext f g l : (forall t, f t = g t) -> rate f l -> rate g l.
Proof. by move=> fg; rewrite (_ : f = g) //; exact/funext. Qed.

Lemma rate_near f g l : (\forall t \near F, f t = g t) -> rate f l -> rate g l.
Proof.
move=> fg [K fK]; exists K; near=> t.
by rewrite -(_ : f t = g t); [near: t; exact: fK | near: t; exact: fg].
Unshelve. all: by end_near. Qed.

Lemma rateD f g l m : rate f l -> rate g m -> rate (fun t => f t + g t) (l + m).
Proof.
move=> [K fK] [L gL]; exists (K + L); near=> t.
rewrite opprD addrACA mulrDl; apply: le_trans (ler_norm_add _ _) _.
by apply: ler_add; near: t; [exact: fK | exact: gL].
Unshelve. all: by end_near. Qed.

(** What converges at a rate is bounded. *)
Lemma rate_bounded f l : rate f l -> exists2 M, 0 <= M & \forall t \near F, `|f t| <= M.
Proof.
move=> [K fK]; exists (`|K| + `|l|); first by rewrite addr_ge0.
near=> t; rewrite -[f t](subrK l); apply: le_trans (ler_norm_add _ _) _.
rewrite ler_add2r; apply: (@le_trans _ _ (K * r t)); first by near: t; exact: fK.
apply: (@le_trans _ _ (`|K| * r t)); first by rewrite ler_wpmul2r// ler_norm.
rewrite -[X in _ <= X]mulr1 ler_wpmul2l//.
by near: t; apply: (cvgr_le 0 r0); rewrite ltr01.
Unshelve. all: by end_near. Qed.

Lemma rateM f g l m : rate f l -> rate g m -> rate (fun t => f t * g t) (l * m).
Proof.
move=> fl [L gL]; have [M M0 fM] := rate_bounded fl; have [K fK] := fl.
exists (M * `|L| + `|K| * `|m|); near=> t.
rewrite (_ : f t * g t - l * m = f t * (g t - m) + (f t - l) * m); last by ring.
rewrite [X in _ <= X]mulrDl; apply: le_trans (ler_norm_add _ _) _; rewrite !normrM.
apply: ler_add.
  rewrite -mulrA ler_pmul//; first by near: t; exact: fM.
  apply: (@le_trans _ _ (L * r t)); first by near: t; exact: gL.
  by rewrite ler_wpmul2r// ler_norm.
rewrite mulrAC ler_wpmul2r//.
apply: (@le_trans _ _ (K * r t)); first by near: t; exact: fK.
by rewrite ler_wpmul2r// ler_norm.
Unshelve. all: by end_near. Qed.

Lemma rate_cvg f l : rate f l -> f @ F --> l.
Proof.
move=> [K fK]; apply/cvgrPdist_le => e e0.
have K1 : 0 < `|K| + 1 by rewrite (lt_le_trans ltr01)// ler_addr.
have bound : 0 < (`|K| + 1)^-1 * e by rewrite mulr_gt0// invr_gt0.
near=> t.
rewrite distrC; apply: (@le_trans _ _ (K * r t)); first by near: t; exact: fK.
apply: (@le_trans _ _ ((`|K| + 1) * r t)).
  by rewrite ler_wpmul2r// (le_trans (ler_norm K))// ler_addl ler01.
rewrite -ler_pdivl_mull//; near: t; exact: (cvgr_le 0 r0).
Unshelve. all: by end_near. Qed.

Lemma rateV f l : l != 0 -> rate f l -> rate (fun t => (f t)^-1) l^-1.
Proof.
move=> l0 fl; have [K fK] := fl; have fc := rate_cvg fl.
have [M M0 fM] : exists2 M, 0 <= M & \forall t \near F, `|(f t)^-1| <= M.
  exists (`|l^-1| + 1); first by rewrite addr_ge0.
  have fV : (fun t => (f t)^-1) @ F --> l^-1 by apply: cvgV.
  have /cvgrPdist_le/(_ 1 ltr01) near1 := fV.
  near=> t; rewrite -[(f t)^-1](subrK l^-1) addrC; apply: le_trans (ler_norm_add _ _) _.
  by rewrite ler_add2l distrC; near: t; exact: near1.
exists (M * `|l^-1| * `|K|); near=> t.
have ft0 : f t != 0 by near: t; exact: (cvgr_neq0 l fc l0).
have -> : (f t)^-1 - l^-1 = (f t)^-1 * l^-1 * (l - f t).
  by rewrite mulrBr mulfVK// mulrAC mulVf// mul1r.
rewrite !normrM -[X in _ <= X]mulrA; apply: ler_pmul; rewrite ?mulr_ge0//.
  by rewrite ler_wpmul2r//; near: t; exact: fM.
rewrite distrC; apply: (@le_trans _ _ (K * r t)); first by near: t; exact: fK.
by rewrite ler_wpmul2r// ler_norm.
Unshelve. all: by end_near. Qed.

Lemma rate_sum (I : Type) (s : seq I) (f : I -> T -> R) l :
  (forall i, rate (f i) (l i)) -> rate (fun t => \sum_(i <- s) f i t) (\sum_(i <- s) l i).
Proof.
move=> fl; elim: s => [|i s IH].
  by rewrite big_nil; apply: (rate_ext _ (rate_cst 0)) => t; rewrite big_nil.
rewrite big_cons; apply: (rate_ext _ (rateD (fl i) IH)) => t.
by rewrite big_cons.
Qed.

Lemma rate_prod (I : Type) (s : seq I) (f : I -> T -> R) l :
  (forall i, rate (f i) (l i)) -> rate (fun t => \prod_(i <- s) f i t) (\prod_(i <- s) l i).
Proof.
move=> fl; elim: s => [|i s IH].
  by rewrite big_nil; apply: (rate_ext _ (rate_cst 1)) => t; rewrite big_nil.
rewrite big_cons; apply: (rate_ext _ (rateM (fl i) IH)) => t.
by rewrite big_cons.
Qed.

(** ** Matrices *)
Definition mx_rate m n (A : T -> 'M[R]_(m, n)) (L : 'M[R]_(m, n)) :=
  forall i j, rate (fun t => A t i j) (L i j).

Lemma mx_rate_cst m n (L : 'M[R]_(m, n)) : mx_rate (fun=> L) L.
Proof. by move=> i j; exact: rate_cst. Qed.

Lemma mx_rate_near m n (A B : T -> 'M[R]_(m, n)) L :
  (\forall t \near F, A t = B t) -> mx_rate A L -> mx_rate B L.
Proof.
move=> AB AL i j; apply: rate_near (AL i j).
by near=> t; rewrite (_ : A t = B t)//; near: t; exact: AB.
Unshelve. all: by end_near. Qed.

Lemma mx_rateT m n (A : T -> 'M[R]_(m, n)) L : mx_rate A L -> mx_rate (fun t => (A t)^T) L^T.
Proof. by move=> AL i j; rewrite mxE; apply: (rate_ext _ (AL j i)) => t; rewrite mxE. Qed.

Lemma mx_rateM m n p (A : T -> 'M[R]_(m, n)) (B : T -> 'M[R]_(n, p)) K L :
  mx_rate A K -> mx_rate B L -> mx_rate (fun t => A t *m B t) (K *m L).
Proof.
move=> AK BL i j; rewrite mxE.
apply: (@rate_ext (fun t => \sum_k A t i k * B t k j)) => [t|]; first by rewrite mxE.
by apply: rate_sum => k; exact: rateM.
Qed.

Lemma mx_rateZ m n (a : R) (A : T -> 'M[R]_(m, n)) L :
  mx_rate A L -> mx_rate (fun t => a *: A t) (a *: L).
Proof.
move=> AL i j; rewrite mxE; apply: (@rate_ext (fun t => a * A t i j)) => [t|]; first by rewrite mxE.
by apply: rateM; [exact: rate_cst | exact: AL].
Qed.

Lemma mx_rate_sum (I : Type) (s : seq I) m n (A : I -> T -> 'M[R]_(m, n)) L :
  (forall i, mx_rate (A i) (L i)) -> mx_rate (fun t => \sum_(i <- s) A i t) (\sum_(i <- s) L i).
Proof.
move=> AL i j; rewrite summxE.
apply: (@rate_ext (fun t => \sum_(k <- s) A k t i j)) => [t|]; first by rewrite summxE.
by apply: rate_sum => k; exact: AL.
Qed.

Lemma rate_det n (A : T -> 'M[R]_n) L : mx_rate A L -> rate (fun t => \det (A t)) (\det L).
Proof.
move=> AL; rewrite /determinant; apply: rate_sum => s.
by apply: rateM; [exact: rate_cst | apply: rate_prod => i; exact: AL].
Qed.

Lemma mx_rate_adj n (A : T -> 'M[R]_n) L : mx_rate A L -> mx_rate (fun t => \adj (A t)) (\adj L).
Proof.
move=> AL i j; rewrite mxE /cofactor.
apply: (@rate_ext (fun t => (-1) ^+ (j + i) * \det (row' j (col' i (A t))))) => [t|].
  by rewrite mxE.
apply: rateM; first exact: rate_cst.
apply: rate_det => k l; rewrite !mxE.
by apply: (rate_ext _ (AL (lift j k) (lift i l))) => t; rewrite !mxE.
Qed.

Lemma mx_rate_cvg m n (A : T -> 'M[R]_(m, n)) L : mx_rate A L -> mx_cvg F A L.
Proof. by move=> AL i j; apply: rate_cvg; exact: AL. Qed.

Lemma mx_rateV n (A : T -> 'M[R]_n) L :
  mx_rate A L -> L \in unitmx -> mx_rate (fun t => invmx (A t)) (invmx L).
Proof.
move=> AL Lu; have Au := near_unitmx (mx_rate_cvg AL) Lu.
apply: (@mx_rate_near _ _ (fun t => (\det (A t))^-1 *: \adj (A t))).
  near=> t; have tu : A t \in unitmx by near: t; exact: Au.
  by rewrite /invmx tu.
rewrite /invmx Lu => i j; rewrite mxE.
apply: (@rate_ext (fun t => (\det (A t))^-1 * \adj (A t) i j)) => [t|]; first by rewrite [RHS]mxE.
apply: rateM; last exact: mx_rate_adj.
by apply: rateV; [rewrite -unitfE -unitmxE | exact: rate_det].
Unshelve. all: by end_near. Qed.

End Rates.

(** ** Every layer has the rate of the estimator *)
Section LayerRates.
Variables (R : realType) (n : nat -> nat) (N : nat) (X S : finType).
Variable xi : S -> forall k, 'cV[R]_(n k).
Variable D : X -> forall k, 'M[R]_(n k).
Variable e0 : X -> 'cV[R]_(n 0).
Variable W : forall k, 'M[R]_(n k, n k.+1).
Variables (w : X -> R) (p : S -> R).
Hypothesis p1 : \sum_s p s = 1.

Variables (T : Type) (F : set (set T)).
Context {FF : Filter F}.
Variables (r : T -> R) (slope : T -> X -> S -> R).
Hypothesis r0 : r @ F --> 0.
Hypothesis r_ge0 : forall t, 0 <= r t.

(** The mean estimates have a bias of order r ... *)
Hypothesis mean_rate : forall x k, (k < N)%N ->
  mx_rate F r (fun t => \sum_s p s *: estimate xi (slope t) x s k.+1) (gradient D e0 W x k).

Variable B : T -> forall k, 'M[R]_(n k, n k.+1).
Hypothesis B_learned : \forall t \near F, learned xi D e0 N (population w p) (slope t) (B t).

(** ... and so have the fitted matrices. *)
Theorem learned_rate k : (k < N)%N ->
  (forall j, (j <= k)%N -> \sum_x w x *: (errors D e0 W x j *m (errors D e0 W x j)^T) \in unitmx) ->
  mx_rate F r (fun t => B t k) (W k).
Proof.
elim/ltn_ind: k => k IH kN Su.
have BW j : (j < k)%N -> mx_rate F r (fun t => B t j) (W j).
  move=> jk; apply: IH => // [|i ij]; first exact: ltn_trans kN.
  by apply: Su; rewrite (leq_trans ij)// ltnW.
have e_rate x : mx_rate F r (fun t => errors D e0 (B t) x k) (errors D e0 W x k).
  elim: k {IH kN Su} BW => [|k IHk] BW /=; first exact: mx_rate_cst.
  apply: mx_rateM => //; first exact: mx_rate_cst.
  apply: mx_rateM => //; first by apply: mx_rateT; exact: BW.
  by apply: IHk => j jk; apply: BW; exact: ltnW.
pose G t := gram (population w p) (fun x => errors D e0 (B t) x k).
pose C t := cross xi (population w p) (slope t) k.+1 (fun x => errors D e0 (B t) x k).
have G_rate : mx_rate F r G (\sum_x w x *: (errors D e0 W x k *m (errors D e0 W x k)^T)).
  rewrite (_ : G = fun t => \sum_x w x *: (errors D e0 (B t) x k *m (errors D e0 (B t) x k)^T)).
    apply: mx_rate_sum => x; apply: mx_rateZ => //; apply: mx_rateM => //.
    by apply: mx_rateT.
  by apply/funext => t; rewrite /G population_gram.
have C_rate : mx_rate F r C (\sum_x w x *: (gradient D e0 W x k *m (errors D e0 W x k)^T)).
  rewrite (_ : C = fun t => \sum_x w x *: ((\sum_s p s *: (slope t x s *: xi s k.+1)) *m
      (errors D e0 (B t) x k)^T)).
    apply: mx_rate_sum => x; apply: mx_rateZ => //; apply: mx_rateM => //.
      exact: mean_rate.
    by apply: mx_rateT.
  by apply/funext => t; rewrite /C population_cross.
have Gu := near_unitmx (mx_rate_cvg r0 r_ge0 G_rate) (Su k (leqnn k)).
apply: (@mx_rate_near _ _ _ _ _ _ _ (fun t => (C t *m invmx (G t))^T)).
  near=> t; apply: trmx_inj; rewrite trmxK.
  have u : G t \in unitmx by near: t; exact: Gu.
  have L : learned xi D e0 N (population w p) (slope t) (B t) by near: t; exact: B_learned.
  by rewrite (least_squares_unique u (L k kN)).
rewrite -[W k]trmxK; apply: mx_rateT.
have -> : (W k)^T = (\sum_x w x *: (gradient D e0 W x k *m (errors D e0 W x k)^T)) *m
    invmx (\sum_x w x *: (errors D e0 W x k *m (errors D e0 W x k)^T)).
  rewrite (_ : \sum_x w x *: (gradient D e0 W x k *m _) =
    (W k)^T *m \sum_x w x *: (errors D e0 W x k *m (errors D e0 W x k)^T)) ?mulmxK ?Su//.
  by rewrite mulmx_sumr; apply: eq_bigr => x _; rewrite -scalemxAr mulmxA.
by apply: mx_rateM => //; apply: mx_rateV => //; exact: Su.
Unshelve. all: by end_near. Qed.

End LayerRates.

(** ** Symmetric noise: O(c²) *)
Section Symmetric.
Variables (R : realType) (net : network R) (X S : finType).
Notation n := (width net).
Notation N := (hidden net).

Variable x : X -> 'cV[R]_(n N.+1).
Variable y : X -> 'cV[R]_(n 0).
Variable w : X -> R.
Variable xi : S -> forall k, 'cV[R]_(n k).
Variable p : S -> R.
Hypothesis w_law : law w.
Hypothesis p_law : law p.

(** -ξ is as likely as ξ. *)
Definition symmetric_noise := exists nu : S -> S,
  [/\ injective nu, forall s, p (nu s) = p s & forall s k, xi (nu s) k = - xi s k].

Notation directional i s :=
  (directional xi N (gradient (net_slopes x) (net_output_error x y) (weight net) i) s).

(** The loss along the noise has a Taylor expansion with a remainder of order 3,
    as every three times differentiable function has. *)
Definition taylor_3 := forall i s, exists f2 K e, 0 < e /\
  forall c, `|c| < e -> `|loss_of (offset c (xi s)) (x i) (y i) -
    (loss_of unperturbed (x i) (y i) + directional i s * c + f2 * c ^+ 2)| <= K * `|c| ^+ 3.

(** The difference of the two estimates from ξ and -ξ has no even part. *)
Lemma odd_part (f : R -> R) (f0 d f2 K e : R) : 0 < e ->
  (forall c, `|c| < e -> `|f c - (f0 + d * c + f2 * c ^+ 2)| <= K * `|c| ^+ 3) ->
  rate (0 : R)^' (fun c => c ^+ 2) (fun c => ((f c - f0) / c - (f (- c) - f0) / c) / 2) d.
Proof.
move=> e_gt0 fK; exists K; exists e => //= c; rewrite /= sub0r normrN => ce c0.
pose rho b := f b - (f0 + d * b + f2 * b ^+ 2).
have -> : ((f c - f0) / c - (f (- c) - f0) / c) / 2 - d = (rho c - rho (- c)) / (2 * c).
  by rewrite /rho; field; rewrite c0.
rewrite normrM normfV ler_pdivr_mulr; last by rewrite normr_gt0 mulf_neq0// pnatr_eq0.
apply: le_trans (ler_norm_sub _ _) _.
have rc := fK c ce; have rNc := fK (- c); rewrite normrN in rNc.
apply: le_trans (ler_add rc (rNc ce)) _.
have -> : K * c ^+ 2 * `|2 * c| = K * `|c| ^+ 3 + K * `|c| ^+ 3; last exact: lexx.
rewrite normrM (ger0_norm (ler0n _ 2)) -[c ^+ 2]real_normK ?num_real//.
have E (a : R) : K * a ^+ 2 * (2 * a) = K * a ^+ 3 + K * a ^+ 3 by ring.
exact: E.
Qed.

Let square_cvg : (fun c : R => c ^+ 2) @ (0 : R)^' --> 0.
Proof.
have idc : (fun c : R => c) @ (0 : R)^' --> (0 : R) by exact: cvg_within.
rewrite (_ : (fun c : R => c ^+ 2) = (fun c => c) \* (fun c => c)).
  by rewrite -[X in _ --> X](mul0r (0 : R)); exact: (cvgM idc idc).
by apply/funext => c; rewrite expr2.
Qed.

Let square_ge0 (c : R) : 0 <= c ^+ 2.
Proof. exact: sqr_ge0. Qed.

Hypothesis white_xi : white xi N p.
Hypothesis symmetric : symmetric_noise.

(** Three times differentiable, the third derivative bounded, near 0. *)
Definition three_derivatives (f : R -> R) := exists f1 f2 f3 : R -> R, exists e M : R,
  0 < e /\ forall b, `|b| < e ->
    [/\ has_derivative f b (f1 b), has_derivative f1 b (f2 b), has_derivative f2 b (f3 b) &
        `|f3 b| <= M].

Hypothesis smooth : forall i, differentiable_at (x i) (y i).
Hypothesis smooth_3 : forall i s, three_derivatives (fun c => loss_of (offset c (xi s)) (x i) (y i)).

Lemma three_derivatives_taylor : taylor_3.
Proof.
move=> i s; have [f1 [f2 [f3 [e [M [e0 d]]]]]] := smooth_3 i s.
set f := fun c => _ in d.
have f0 : f 0 = loss_of unperturbed (x i) (y i) by rewrite /f /loss_of /layer pass_offset0.
have d0 : has_derivative f 0 (f1 0) by have [] := d 0 _; rewrite ?normr0.
have f10 : f1 0 = directional i s.
  have := has_derivative_quotient d0; rewrite f0 => lim1.
  exact: (cvg_unique (@norm_hausdorff _ _) lim1 (net_slope_cvg (xi := xi) smooth (i := i) (s := s))).
exists (f2 0 / 2), M, e; split=> // c ce; rewrite -f10 -f0.
by apply: (@taylor _ f f1 f2 f3 e M) => // b /d[].
Qed.

Lemma mean_estimate_rate i k : (k < N)%N ->
  mx_rate (0 : R)^' (fun c => c ^+ 2)
    (fun c => \sum_s p s *: estimate xi (net_slope x y xi c) i s k.+1) (true_gradient x y i k).
Proof.
move=> kN; have [nu [nu_inj nu_p nu_xi]] := symmetric.
pose f s c := loss_of (offset c (xi s)) (x i) (y i).
pose f0 := loss_of unperturbed (x i) (y i).
have f_nu s c : loss_of (offset c (xi (nu s))) (x i) (y i) = f s (- c).
  rewrite /f (_ : offset c (xi (nu s)) = offset (- c) (xi s))//.
  apply: functional_extensionality_dep => -[|j] //=.
  by rewrite nu_xi scalerN scaleNr.
pose sym s c := ((f s c - f0) / c - (f s (- c) - f0) / c) / 2.
have sum_sym c : \sum_s p s *: estimate xi (net_slope x y xi c) i s k.+1 =
    \sum_s p s *: (sym s c *: xi s k.+1).
  have flip : \sum_s p s *: (((f s c - f0) / c) *: xi s k.+1) =
      \sum_s p s *: ((- ((f s (- c) - f0) / c)) *: xi s k.+1).
    rewrite (reindex_inj nu_inj) /=; apply: eq_bigr => s _.
    by rewrite nu_p nu_xi scalerN scaleNr /f -/(f s (- c)) f_nu.
  transitivity (2^-1 *: (\sum_s p s *: (((f s c - f0) / c) *: xi s k.+1) +
      \sum_s p s *: ((- ((f s (- c) - f0) / c)) *: xi s k.+1))).
    rewrite -flip -mulr2n -scaler_nat scalerA mulVf ?scale1r ?pnatr_eq0//.
  rewrite -big_split scaler_sumr; apply: eq_bigr => s _ /=.
  rewrite -scalerDr -scalerDl !scalerA; congr (_ *: _).
  have E (u v q h : R) : h * (q * (u - v)) = q * ((u - v) * h) by ring.
  by rewrite -?mulrA; exact: E.
rewrite -(mean_directional_white _ white_xi kN).
have -> : (fun c => \sum_s p s *: estimate xi (net_slope x y xi c) i s k.+1) =
    fun c => \sum_s p s *: (sym s c *: xi s k.+1) by apply/funext.
apply: mx_rate_sum => s; apply: mx_rateZ => //.
move=> a b; rewrite [X in rate _ _ _ X]mxE.
apply: (@rate_ext _ _ _ _ (fun c => sym s c * xi s k.+1 a b)) => [c|]; first by rewrite mxE.
apply: rateM => //; last exact: rate_cst.
have [f2 [K [e [e_gt0 fK]]]] := three_derivatives_taylor i s.
exact: (odd_part (f := f s) e_gt0 fK).
Qed.

(** Every matrix of the fit is within O(c²) of the weights, at every layer. *)
Theorem fit_rate k : (k < N)%N ->
  (forall j, (j <= k)%N -> true_gram x y w j \in unitmx) ->
  mx_rate (0 : R)^' (fun c => c ^+ 2) (fun c => net_fit x y xi (population w p) c k) (weight net k).
Proof.
move=> kN Su.
have BL : \forall c \near (0 : R)^', net_learned x y xi (population w p) c (net_fit x y xi (population w p) c).
  by near=> c; apply: fit_learned => i s; rewrite mulr_ge0 ?w_law.1 ?p_law.1.
exact: (learned_rate p_law.2 square_cvg square_ge0 mean_estimate_rate BL).
Unshelve. all: by end_near. Qed.


End Symmetric.

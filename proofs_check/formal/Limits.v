(** * Limits of real numbers and of matrices, entry by entry

    A family of matrices [A t] tends to [L] along a filter [F] ([mx_cvg F A L])
    when every entry does.  Sums, products, transposes and, at an invertible
    limit, inverses of convergent families converge: the inverse is
    (det A)^-1 times the transposed matrix of cofactors, and determinants and
    cofactors are polynomials in the entries.

    Nothing here is about learning; the library has the scalar statements and
    not those for matrices. *)

From mathcomp Require Import all_ssreflect all_algebra.
From mathcomp Require Import boolp classical_sets functions.
From mathcomp Require Import reals topology normedtype.

Set Implicit Arguments.
Unset Strict Implicit.
Unset Printing Implicit Defensive.

Import Order.TTheory GRing.Theory Num.Theory numFieldNormedType.Exports.
Local Open Scope ring_scope.
Local Open Scope classical_set_scope.

Section ScalarLimits.
Variables (R : realType) (T : Type) (F : set (set T)).
Context {FF : Filter F}.

(** Finite sums and products of convergent families. *)
Lemma cvg_sum (I : Type) (r : seq I) (P : pred I) (f : I -> T -> R) (l : I -> R) :
  (forall i, P i -> f i @ F --> l i) ->
  (fun t => \sum_(i <- r | P i) f i t) @ F --> \sum_(i <- r | P i) l i.
Proof.
move=> fl; elim: r => [|i r IH].
  rewrite big_nil (_ : (fun t => _) = cst 0); first exact: cvg_cst.
  by apply/funext => t; rewrite big_nil.
rewrite big_cons (_ : (fun t => _) = fun t => (if P i then f i t else 0) +
    \sum_(j <- r | P j) f j t); last first.
  by apply/funext => t; rewrite big_cons; case: (P i); rewrite ?add0r.
case: (boolP (P i)) => Pi; first by apply: cvgD => //; exact: fl.
by rewrite (_ : (fun t => _) = fun t => \sum_(j <- r | P j) f j t) //;
  apply/funext => t; rewrite add0r.
Qed.

Lemma cvg_prod (I : Type) (r : seq I) (f : I -> T -> R) (l : I -> R) :
  (forall i, f i @ F --> l i) ->
  (fun t => \prod_(i <- r) f i t) @ F --> \prod_(i <- r) l i.
Proof.
move=> fl; elim: r => [|i r IH].
  rewrite big_nil (_ : (fun t => _) = cst 1); first exact: cvg_cst.
  by apply/funext => t; rewrite big_nil.
rewrite big_cons (_ : (fun t => _) = fun t => f i t * \prod_(j <- r) f j t).
  by apply: cvgM => //; exact: fl.
by apply/funext => t; rewrite big_cons.
Qed.

End ScalarLimits.

(** [mx_cvg F A L]: every entry of [A t] tends to that of [L]. *)
Definition mx_cvg (R : realType) (T : Type) (F : set (set T)) m n
    (A : T -> 'M[R]_(m, n)) (L : 'M[R]_(m, n)) :=
  forall i j, (fun t => A t i j) @ F --> L i j.

Section MatrixLimits.
Variables (R : realType) (T : Type) (F : set (set T)).
Context {FF : Filter F}.

Lemma mx_cvg_ext m n (A B : T -> 'M[R]_(m, n)) L :
  (forall t, A t = B t) -> mx_cvg F A L -> mx_cvg F B L.
Proof. by move=> AB AL i j; rewrite (_ : B = A) //; apply/funext => t; rewrite AB. Qed.

(** Two families that agree near [F] have the same limit. *)
Lemma mx_cvg_near m n (A B : T -> 'M[R]_(m, n)) L :
  (\forall t \near F, A t = B t) -> mx_cvg F A L -> mx_cvg F B L.
Proof.
move=> AB AL i j; apply: cvg_trans (AL i j); apply: near_eq_cvg.
by apply: filterS AB => t ->.
Qed.

Lemma mx_cvg_cst m n (L : 'M[R]_(m, n)) : mx_cvg F (fun=> L) L.
Proof. by move=> i j; exact: cvg_cst. Qed.

Lemma mx_cvgD m n (A B : T -> 'M[R]_(m, n)) K L :
  mx_cvg F A K -> mx_cvg F B L -> mx_cvg F (fun t => A t + B t) (K + L).
Proof.
move=> AK BL i j; rewrite mxE (_ : (fun t => _) = (fun t => A t i j) + (fun t => B t i j)).
  by apply: cvgD.
by apply/funext => t; rewrite mxE.
Qed.

Lemma mx_cvgB m n (A B : T -> 'M[R]_(m, n)) K L :
  mx_cvg F A K -> mx_cvg F B L -> mx_cvg F (fun t => A t - B t) (K - L).
Proof.
move=> AK BL i j; rewrite !mxE (_ : (fun t => _) = (fun t => A t i j) - (fun t => B t i j)).
  by apply: cvgB.
by apply/funext => t; rewrite !mxE.
Qed.

Lemma mx_cvg_sum (I : Type) (r : seq I) m n (A : I -> T -> 'M[R]_(m, n)) L :
  (forall i, mx_cvg F (A i) (L i)) ->
  mx_cvg F (fun t => \sum_(i <- r) A i t) (\sum_(i <- r) L i).
Proof.
move=> AL i j; rewrite summxE (_ : (fun t => _) = fun t => \sum_(k <- r) A k t i j).
  by apply: cvg_sum => k _; exact: AL.
by apply/funext => t; rewrite summxE.
Qed.

Lemma mx_cvgZ m n (a : T -> R) (A : T -> 'M[R]_(m, n)) b L :
  a @ F --> b -> mx_cvg F A L -> mx_cvg F (fun t => a t *: A t) (b *: L).
Proof.
move=> ab AL i j; rewrite mxE (_ : (fun t => _) = fun t => a t * A t i j).
  by apply: cvgM.
by apply/funext => t; rewrite mxE.
Qed.

Lemma mx_cvgM m n p (A : T -> 'M[R]_(m, n)) (B : T -> 'M[R]_(n, p)) K L :
  mx_cvg F A K -> mx_cvg F B L -> mx_cvg F (fun t => A t *m B t) (K *m L).
Proof.
move=> AK BL i j; rewrite mxE (_ : (fun t => _) = fun t => \sum_k A t i k * B t k j).
  by apply: cvg_sum => k _; apply: cvgM.
by apply/funext => t; rewrite mxE.
Qed.

Lemma mx_cvgT m n (A : T -> 'M[R]_(m, n)) L :
  mx_cvg F A L -> mx_cvg F (fun t => (A t)^T) (L^T).
Proof.
move=> AL i j; rewrite mxE (_ : (fun t => _) = fun t => A t j i) //.
by apply/funext => t; rewrite mxE.
Qed.

Lemma cvg_det n (A : T -> 'M[R]_n) L : mx_cvg F A L -> (fun t => \det (A t)) @ F --> \det L.
Proof.
move=> AL; rewrite /determinant; apply: cvg_sum => s _.
by apply: cvgM; [exact: cvg_cst | apply: cvg_prod].
Qed.

Lemma mx_cvg_adj n (A : T -> 'M[R]_n) L : mx_cvg F A L -> mx_cvg F (fun t => \adj (A t)) (\adj L).
Proof.
move=> AL i j; rewrite mxE /cofactor.
rewrite (_ : (fun t => _) = fun t => (-1) ^+ (j + i) * \det (row' j (col' i (A t)))).
  apply: cvgM; first exact: cvg_cst.
  apply: cvg_det => k l; rewrite !mxE.
  by rewrite (_ : (fun t => _) = fun t => A t (lift j k) (lift i l)) //;
    apply/funext => t; rewrite !mxE.
by apply/funext => t; rewrite mxE.
Qed.

(** A matrix close to an invertible one is invertible. *)
Lemma near_unitmx n (A : T -> 'M[R]_n) L :
  mx_cvg F A L -> L \in unitmx -> \forall t \near F, A t \in unitmx.
Proof.
move=> /cvg_det detAL; rewrite unitmxE unitfE => L0.
near=> t; rewrite unitmxE unitfE.
by near: t; exact: (cvgr_neq0 (\det L) detAL L0).
Unshelve. all: by end_near. Qed.

(** The inverse is continuous at an invertible matrix. *)
Lemma mx_cvgV n (A : T -> 'M[R]_n) L :
  mx_cvg F A L -> L \in unitmx -> mx_cvg F (fun t => invmx (A t)) (invmx L).
Proof.
move=> AL Lu; have Au := near_unitmx AL Lu.
apply: (@mx_cvg_near _ _ (fun t => (\det (A t))^-1 *: \adj (A t))).
  by apply: filterS Au => t tu; rewrite /invmx tu.
rewrite /invmx Lu; apply: mx_cvgZ; last exact: mx_cvg_adj.
by apply: cvgV; [rewrite -unitfE -unitmxE | exact: cvg_det].
Qed.

End MatrixLimits.
